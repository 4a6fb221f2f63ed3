"""Tracker of people by BlazePose: found now and then, followed from region to region."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from lifting.inference.detectors.blazepose.landmarks import Landmarks
from lifting.inference.detectors.blazepose.networks import BlazePose
from lifting.inference.detectors.blazepose.regions import (
    SCALE,
    Region,
    letterbox,
    region_of_circle,
    tiles,
)
from lifting.inference.detectors.blazepose.steadying import SteadyPoints
from lifting.inference.detectors.interfaces import Detection, Frame, Image, Points
from lifting.inference.people.detect_and_track import is_person
from lifting.inference.people.pose_tracker import PoseTracker

# Landmarks of a lower score are of nobody.
_MIN_SCORE = 0.5
# Others are looked for in every n-th frame; in all of them while nobody is seen.
_SEARCH_EVERY = 10
# The following are in sides of a region, which is about one and a half times as high as a person.
# Nobody has the hips where somebody else has them; the networks see such people who are not there.
_SAME_HIPS = 0.1
# Detections of a lower score are often shifted: it is looked closer, unless somebody else is this near.
_SURE, _UNSURE_HIPS = 0.7, 0.3
# Landmarks that are nearer on average are of the same person.
_SAME_PLACES = 0.05
# Nobody moves further between two frames; that would be somebody else.
_MAX_MOVE = 0.25
# The square in which somebody lost is looked for, and somebody doubtful again.
_NEIGHBOURHOOD = 2.0
# Sides of the squares in which an image is looked at, over its shorter side: the first always, the
# second while nobody is seen.
_TILES = (1.0, 0.55)


@dataclass
class _Followed:
    """A person who is followed, or was."""

    frame: int
    landmarks: Landmarks
    region: Region
    steady: SteadyPoints = field(default_factory=SteadyPoints)

    def update(self, frame: int, landmarks: Landmarks) -> None:
        diameter = landmarks.region.side / SCALE
        points = self.steady.update(frame, landmarks.alignment, diameter)
        self.frame, self.landmarks, self.region = frame, landmarks, region_of_circle(*points)


class RegionTracker:
    """Tracks everyone whom BlazePose finds.

    A person's region on a frame is that of the landmarks on the frame before, as in MediaPipe, which
    follows one person. The person detector looks for others every ten frames, also in square parts of
    the image, where people are larger, and in small ones while there is nobody; in every frame round
    the place where somebody who was lost is expected, and while nobody is seen. Who is found where
    somebody is followed already is left out, and so is who is followed twice. Who is who is told by the
    keypoints (:class:`~lifting.inference.people.pose_tracker.PoseTracker`), not by the region.

    Args:
        networks: BlazePose.
        min_confidence: Keypoints of less confidence are not seen.
        patience: Frames that a person may be out of sight; who comes back later is a new person.
        most: People who are followed at most before a camera, which does not wait: once they are, the
            person detector rests, and it never looks in small squares.
    """

    skeleton = "mediapipe33"

    def __init__(
        self,
        networks: BlazePose,
        min_confidence: float,
        patience: int,
        most: int | None = None,
    ) -> None:
        self._networks, self._min_confidence = networks, min_confidence
        self._patience, self._most = patience, most
        self._tracker = PoseTracker(self.skeleton, patience)
        # Whoever is followed, or was lost lately.
        self._people: dict[int, _Followed] = {}
        self._followed: list[int] = []
        self._searched: int | None = None

    def track(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Return for each frame the people on it; frames come in their order, some at a time."""
        tracked = []
        for frame in frames:
            height, width = frame.image.shape[:2]
            people = [
                Detection(person, landmarks.keypoints(width, height))
                for person, landmarks in self.landmarks(frame)
            ]
            tracked.append([p for p in people if is_person(p.keypoints, self._min_confidence)])
        return tracked

    def landmarks(self, frame: Frame) -> list[tuple[int, Landmarks]]:
        """Return the numbers of the people on the next frame, and their landmarks."""
        image, number = frame.image, frame.number
        found = self._follow(image, number)
        self._find(image, number, found)
        height, width = image.shape[:2]
        seen = [self._seen(landmarks.keypoints(width, height)) for landmarks in found.values()]
        before, self._followed = self._followed, []
        for person, landmarks in zip(
            self._tracker.update(number, seen), found.values(), strict=True
        ):
            if person is None:
                continue
            if person not in before:
                self._people[person] = _Followed(number, landmarks, landmarks.region)
            self._people[person].update(number, landmarks)
            self._followed.append(person)
        recent = number - self._patience
        self._people = {n: p for n, p in self._people.items() if p.frame >= recent}
        return [(person, self._people[person].landmarks) for person in sorted(self._followed)]

    def _seen(self, keypoints: Points) -> Points:
        """Return keypoints with confidence where they are seen; where none are, all."""
        seen = keypoints[:, 2:] >= self._min_confidence
        return np.where(seen, keypoints, 0) if seen.any() else keypoints

    def _follow(self, image: Image, number: int) -> dict[int, Landmarks]:
        """Return what is found in the regions of those who are followed, by their numbers.

        That is not yet who they are: a region may go over to somebody else.
        """
        followed: list[tuple[float, int, Landmarks]] = []
        for n in self._followed:
            person = self._people[n]
            landmarks = self._networks.landmarks(image, person.region)
            move = np.linalg.norm(landmarks.alignment[0] - person.landmarks.alignment[0])
            near = move <= _MAX_MOVE * person.region.side * (number - person.frame)
            if landmarks.score > _MIN_SCORE and near:
                followed.append((_distance(landmarks, person.landmarks), n, landmarks))
        # Of two on the same person the region of whoever has changed less stays.
        kept: dict[int, Landmarks] = {}
        for _, n, landmarks in sorted(followed, key=lambda one: one[0]):
            if all(_distance(landmarks, other) >= _SAME_PLACES for other in kept.values()):
                kept[n] = landmarks
        return dict(sorted(kept.items()))

    def _find(self, image: Image, number: int, found: dict[int, Landmarks]) -> None:
        """Add people who are not followed yet to those who are found, below zero for no number."""
        if self._full(found):
            return
        height, width = image.shape[:2]
        due = self._searched is None or number - self._searched >= _SEARCH_EVERY
        ways = self._tracker.ways(number)
        lost = {n: p.region for n, p in self._people.items() if n not in found}
        shown = [_neighbourhood(region, *ways.get(n, (0, 0))) for n, region in lost.items()]
        if due or not found:
            shown.append(letterbox(width, height))
        if due:
            self._searched = number
            near = found or self._most is not None
            fractions = _TILES[:1] if near else _TILES
            shown += [part for size in fractions for part in tiles(width, height, size)]
        tried: list[Region] = []
        for region in self._detected(image, shown):
            others = [*tried, *(landmarks.region for landmarks in found.values())]
            if any(_near(region, other) for other in others):
                continue
            tried.append(region)
            landmarks = self._networks.landmarks(image, region)
            keypoints = landmarks.keypoints(width, height)
            if landmarks.score <= _MIN_SCORE or not is_person(keypoints, self._min_confidence):
                continue
            if not any(_same_person(landmarks, other) for other in found.values()):
                found[-1 - len(found)] = landmarks
            if self._full(found):
                return

    def _full(self, found: dict[int, Landmarks]) -> bool:
        """Return whether as many people are found as may be."""
        return self._most is not None and len(found) >= self._most

    def _detected(self, image: Image, parts: list[Region]) -> list[Region]:
        """Return the regions of those who are detected in parts of an image, the surest first."""
        found = [person for part in parts for person in self._networks.detect(image, part)]
        sure = [person for person in found if person.score >= _SURE]
        for person in sorted((p for p in found if p.score < _SURE), key=lambda p: -p.score):
            if not any(_near(person.region, other.region, _UNSURE_HIPS) for other in sure):
                closer = self._networks.detect(image, _neighbourhood(person.region))
                sure += [other for other in closer if other.score >= _SURE]
        return [person.region for person in sorted(sure, key=lambda p: -p.score)]


