"""Clip of the people of a video, to play on a page."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8
from numpy import ndarray

from lifting.skeletons import NO_PARENT, Skeleton
from lifting.viz.player import Clip, PoseTrack, small_jpeg
from lifting.viz.side_by_side import DrawnPerson

# So many stand beside each other on a page: those who are on most frames.
MOST_PEOPLE = 6


class Thumbnails:
    """Small pictures of some frames, evenly spaced: what a page needs does not grow with the video.

    Args:
        frames: Frames of the video.
        limit: Pictures to keep at the most.

    Attributes:
        stride: Frames from one picture to the next.
        images: JPEG files.
    """

    def __init__(self, frames: int, limit: int) -> None:
        self.stride = max(1, -(-frames // limit))
        self.images: list[bytes] = []

    def add(self, image: UInt8[ndarray, "H W 3"], number: int) -> None:
        """Keep an RGB frame, if the turn of its number has come."""
        if number % self.stride == 0:
            self.images.append(small_jpeg(image))


def video_clip(
    name: str,
    people: Sequence[DrawnPerson],
    thumbnails: Thumbnails,
    size: tuple[int, int],
    fps: float,
    truth: PoseTrack | None = None,
) -> Clip:
    """Return the frames of which there are thumbnails as a clip, everyone's poses side by side.

    Size and frame rate are those of the video; errors are distances to the true poses of every frame.
    """
    chosen = sorted(people, key=lambda person: person.first - person.end)[:MOST_PEOPLE]
    chosen.sort(key=lambda person: person.first)
    numbers = np.arange(len(thumbnails.images)) * thumbnails.stride
    tracks = []
    for person in chosen:
        pose, known = (
            _on_frames(numbers, person, values) for values in (person.pose, person.known)
        )
        tracks.append(PoseTrack(person.name, pose, person.joints, known == 1))
    points = [_on_frames(numbers, person, _seen_keypoints(person)) for person in chosen]
    if truth is not None:
        truth = PoseTrack(truth.name, truth.poses[numbers], truth.joints)
    return Clip(
        name,
        tracks,
        fps=fps / thumbnails.stride,
        truth=truth,
        keypoints=np.concatenate(points, 1),
        keypoint_joints=_joined_sets([person.keypoint_joints for person in chosen]),
        images=thumbnails.images,
        image_size=size,
        frames=numbers.tolist(),
        notes=[_note(number, chosen) for number in numbers.tolist()],
    )


def _on_frames(
    numbers: Int[ndarray, " N"], person: DrawnPerson, values: Shaped[ndarray, "T J *d"]
) -> Float[ndarray, "N J *d"]:
    """Return a person's values on frames; NaN where the person is not there."""
    present = (numbers >= person.first) & (numbers < person.end)
    on_frames = np.full((len(numbers), *values.shape[1:]), np.nan)
    on_frames[present] = values[numbers[present] - person.first]
    return on_frames


def _seen_keypoints(person: DrawnPerson) -> Float[ndarray, "T K 2"]:
    return np.where(person.seen[..., None], person.keypoints, np.nan)


def _joined_sets(sets: Sequence[Skeleton]) -> Skeleton:
    """Return the joints of several people as those of one set."""
    if len(sets) == 1:
        return sets[0]
    joints: list[str] = []
    parents: list[int] = []
    for number, joint_set in enumerate(sets):
        offset = len(joints)
        joints += [f"{joint} {number}" for joint in joint_set.joints]
        parents += [p if p == NO_PARENT else p + offset for p in joint_set.parents]
    return Skeleton(f"{len(sets)} people", tuple(joints), tuple(parents))


def _note(number: int, people: Sequence[DrawnPerson]) -> str:
    """Return the names of those who are not seen on a frame between others that show them."""
    unseen = [
        person.name
        for person in people
        if person.first <= number < person.end and not person.seen[number - person.first].any()
    ]
    return f"{', '.join(unseen)} not seen: filled in" if unseen else ""
