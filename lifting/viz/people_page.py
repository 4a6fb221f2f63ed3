"""Clip of lifted people, to play on a page: everyone together where they are, or side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from numpy import ndarray

from lifting.skeletons import NO_PARENT, Skeleton
from lifting.viz.level import level_turn, tilt
from lifting.viz.player import Clip, PlayedVideo, PoseTrack
from lifting.viz.video_page import Thumbnails

# So many are on a page: those who are on most frames.
MOST_PEOPLE = 6
# Numbers that a page holds; of longer recordings it has every n-th frame. 4 bytes each, a third more as
# text.
_MOST_NUMBERS = 1_500_000


@dataclass(frozen=True)
class ShownPerson:
    """A person to show on a page.

    Attributes:
        name: Name of the person.
        frames: Numbers of the frames, rising ``(T,)``.
        pose: Root-relative millimetres, camera frame ``(T, J, 3)``; NaN is not drawn.
        joints: Joint set of the poses.
        known: Whether each joint rests on keypoints that were seen ``(T, J)``; all where not given.
        trajectory: Where the root is, millimetres, camera frame ``(T, 3)``, if known.
        keypoints: Pixels ``(T, K, 2)``, NaN where a keypoint was not seen, if known.
        keypoint_joints: Joint set of the keypoints.
    """

    name: str
    frames: Int[ndarray, " T"]
    pose: Float[ndarray, "T J 3"]
    joints: Skeleton
    known: Bool[ndarray, "T J"] | None = None
    trajectory: Float[ndarray, "T 3"] | None = None
    keypoints: Float[ndarray, "T K 2"] | None = None
    keypoint_joints: Skeleton | None = None

    def on(self, numbers: Int[ndarray, " N"], values: Shaped[ndarray, "T *d"]) -> ndarray:
        """Return values of the person on frames; NaN where the person is not there."""
        at = np.searchsorted(self.frames, numbers).clip(max=len(self.frames) - 1)
        there = self.frames[at] == numbers
        on_frames = np.full((len(numbers), *values.shape[1:]), np.nan)
        on_frames[there] = values[at[there]]
        return on_frames

    @property
    def numbers(self) -> int:
        """How many numbers a page needs for each frame."""
        points = 0 if self.keypoints is None else 2 * self.keypoints.shape[1]
        return 3 * len(self.joints) + 3 + points


def people_clip(
    name: str,
    people: Sequence[ShownPerson],
    fps: float,
    size: tuple[int, int] | None = None,
    pictures: Thumbnails | None = None,
    video: PlayedVideo | None = None,
    truth: PoseTrack | None = None,
    level: bool = False,
) -> Clip:
    """Return a clip of everyone, for at most six people and a bounded number of frames.

    Where the trajectories are known they can be seen together, where they are.

    Args:
        name: Name of the clip.
        people: The people.
        fps: Frames per second.
        size: Width and height of the images, pixels.
        pictures: Pictures of some frames, from frame 0 on.
        video: The video beside the page, with the time of every frame from 0 on.
        truth: The true poses of every frame from 0 on.
        level: Draw people upright whom one tilted camera saw.
    """
    chosen = sorted(people, key=lambda person: -len(person.frames))[:MOST_PEOPLE]
    chosen.sort(key=lambda person: int(person.frames[0]))
    numbers = np.unique(np.concatenate([person.frames for person in chosen]))
    if pictures is not None or video is not None:
        # Of a video there are frames without people, too.
        numbers = np.arange(_end(numbers, pictures, video))
    per_frame = sum(person.numbers for person in chosen)
    stride = max(1, -(-len(numbers) * per_frame // _MOST_NUMBERS))
    numbers = numbers[::stride]
    step = float(np.median(np.diff(numbers))) if len(numbers) > 1 else 1.0
    with_keypoints = [p for p in chosen if p.keypoints is not None and p.keypoint_joints]
    points = [p.on(numbers, p.keypoints) for p in with_keypoints if p.keypoints is not None]
    sets = [p.keypoint_joints for p in with_keypoints if p.keypoint_joints is not None]
    if truth is not None:
        truth = PoseTrack(truth.name, truth.poses[numbers], truth.joints)
    turn = level_turn([(p.pose, p.joints) for p in people]) if level else np.eye(3)
    if video is not None:
        video = PlayedVideo(video.name, video.times[numbers], video.share, video.drawn)
    return Clip(
        name,
        [_track(person, numbers) for person in chosen],
        fps=fps / max(step, 1.0),
        truth=truth,
        keypoints=np.concatenate(points, 1) if points else None,
        keypoint_joints=_joined_sets(sets) if sets else None,
        images=None if pictures is None else pictures.images,
        image_frames=None if pictures is None else pictures.frames,
        image_size=size,
        frames=numbers.tolist(),
        notes=[_note(number, with_keypoints) for number in numbers.tolist()],
        video=video,
        level=turn if tilt(turn) else None,
    )


def _end(
    numbers: Int[ndarray, " N"], pictures: Thumbnails | None, video: PlayedVideo | None
) -> int:
    """Return the number behind the last frame of a video that is shown."""
    if video is not None:
        return len(video.times)
    assert pictures is not None
    return max(int(numbers[-1]), *pictures.frames) + 1


def _track(person: ShownPerson, numbers: Int[ndarray, " N"]) -> PoseTrack:
    known = None if person.known is None else person.on(numbers, person.known) != 0
    root = None if person.trajectory is None else person.on(numbers, person.trajectory)
    return PoseTrack(person.name, person.on(numbers, person.pose), person.joints, known, root)


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
    return Skeleton(" + ".join(s.name for s in sets), tuple(joints), tuple(parents))


def _note(number: int, people: Sequence[ShownPerson]) -> str:
    """Return the names of those who are not seen on a frame between others that show them."""
    unseen = []
    for person in people:
        row = int(np.searchsorted(person.frames, number))
        there = row < len(person.frames) and int(person.frames[row]) == number
        if there and person.keypoints is not None and np.isnan(person.keypoints[row]).all():
            unseen.append(person.name)
    return f"{', '.join(unseen)} not seen: filled in" if unseen else ""