def world_landmarks(
    frames: Iterable[Frame], tracker: RegionTracker
) -> dict[int, tuple[list[int], Float[ndarray, "T 33 3"]]]:
    """Return by person the numbers of the frames and BlazePose's own 3D landmarks.

    They are metres from the middle of the hips, x to the right of the image, y down, z away from the
    camera, not smoothed.
    """
    seen: dict[int, tuple[list[int], list[ndarray]]] = {}
    for frame in frames:
        for person, landmarks in tracker.landmarks(frame):
            numbers, poses = seen.setdefault(person, ([], []))
            numbers.append(frame.number)
            poses.append(landmarks.world)
    return {person: (numbers, np.stack(poses)) for person, (numbers, poses) in seen.items()}


def _distance(a: Landmarks, b: Landmarks) -> float:
    """Return the mean distance of two people's landmarks, in sides of their regions."""
    mean = np.linalg.norm(a.places[:, :2] - b.places[:, :2], axis=1).mean()
    return float(mean / max(a.region.side, b.region.side, 1e-6))


def _near(a: Region, b: Region, distance: float = _SAME_HIPS) -> bool:
    return bool(np.hypot(a.x - b.x, a.y - b.y) < distance * max(a.side, b.side))


def _same_person(a: Landmarks, b: Landmarks) -> bool:
    return _near(a.region, b.region) or _distance(a, b) < _SAME_PLACES


def _neighbourhood(region: Region, x: float = 0.0, y: float = 0.0) -> Region:
    """Return where to look for who was in a region, and has moved by x and y, pixels."""
    return Region(region.x + x, region.y + y, _NEIGHBOURHOOD * region.side, 0.0)
