"""Linking of people that were detected frame by frame to tracks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_files.track import Array, KeypointTrack, Size, track_from_points
from lifting.inference.people.pose_tracker import PoseTracker
from lifting.inference.people.similarity import seen_points, sigmas_of, without_doubles
from lifting.skeletons import skeleton

# The sets of the COCO and AlphaPose formats by their number of points. Those of whole bodies begin with
# the points of the body.
_SETS = {17: "coco17", 26: "halpe26", 133: "coco17", 136: "halpe26"}

# Frames that a person may be out of sight.
_PATIENCE = 30

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
            f"{count} keypoints are of no known set",
            where,
            Phrase("name it with {}.", Option("skeleton")),
        )
    body = len(skeleton(joints))
    if count != body and sets.get(count) != joints:
        raise InputError(
            f"has {count} keypoints, but '{joints}' has {body}",
            where,
            Phrase("name another {}.", Option("skeleton")),
        )
    return flat.reshape(-1, 3)[:body], joints


def link_tracks(
    people: Sequence[FramePerson], joints: str, stills: bool, where: str
) -> list[KeypointTrack]:
    """Link people to tracks; ``stills`` makes a track of everyone in every frame.

    By their identities, if the file names everyone and nobody twice in a frame. Else by place
    (:class:`~lifting.inference.people.pose_tracker.PoseTracker`); who is detected twice in a frame is
    taken once.

    Raises:
        InputError: If there is nobody, numbers of frames are none, or one person is on images of several
            sizes.
    """
    people = [p for p in people if seen_points(p.points).any()]
    if not people:
        raise InputError("shows nobody", where, "run the detector again.")
    people.sort(key=lambda person: person.frame)
    if abs(people[0].frame) > _LAST or abs(people[-1].frame) > _LAST:
        raise InputError(f"{people[-1].frame} is no frame's number", where, "get the file again.")
    identities = None if stills else _identities(people)
    names: Sequence[str | None] = identities or _by_place(people, joints, stills)
    groups: dict[str, list[FramePerson]] = {}
    for name, person in zip(names, people, strict=True):
        if name is not None:
            groups.setdefault(name, []).append(person)
    tracks = []
    for name, group in groups.items():
        sizes = {person.size for person in group}
        if len(sizes) > 1:
            raise InputError(
                "has images of several sizes", where, Phrase("lift them with {}.", Option("stills"))
            )
        frames = np.array([person.frame for person in group])
        points = np.stack([person.points for person in group])
        tracks.append(track_from_points(name, points, frames, joints, sizes.pop()))
    return tracks


def _identities(people: Sequence[FramePerson]) -> Sequence[str] | None:
    """Return what the file calls everyone, or None where that does not tell people apart."""
    names = [person.identity for person in people if person.identity is not None]
    pairs = {(person.frame, person.identity) for person in people}
    return names if len(names) == len(pairs) == len(people) else None


def _by_place(people: Sequence[FramePerson], joints: str, stills: bool) -> list[str | None]:
    """Return a name for everyone, by place, and None for who is there already; people come by frame."""
    tracker, names = PoseTracker(joints, _PATIENCE), list[str | None]()
    for frame, together in groupby(people, lambda person: person.frame):
        poses = [person.points for person in together]
        if stills:
            kept = without_doubles(poses, sigmas_of(joints))
            names += [f"{frame}/{kept.index(n)}" if n in kept else None for n in range(len(poses))]
        else:
            numbers = tracker.update(frame, poses)
            names += [None if number is None else f"person{number}" for number in numbers]
    return names
