"""Reader of AlphaPose's json: a list of people (image_id, keypoints, idx), frame after frame."""

from pathlib import Path
from typing import Any

import numpy as np

from lifting.errors import InputError
from lifting.inference.keypoint_files.linking import (
    FramePerson,
    frame_number,
    link_tracks,
    parse_points,
)
from lifting.inference.keypoint_files.track import KeypointTrack
from lifting.inference.options import ReadOptions


def read_alphapose(path: Path, content: Any, options: ReadOptions) -> list[KeypointTrack]:
    """Read AlphaPose's json; the last number in the name of a frame is that of the frame.

    Raises:
        InputError: If it is not in that format.
    """
    people, joints = [], options.skeleton
    names: dict[int, str] = {}
    for number, entry in enumerate(content):
        where = f"{path}: entry {number}"
        if not isinstance(entry, dict) or "keypoints" not in entry:
            raise InputError(f"{where} has no 'keypoints'", remedy="is it AlphaPose's json?")
        frame = frame_number(str(entry.get("image_id")), names, where)
        points, joints = parse_points(entry["keypoints"], options.skeleton or joints, where)
        people.append(FramePerson(frame, points, _identity(entry.get("idx")), options.size))
    return link_tracks(people, joints or "coco17", options.stills, str(path))


def _identity(content: object) -> str | None:
    """Return the number of a person, which AlphaPose writes bare or in lists."""
    try:
        number = np.array(content, np.float64)
    except (TypeError, ValueError):
        return None
    return f"{number.item():g}" if number.size == 1 and np.isfinite(number).all() else None
