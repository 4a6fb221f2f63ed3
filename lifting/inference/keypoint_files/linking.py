"""Linking of people that were detected frame by frame to tracks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from lifting.errors import InputError
from lifting.inference.keypoint_files.track import Array, KeypointTrack, Size, track_from_points
from lifting.skeletons import skeleton

# The sets of the COCO and AlphaPose formats by their number of points. Those of whole bodies begin with
# the points of the body.
_SETS = {17: "coco17", 26: "halpe26", 133: "coco17", 136: "halpe26"}

# Largest motion from frame to frame, as a fraction of the diagonal of the person's box, and number of
# frames that it may be out of sight.
_REACH = 0.3
_PATIENCE = 30
# What it costs that all keypoints but one are seen in one of two frames alone, as if they had moved so
# far: else the face alone, which moves less than the limbs, were nearer than the whole person.
_HIDDEN = 0.15
# Two people of a frame whose common keypoints are nearer, on average, are one, detected twice.
_SAME = 0.03

_LAST = 2**53


@dataclass(frozen=True)
class FramePerson:
    """The keypoints of one person in one frame.

    Attributes:
        frame: Number of the frame.
        points: Pixels and confidence, ``(K, 3)``.
        identity: What the file calls the person, the same in all frames, if it does.
        size: Width and height of the image, if known.
    """

    frame: int
    points: Array
    identity: str | None = None
    size: Size | None = None


def frame_number(name: str, names: dict[int, str], where: object) -> int:
    """Return the last number in the name of a frame.

    ``names`` are those of the frames before by number; this one is added.

    Raises:
        InputError: If there is no number in it, or another name has the same.
    """
    digits = re.findall(r"\d+", name)
    if not digits:
        raise InputError(f"'{name}' holds no number of a frame.", where)
    number = int(digits[-1])
    if names.setdefault(number, name) != name:
        raise InputError(f"'{name}' and '{names[number]}' share a number", where, "give one video.")
    return number


def parse_points(
    content: object, named: str | None, where: object, sets: Mapping[int, str] = _SETS
) -> tuple[Array, str]:
    """Return points ``(K, 3)`` of a flat list ``x, y, confidence, ...``, and their joint set.

    It is the one that is ``named``, else that of ``sets`` that has so many points.

    Raises:
        InputError: If it is no such list, or of another number of points.
    """
    try:
        flat = np.array(content, np.float64)
    except (TypeError, ValueError):
        flat = np.zeros(1)
    count, rest = divmod(flat.size, 3)
    if flat.ndim != 1 or rest or not count:
        raise InputError("holds no list of x, y, confidence", where, "get the file again.")
    joints = named or sets.get(count)
    if joints is None:
        raise InputError(
            f"{count} keypoints are of no known set", where, "name it with --skeleton."
        )
    body = len(skeleton(joints))
    if count != body and sets.get(count) != joints:
        raise InputError(
            f"has {count} keypoints, but '{joints}' has {body}", where, "name another --skeleton."
        )
    return flat.reshape(-1, 3)[:body], joints


def link_tracks(
    people: Sequence[FramePerson], joints: str, stills: bool, where: str
) -> list[KeypointTrack]:
    """Link people to tracks; ``stills`` makes a track of everyone in every frame.

    By their identities, if the file names everyone and nobody twice in a frame. Else by place: from
    frame to frame the people are matched so that the sum of the distances between their keypoints is
    smallest; who is farther from everyone than a fraction of its size is a new person. Who is detected
    twice in a frame, the second time in part, is taken once.

    Raises:
        InputError: If there is nobody, numbers of frames are none, or one person is on images of several
            sizes.
    """
    people = [p for p in people if _seen(p).any()]
    if not people:
        raise InputError("shows nobody", where, "run the detector again.")
    people.sort(key=lambda person: person.frame)
    if abs(people[0].frame) > _LAST or abs(people[-1].frame) > _LAST:
        raise InputError(f"{people[-1].frame} is no frame's number", where, "get the file again.")
    identities = None if stills else _identities(people)
    if identities is None:
        people = _without_doubles(people)
    names = identities or (_names_of_stills(people) if stills else _link(people))
    groups: dict[str, list[FramePerson]] = {}
    for name, person in zip(names, people, strict=True):
        groups.setdefault(name, []).append(person)
    tracks = []
    for name, group in groups.items():
        sizes = {person.size for person in group}
        if len(sizes) > 1:
            raise InputError("has images of several sizes", where, "lift them with --stills.")
        frames = np.array([person.frame for person in group])
        points = np.stack([person.points for person in group])
        tracks.append(track_from_points(name, points, frames, joints, sizes.pop()))
    return tracks


def _seen(person: FramePerson) -> NDArray[np.bool_]:
    return np.isfinite(person.points).all(-1) & (person.points[:, 2] > 0)


def _names_of_stills(people: Sequence[FramePerson]) -> list[str]:
    counts: dict[int, int] = {}
    names = []
    for person in people:
        number = counts.get(person.frame, 0)
        counts[person.frame] = number + 1
        names.append(f"{person.frame}/{number}")
    return names


def _identities(people: Sequence[FramePerson]) -> list[str] | None:
    """Return what the file calls everyone, or None where that does not tell people apart."""
    names = [person.identity for person in people if person.identity is not None]
    pairs = {(person.frame, person.identity) for person in people}
    return names if len(names) == len(pairs) == len(people) else None


def _without_doubles(people: Sequence[FramePerson]) -> list[FramePerson]:
    """Return people without those who are on the same frame with more keypoints at the same places.

    The people come by frame.
    """
    alone: set[int] = set()
    for _, together in groupby(people, lambda person: person.frame):
        kept: list[FramePerson] = []
        # Whoever shows most is first.
        for person in sorted(together, key=lambda person: -int(_seen(person).sum())):
            if not any(_is_part(person, other) for other in kept):
                kept.append(person)
        alone |= {id(person) for person in kept}
    return [person for person in people if id(person) in alone]


def _is_part(person: FramePerson, whole: FramePerson) -> bool:
    seen = _seen(person)
    return bool((seen <= _seen(whole)).all()) and _distance(whole, person) < _SAME


def _link(people: Sequence[FramePerson]) -> list[str]:
    """Return a name for everyone, by matching people of neighbouring frames."""
    last: list[FramePerson] = []
    names = [""] * len(people)
    by_frame: dict[int, list[int]] = {}
    for index, person in enumerate(people):
        by_frame.setdefault(person.frame, []).append(index)
    for frame, indices in by_frame.items():
        open_tracks = [t for t, person in enumerate(last) if frame - person.frame <= _PATIENCE]
        pairs = [(last[t], people[i]) for t in open_tracks for i in indices]
        shape = len(open_tracks), len(indices)
        distance = np.reshape([_distance(*pair) for pair in pairs], shape)
        hidden = np.reshape([_share_hidden(*pair) for pair in pairs], shape)
        # What is out of reach costs the same wherever it goes, and is then undone.
        cost = np.where(distance < _REACH, distance + _HIDDEN * hidden, _REACH + _HIDDEN)
        matches = {
            indices[c]: open_tracks[r]
            for r, c in zip(*linear_sum_assignment(cost), strict=True)
            if distance[r, c] < _REACH
        }
        for index in indices:
            track = matches.get(index, len(last))
            if track == len(last):
                last.append(people[index])
            last[track] = people[index]
            names[index] = f"person{track}"
    return names


def _distance(previous: FramePerson, current: FramePerson) -> float:
    """Return the mean distance of the keypoints seen in both, over the size of the person."""
    both = _seen(previous) & _seen(current)
    if not both.any():
        return np.inf
    known = previous.points[_seen(previous)][:, :2]
    diagonal = float(np.linalg.norm(np.ptp(known, axis=0)))
    moved = np.linalg.norm(previous.points[both][:, :2] - current.points[both][:, :2], axis=-1)
    return float(moved.mean()) / max(diagonal, 1.0)


def _share_hidden(previous: FramePerson, current: FramePerson) -> float:
    """Return how many of the keypoints that are seen in one of both are seen in one alone."""
    before, now = _seen(previous), _seen(current)
    return float((before ^ now).sum() / max(1, (before | now).sum()))
