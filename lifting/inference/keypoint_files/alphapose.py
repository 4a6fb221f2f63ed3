"""AlphaPose's json: a list of people (image_id: name of the frame, keypoints, idx: the person)."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from lifting.errors import InputError
from lifting.inference.keypoint_files.linking import Person, points_of, tracks_of
from lifting.inference.keypoint_files.track import Track, Wanted


def read_alphapose(path: Path, content: Any, wanted: Wanted) -> list[Track]:
    """Read AlphaPose's json; the last number in the name of a frame is that of the frame.

    Raises:
        InputError: If it is not in that format.
    """
    people, joints = [], wanted.skeleton
    names: dict[int, str] = {}
    for number, one in enumerate(content):
        where = f"{path}: entry {number}"
        if not isinstance(one, dict) or "keypoints" not in one:
            raise InputError(f"{where} has no 'keypoints'", remedy="is it AlphaPose's json?")
        name = str(one.get("image_id"))
        digits = re.findall(r"\d+", name)
        if not digits:
            raise InputError(f"its image_id '{name}' holds no number of a frame.", where)
        frame = int(digits[-1])
        if names.setdefault(frame, name) != name:
            raise InputError(
                f"'{name}' and '{names[frame]}' are of the same number",
                where,
                "give the frames of one video.",
            )
        points, joints = points_of(one["keypoints"], wanted.skeleton or joints, where)
        people.append(Person(frame, points, _identity(one.get("idx")), wanted.size))
    return tracks_of(people, joints or "coco17", wanted.stills, str(path))


def _identity(content: object) -> str | None:
    """Return the number of a person, which AlphaPose writes bare or in lists."""
    try:
        number = np.array(content, np.float64)
    except (TypeError, ValueError):
        return None
    return f"{number.item():g}" if number.size == 1 and np.isfinite(number).all() else None
