"""The people of a video as a clip to play on a page."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8
from numpy import ndarray

from lifting.skeletons import NO_PARENT, Skeleton
from lifting.viz.player import Clip, Track, small_jpeg
from lifting.viz.side_by_side import Shown

# So many stand beside each other on a page; who is seen longest goes before.
MOST_PEOPLE = 6


class Pictures:
    """Small pictures of some frames, evenly spaced: what a page needs does not grow with the video.

    Args:
        frames: Frames of the video.
        most: Pictures to keep.

    Attributes:
        every: Each picture is of the n-th frame after the one before.
        images: JPEG files.
    """

    def __init__(self, frames: int, most: int) -> None:
        self.every = max(1, -(-frames // most))
        self.images: list[bytes] = []

    def add(self, image: UInt8[ndarray, "H W 3"], number: int) -> None:
        """Keep a frame, if its turn has come.

        Args:
            image: RGB.
            number: Its number.
        """
        if number % self.every == 0:
            self.images.append(small_jpeg(image))


def video_clip(
    name: str,
    people: Sequence[Shown],
    pictures: Pictures,
    size: tuple[int, int],
    fps: float,
    truth: Track | None = None,
) -> Clip:
    """Return the frames of which there are pictures as a clip, everyone's poses side by side.

    Args:
        name: What to call it.
        people: Who is on the video.
        pictures: Of the frames.
        size: Width and height of the video.
        fps: Its frames per second.
        truth: The true poses of every frame, for errors.
    """
    chosen = sorted(people, key=lambda one: one.first - one.end)[:MOST_PEOPLE]
    chosen.sort(key=lambda one: one.first)
    numbers = np.arange(len(pictures.images)) * pictures.every
    tracks = []
    for one in chosen:
        pose, known = (_at(numbers, one, values) for values in (one.pose, one.known))
        tracks.append(Track(one.name, pose, one.joints, known == 1))
    points = [_at(numbers, one, _seen_alone(one)) for one in chosen]
    if truth is not None:
        truth = Track(truth.name, truth.poses[numbers], truth.joints)
    return Clip(
        name,
        tracks,
        fps=fps / pictures.every,
        truth=truth,
        keypoints=np.concatenate(points, 1),
        keypoint_joints=_together([one.keypoint_joints for one in chosen]),
        images=pictures.images,
        image_size=size,
        frames=numbers.tolist(),
        notes=[_note(number, chosen) for number in numbers.tolist()],
    )


def _at(
    numbers: Int[ndarray, " N"], one: Shown, values: Shaped[ndarray, "T J *d"]
) -> Float[ndarray, "N J *d"]:
    """Return what belongs to frames; NaN where the person is not there."""
    there = (numbers >= one.first) & (numbers < one.end)
    at = np.full((len(numbers), *values.shape[1:]), np.nan)
    at[there] = values[numbers[there] - one.first]
    return at


def _seen_alone(one: Shown) -> Float[ndarray, "T K 2"]:
    return np.where(one.seen[..., None], one.keypoints, np.nan)


def _together(sets: Sequence[Skeleton]) -> Skeleton:
    """Return the joints of several people as those of one set."""
    if len(sets) == 1:
        return sets[0]
    joints: list[str] = []
    parents: list[int] = []
    for number, one in enumerate(sets):
        offset = len(joints)
        joints += [f"{joint} {number}" for joint in one.joints]
        parents += [p if p == NO_PARENT else p + offset for p in one.parents]
    return Skeleton(f"{len(sets)} people", tuple(joints), tuple(parents))


def _note(number: int, people: Sequence[Shown]) -> str:
    """Return who is not seen on a frame between others that show the person."""
    lost = [
        one.name
        for one in people
        if one.first <= number < one.end and not one.seen[number - one.first].any()
    ]
    return f"{', '.join(lost)} not seen: filled in" if lost else ""
