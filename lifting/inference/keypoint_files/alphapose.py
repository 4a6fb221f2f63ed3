"""Reader of AlphaPose's json: its own format, and those of ``--format cmu`` and ``open``.

- a list of people (image_id, keypoints, score, idx if they are tracked), where image_id is the name of
  the frame;
- by the name of the frame ``bodies`` with ``joints``, or ``people`` with ``pose_keypoints_2d``, both in
  OpenPose's order of 18 points.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from lifting.errors import InputError
from lifting.inference.keypoint_files.believed import link_people
from lifting.inference.keypoint_files.content import Content
from lifting.inference.keypoint_files.frame_names import frame_numbers
from lifting.inference.keypoint_files.linking import FramePerson, parse_points
from lifting.inference.keypoint_files.track import KeypointTrack
from lifting.inference.options import ReadOptions

_OPENPOSE = {18: "openpose18"}


def recognises(content: Content) -> bool:
    """Tell whether json is AlphaPose's."""
    data = content.data
    if isinstance(data, dict):
        return bool(data) and all(
            isinstance(e, dict) and _bodies(e) is not None for e in data.values()
        )
    return (
        isinstance(data, list)
        and bool(data)
        and all(isinstance(one, dict) and "image_id" in one for one in data)
        and any(isinstance(one["image_id"], str) or "idx" in one or "box" in one for one in data)
    )


def _bodies(frame: dict[str, Any]) -> list[Any] | None:
    bodies = frame.get("bodies", frame.get("people"))
    return bodies if "version" in frame and isinstance(bodies, list) else None


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read everyone in a file; a number in the name of a frame is that of the frame.

    Raises:
        InputError: If it is not in that format.
    """
    path, people, joints = content.path, [], options.skeleton
    data = content.data
    by_name = isinstance(data, dict)
    entries = list(_by_name(data) if by_name else _listed(data, str(path)))
    numbers = frame_numbers([name for name, *_ in entries], path)
    for name, flat, identity, where in entries:
        where = f"{path}: {where}"
        if by_name:
            points, joints = parse_points(flat, joints, where, _OPENPOSE)
        else:
            points, joints = parse_points(flat, joints, where)
        people.append(FramePerson(numbers[name], points, identity, options.size))
    return link_people(people, joints or "coco17", options, path)


def _listed(data: Any, path: str) -> Iterator[tuple[str, Any, str | None, str]]:
    for number, one in enumerate(data if isinstance(data, list) else [None]):
        where = f"entry {number}"
        if not isinstance(one, dict) or "image_id" not in one or "keypoints" not in one:
            what = "has no 'image_id' and 'keypoints'"
            raise InputError(what, f"{path}: {where}", "give the keypoints, not the boxes.")
        yield str(one["image_id"]), one["keypoints"], _identity(one.get("idx")), where


def _by_name(data: dict[str, Any]) -> Iterator[tuple[str, Any, str | None, str]]:
    for name, frame in data.items():
        for body in (_bodies(frame) if isinstance(frame, dict) else None) or []:
            points = body if isinstance(body, dict) else {}
            yield name, points.get("joints", points.get("pose_keypoints_2d")), None, name


def _identity(content: object) -> str | None:
    """Return the number of a person, which AlphaPose writes bare or in lists."""
    try:
        number = np.array(content, np.float64)
    except (TypeError, ValueError):
        return None
    return f"{number.item():g}" if number.size == 1 and np.isfinite(number).all() else None
