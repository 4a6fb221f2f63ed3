"""Readers of COCO's formats, annotations or results of detectors, and of AlphaPose's.

- annotations: ``images`` (id, width, height), ``annotations`` (image_id, keypoints, track_id if people
  are tracked), ``categories`` (names of the keypoints);
- results: a list of people (image_id, keypoints, score), where image_id is the number of the frame;
- AlphaPose: such a list (image_id, keypoints, idx), where image_id is the name of the frame.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lifting.errors import InputError
from lifting.inference.keypoint_files.believed import link_people
from lifting.inference.keypoint_files.linking import (
    FramePerson,
    frame_number,
    parse_points,
)
from lifting.inference.keypoint_files.track import KeypointTrack, Size
from lifting.inference.options import ReadOptions
from lifting.skeletons import SKELETONS

# Confidence of a keypoint that COCO labels as missing, hidden or visible.
_VISIBILITY = {0.0: 0.0, 1.0: 0.5, 2.0: 1.0}


def read_coco(path: Path, content: Any, options: ReadOptions) -> list[KeypointTrack]:
    """Read annotations or results.

    The images of annotations are the frames, in the order of their ids.

    Raises:
        InputError: If the file is not in that format, or its joint set is not known.
    """
    if isinstance(content, dict):
        people, joints = _annotated(path, content, options)
    else:
        people, joints = _listed(path, content, options)
    return link_people(people, joints or "coco17", options, path)


def _annotated(
    path: Path, content: Any, options: ReadOptions
) -> tuple[list[FramePerson], str | None]:
    try:
        sizes = {
            image["id"]: (float(image["width"]), float(image["height"]))
            for image in content["images"]
        }
        order = {number: rank for rank, number in enumerate(sorted(sizes))}
        annotations = list(content["annotations"])
        categories = list(content.get("categories", []))
        named = options.skeleton or _by_names(path, categories)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InputError(
            "lacks 'images' with id and size, or 'annotations'", path, "is it COCO's?"
        ) from error
    people, joints = [], named
    for person, joint_set in _people(path, annotations, order, sizes, named):
        for point in person.points:
            point[2] = _VISIBILITY.get(point[2], point[2])
        people.append(person)
        joints = joints or joint_set
    return people, joints


def _people(
    path: Path,
    annotations: list[Any],
    order: dict[Any, int],
    sizes: dict[Any, Size],
    named: str | None,
) -> Iterator[tuple[FramePerson, str]]:
    for number, entry in enumerate(annotations):
        where = f"{path}: annotation {number}"
        image = entry.get("image_id") if isinstance(entry, dict) else None
        if not isinstance(image, int | str) or image not in order:
            raise InputError(f"{where} is on none of the 'images'", remedy="get the file again.")
        if entry.get("iscrowd") or "keypoints" not in entry:
            continue
        points, named = parse_points(entry["keypoints"], named, where)
        identity = None if entry.get("track_id") is None else str(entry["track_id"])
        yield FramePerson(order[image], points, identity, sizes[image]), named


def _by_names(path: Path, categories: list[Any]) -> str | None:
    """Return the joint set whose joints have the names that the file gives them."""
    names = next((tuple(c["keypoints"]) for c in categories if "keypoints" in c), None)
    if names is None:
        return None
    for joints in SKELETONS.values():
        if joints.joints == names:
            return joints.name
    start = ", ".join(map(str, names[:3]))
    raise InputError(f"keypoints {start} ... are of no set", path, "name it with --skeleton.")


def read_alphapose(path: Path, content: Any, options: ReadOptions) -> list[KeypointTrack]:
    """Read AlphaPose's json; the last number in the name of a frame is that of the frame.

    Raises:
        InputError: If it is not in that format.
    """
    people, joints = _listed(path, content, options, {})
    return link_people(people, joints or "coco17", options, path)


def _listed(
    path: Path, content: Any, options: ReadOptions, names: dict[int, str] | None = None
) -> tuple[list[FramePerson], str | None]:
    """Return the people of a list; of AlphaPose's the names of the frames are collected."""
    people, joints = [], options.skeleton
    for number, entry in enumerate(content):
        where = f"{path}: entry {number}"
        if not isinstance(entry, dict) or "keypoints" not in entry:
            raise InputError("has no 'keypoints'", where, "give the keypoints, not the boxes.")
        frame, identity = entry.get("image_id"), None
        if names is not None:
            frame, identity = frame_number(str(frame), names, where), _identity(entry.get("idx"))
        elif not isinstance(frame, int):
            raise InputError(f"its image_id {frame!r} is no number of a frame.", where)
        points, joints = parse_points(entry["keypoints"], options.skeleton or joints, where)
        people.append(FramePerson(frame, points, identity, options.size))
    return people, joints


def _identity(content: object) -> str | None:
    """Return the number of a person, which AlphaPose writes bare or in lists."""
    try:
        number = np.array(content, np.float64)
    except (TypeError, ValueError):
        return None
    return f"{number.item():g}" if number.size == 1 and np.isfinite(number).all() else None
