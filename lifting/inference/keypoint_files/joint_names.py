"""Joints by the names that detectors and annotators give them."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lifting.errors import InputError
from lifting.skeletons import SKELETONS

_Array = NDArray[np.float64]

# The joints of ours that a part of the body, in small letters without separators, may stand for; what
# each joint set calls so is told by the set.
_PARTS = {
    "nose": ("nose",),
    "eye": ("eye",),
    "eyeinner": ("eye_inner",),
    "eyeouter": ("eye_outer",),
    "ear": ("ear",),
    "mouth": ("mouth",),
    "shoulder": ("shoulder",),
    "elbow": ("elbow",),
    "wrist": ("wrist",),
    "hip": ("hip", "pelvis"),
    "knee": ("knee",),
    "ankle": ("ankle",),
    "heel": ("heel",),
    "bigtoe": ("big_toe",),
    "smalltoe": ("small_toe",),
    "footindex": ("toe_tip",),
    "toetip": ("toe_tip",),
    "pinky": ("pinky_knuckle",),
    "index": ("index_knuckle",),
    "thumb": ("thumb_knuckle",),
    **dict.fromkeys(("midhip", "pelvis", "root"), ("pelvis",)),
    **dict.fromkeys(("neck", "upperneck", "chin"), ("neck", "neck_base", "chest")),
    **dict.fromkeys(("headtop", "tophead", "forehead"), ("head_top",)),
    "head": ("head_top", "head"),
    "thorax": ("thorax",),
    "spine": ("spine",),
    "chest": ("chest",),
}
# What a name begins or ends with; 1 and 2 are those of DeeperCut's and DeepLabCut's person, whose right
# side comes first.
_BEGINS = {"left": "left", "right": "right", "l": "left", "r": "right"}
_ENDS = _BEGINS | {"1": "right", "2": "left"}
# Fewer joints are no person; as many of a set are enough to leave a larger one that is not complete.
_FEWEST, _BODY = 6, 15


def match_joints(names: Sequence[str], where: object) -> tuple[str, list[int | None]]:
    """Return the joint set that names are of, and for each of its joints which of them it is.

    It is the largest of which every joint is named, or else that of which most are: ``LShoulder``,
    ``left_shoulder``, ``shoulder_l`` and ``Left Shoulder`` are the same.

    Args:
        names: The names, in the order of the file.
        where: The file, for messages.

    Raises:
        InputError: If they are not the joints of a person.

    Example:
        >>> match_joints([*"CAB", "Nose", "LEye", "REye", "LEar", "REar", "LHip", "RHip"], "x")[0]
        'coco17'
    """
    meanings = [_meanings(name) for name in names]
    found: dict[str, list[int | None]] = {}
    for joints in SKELETONS.values():
        found[joints.name] = [
            next((i for i, meaning in enumerate(meanings) if joint in meaning), None)
            for joint in joints.joints
        ]
    matched = {name: len(set(places) - {None}) for name, places in found.items()}
    # One name may stand for two joints, of which a set that has both is not whole.
    complete = [n for n, places in found.items() if matched[n] == len(places) >= _BODY]
    best = max(complete or found, key=lambda name: (matched[name], -len(found[name])))
    if matched[best] < _FEWEST:
        start = ", ".join(names[:4])
        what = f"tracks {start}{' ...' if len(names) > 4 else ''}, which are not the joints of a person"
        raise InputError(what, where, "give keypoints of people.")
    return best, found[best]


def take_joints(points: _Array, places: Sequence[int | None]) -> _Array:
    """Return points ``(..., N, 3)`` in the order of a joint set, NaN where the file has none."""
    known = np.array([place is not None for place in places])
    taken = points[..., [place or 0 for place in places], :].copy()
    taken[..., ~known, :] = np.nan
    return taken


def _meanings(name: str) -> set[str]:
    """Return the joints of ours that a name may stand for."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if plain in _PARTS:
        return set(_PARTS[plain])
    for mark, side in _BEGINS.items():
        if plain.startswith(mark) and plain.removeprefix(mark) in _PARTS:
            return {f"{side}_{joint}" for joint in _PARTS[plain.removeprefix(mark)]}
    for mark, side in _ENDS.items():
        if plain.endswith(mark) and plain.removesuffix(mark) in _PARTS:
            return {f"{side}_{joint}" for joint in _PARTS[plain.removesuffix(mark)]}
    return set()
