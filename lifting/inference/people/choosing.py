"""Choice of the people of a recording that are lifted (``--people``)."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from lifting.errors import InputError, Option, Phrase, did_you_mean
from lifting.inference.keypoint_files import KeypointTrack, no_such_person

SIDES = ("left", "right")
ORDERS = ("largest", "longest", *SIDES)


def choose_people(
    tracks: Sequence[KeypointTrack], people: str | None, where: object, stills: bool = False
) -> list[KeypointTrack]:
    """Return the tracks of the people that a rule chooses, in the order they are given in.

    - ``largest``: the one whose keypoints take up most of the images: the area of the box around them,
      summed over the frames; so size counts, and for how long somebody is seen.
    - a number: so many of the largest, or all where there are fewer.
    - ``longest``: the one who is seen on most frames.
    - ``left``, ``right``: the one whose middle is farthest to that side of the image, in the median.
    - anything else: the names of people, with commas between them.

    Args:
        tracks: Everyone.
        people: The rule; None for everyone.
        where: The file, for errors.
        stills: The frames are photographs: the rule holds on each of them by itself. Names do not.

    Raises:
        InputError: If nobody has such a name, or the number is below 1.
    """
    if people is None:
        return list(tracks)
    rule = people.strip()
    if rule not in ORDERS and not _is_number(rule):
        return _named(tracks, rule, where)
    if _is_number(rule) and int(rule) < 1:
        raise InputError(
            Phrase(
                "{} is {}: give 1 or more, {}, or names.", Option("people"), rule, ", ".join(ORDERS)
            )
        )
    order = range(len(tracks))
    groups: list[list[int]] = [list(order)]
    if stills:
        by_frame = sorted(order, key=lambda n: int(tracks[n].frames[0]))
        groups = [list(g) for _, g in groupby(by_frame, lambda n: int(tracks[n].frames[0]))]
    chosen = {n for group in groups for n in _best(tracks, group, rule)}
    return [track for n, track in enumerate(tracks) if n in chosen]


def _is_number(rule: str) -> bool:
    return rule.lstrip("-").isdecimal()


def _best(tracks: Sequence[KeypointTrack], group: list[int], rule: str) -> list[int]:
    """Return the places of those in a group that a rule chooses; of equals the first."""
    if rule in SIDES:
        sign = -1 if rule == "left" else 1
        return [max(group, key=lambda n: sign * _middle(tracks[n]))]
    if rule == "longest":
        return [max(group, key=lambda n: int(tracks[n].seen.any(1).sum()))]
    count = 1 if rule == "largest" else int(rule)
    return sorted(group, key=lambda n: -_areas(tracks[n]).sum())[:count]


def _box(track: KeypointTrack) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners (pixels) of the box around what is seen, on the frames that show anything."""
    rows = track.seen.any(1)
    points, seen = track.keypoints[rows], track.seen[rows][..., None]
    low = np.where(seen, points, np.inf).min(1)
    high = np.where(seen, points, -np.inf).max(1)
    return low, high


def _areas(track: KeypointTrack) -> np.ndarray:
    low, high = _box(track)
    return np.prod(high - low, axis=-1)


def _middle(track: KeypointTrack) -> float:
    low, high = _box(track)
    return float(np.median((low[:, 0] + high[:, 0]) / 2)) if len(low) else 0.0


def _named(tracks: Sequence[KeypointTrack], names: str, where: object) -> list[KeypointTrack]:
    known = [track.name for track in tracks]
    wanted = [names] if names in known else [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in known:
            remedy = did_you_mean(name, [*known, *ORDERS], Option("people"))
            choices = f"give {', '.join(ORDERS)}, how many of the largest, or names."
            raise no_such_person(name, known, where, remedy or choices)
    return [track for track in tracks if track.name in wanted]
