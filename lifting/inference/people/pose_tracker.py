"""Tracker of people by their keypoints, whatever found them: who is who on the frames of a recording."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy.optimize import linear_sum_assignment

from lifting.inference.people.similarity import (
    extent,
    seen_points,
    sigmas_of,
    similarity,
    standing,
    without_doubles,
)

# Distances are fractions of the diagonal of a person's box. How far keypoints may be from where they are
# expected, on average: from frame to frame, and more with every frame that the person is not seen.
_REACH, _REACH_PER_FRAME, _LARGEST_REACH = 0.3, 0.03, 0.9
# What it costs that all keypoints but one are seen in one of two frames alone, as if they had moved so
# far: else the face alone, which moves less than the limbs, were nearer than the whole person.
_HIDDEN = 0.15
# People go on as fast as they went: the share of the speed that is left a frame later, while they are
# not seen, and how far they may get.
_DAMPING, _LONGEST_WAY = 0.95, 0.6
# Weight of a new measurement of the speed, once there are several.
_NEW = 0.2
# Frames after which a keypoint that is not seen any more is forgotten, while others are seen.
_REMEMBERED = 15
# Who was out of sight has not changed in size by more.
_SAME_SIZE = 1.6
# A part that is a smaller share of somebody tells no size.
_LEAST_SHARE = 0.1
# Keypoints that tell a size.
_ENOUGH = 4
# Who is as similar to somebody of the same frame is nobody new. People who cross may be, but they were
# there before; who is detected twice, by chance in two places, is not.
_NOBODY_NEW = 0.3


@dataclass
class _Track:
    """Somebody who is tracked.

    Attributes:
        person: Number of the person.
        frame: The last frame that shows the person.
        places: Pixels of every keypoint on that frame, as far as they are known.
        seen_on: The last frame that shows each of them; far back for one that was never seen.
        body: The keypoints of somebody upright, which tell the size of the whole by a part.
        velocity: Pixels a frame.
        count: How often the velocity was measured.
    """

    person: int
    frame: int
    places: Float[ndarray, "K 2"]
    seen_on: Float[ndarray, " K"]
    body: Float[ndarray, "K 2"]
    velocity: Float[ndarray, "2"] = field(default_factory=lambda: np.zeros(2))
    count: int = 0

    @property
    def known(self) -> Bool[ndarray, " K"]:
        return self.seen_on >= self.frame - _REMEMBERED

    @property
    def size(self) -> float:
        """Diagonal of the box of the whole person, pixels, by the part of it that is seen."""
        every = np.ones_like(self.known)
        seen, part, whole = (
            float(np.hypot(*extent(places, known)))
            for places, known in (
                (self.places, self.known),
                (self.body, self.known),
                (self.body, every),
            )
        )
        return seen / max(part / whole, _LEAST_SHARE)

    def way(self, frame: int) -> Float[ndarray, "2"]:
        """Return how far the person is expected to get until a later frame, at a velocity that fades."""
        faded = (1 - _DAMPING ** (frame - self.frame)) / (1 - _DAMPING)
        way = faded * self.velocity
        far = float(np.hypot(*way)) / (_LONGEST_WAY * self.size)
        return way / max(far, 1.0)

    def expected(self, frame: int) -> Float[ndarray, "K 2"]:
        """Return where the keypoints are expected on a later frame."""
        return self.places + self.way(frame)

    def update(self, frame: int, pose: Float[ndarray, "K 3"]) -> None:
        seen, expected = seen_points(pose), self.expected(frame)
        both = seen & self.known
        if both.any():
            # The fewer keypoints are seen, the less they tell of the body. The rest goes with it.
            share = both.sum() / self.known.sum()
            off = share * np.median(pose[both, :2] - expected[both], axis=0)
            self.count += 1
            self.velocity = self.velocity + max(_NEW, 1 / self.count) * off / (frame - self.frame)
            expected = expected + off
        self.places = np.where(seen[:, None], pose[:, :2], expected)
        self.seen_on = np.where(seen, frame, self.seen_on)
        self.frame = frame


class PoseTracker:
    """Gives the poses on every frame the numbers of people.

    Everybody is expected to go on as before, also while out of sight, and poses are matched to people so
    that the sum of what it costs is smallest (Kuhn, 1955): how far keypoints are from where they are
    expected, and which of them are missing or new. Who is too far from everyone, and not there
    twice, is a new person.

    Args:
        joint_set: Joint set of the keypoints.
        patience: Frames that a person may be out of sight; who comes back later is a new person.
    """

    def __init__(self, joint_set: str, patience: int) -> None:
        self._sigmas, self._body = sigmas_of(joint_set), standing(joint_set)
        self._patience = patience
        self._tracks: list[_Track] = []
        self._count = 0

    def update(self, frame: int, poses: Sequence[Float[ndarray, "K 3"]]) -> list[int | None]:
        """Return whose each pose of a frame is; None for second detections, and for poses of nothing.

        Args:
            frame: Number of the frame; they rise.
            poses: Pixels and confidence; what is not seen has confidence 0 or is not finite.
        """
        self._tracks = [t for t in self._tracks if frame - t.frame <= self._patience]
        people: list[int | None] = [None] * len(poses)
        if not len(poses):
            return people
        kept = without_doubles(poses, self._sigmas)
        matches = self._matches(frame, [poses[n] for n in kept])
        for place, track in matches.items():
            track.update(frame, np.asarray(poses[kept[place]], np.float64))
            people[kept[place]] = track.person
        for n in kept:
            if people[n] is None and not self._is_there(poses, n, people):
                people[n] = self._begin(frame, np.asarray(poses[n], np.float64))
        return people

    def _is_there(
        self, poses: Sequence[Float[ndarray, "K 3"]], n: int, people: list[int | None]
    ) -> bool:
        """Return whether a pose is of somebody who has another one on the same frame."""
        others = [pose for pose, person in zip(poses, people, strict=True) if person is not None]
        if not others:
            return False
        alike = similarity(poses[n], np.stack(others), self._sigmas)
        return bool((alike >= _NOBODY_NEW).any())

    def _begin(self, frame: int, pose: Float[ndarray, "K 3"]) -> int:
        """Begin the track of somebody new, and return the number."""
        seen = seen_points(pose)
        places, seen_on = np.where(seen[:, None], pose[:, :2], 0.0), np.where(seen, frame, -np.inf)
        self._tracks.append(_Track(self._count, frame, places, seen_on, self._body))
        self._count += 1
        return self._count - 1

    def ways(self, frame: int) -> dict[int, Float[ndarray, "2"]]:
        """Return how far everyone is expected to get until a later frame, pixels, by number."""
        return {track.person: track.way(frame) for track in self._tracks}

    def _matches(self, frame: int, poses: list[Float[ndarray, "K 3"]]) -> dict[int, _Track]:
        """Return the people of poses, by the places of these; without those who are new."""
        if not self._tracks or not poses:
            return {}
        every = np.stack(poses)
        costs = np.stack([_costs(track, frame, every) for track in self._tracks])
        # What is out of reach costs the same wherever it goes, and is then undone.
        possible = np.isfinite(costs)
        none = _REACH + _HIDDEN
        rows, columns = linear_sum_assignment(np.where(possible, costs, none))
        pairs = zip(rows, columns, strict=True)
        return {int(c): self._tracks[r] for r, c in pairs if possible[r, c]}


def _costs(track: _Track, frame: int, poses: Float[ndarray, "N K 3"]) -> Float[ndarray, " N"]:
    """Return what it costs that each pose is somebody's; infinite where it cannot be."""
    known, seen = track.known, seen_points(poses)
    both, places = known & seen, poses[..., :2]
    common = both.sum(-1)
    unseen, size = frame - track.frame - 1, track.size
    way = np.linalg.norm(np.where(both[..., None], places - track.expected(frame), 0.0), axis=-1)
    far = way.sum(-1) / np.maximum(common, 1) / size
    reach = min(_REACH + _REACH_PER_FRAME * unseen, _LARGEST_REACH)
    possible = (common > 0) & (far < reach)
    if unseen:
        before = np.broadcast_to(track.places, places.shape)
        sizes = [np.linalg.norm(extent(p, both), axis=-1) for p in (before, places)]
        alike = np.maximum(*sizes) <= _SAME_SIZE * np.minimum(*sizes)
        possible &= alike | (common < _ENOUGH)
    hidden = (known ^ seen).sum(-1) / (known | seen).sum(-1)
    costs = _REACH * far / reach + _HIDDEN * hidden
    return np.where(possible, costs, np.inf)
