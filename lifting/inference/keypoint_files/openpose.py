"""Reader of OpenPose's folders of json files, one per frame."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from datamodules.safe_load import load_json
from lifting.errors import InputError
from lifting.inference.keypoint_files.linking import FramePerson, link_tracks
from lifting.inference.keypoint_files.track import KeypointTrack, ReadOptions
from lifting.skeletons import skeleton

_SETS = {25: "openpose25", 18: "openpose18"}


def read_openpose(folder: Path, options: ReadOptions) -> list[KeypointTrack]:
    """Read every ``*.json`` of a folder; the last number in its name is that of the frame.

    Raises:
        InputError: If there are none, or one is not OpenPose's.
    """
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise InputError("holds no json files", folder, "give the folder that OpenPose wrote.")
    people, joints = [], options.skeleton
    names: dict[int, str] = {}
    for path in paths:
        digits = re.findall(r"\d+", path.stem)
        if not digits:
            raise InputError("its name holds no number of a frame.", path)
        frame = int(digits[-1])
        if names.setdefault(frame, path.name) != path.name:
            raise InputError(
                f"{path.name} and {names[frame]} are of the same number",
                folder,
                "give the folder of one video.",
            )
        content = load_json(path)
        for entry in _people(path, content):
            points, joints = _points(path, entry, options.skeleton or joints)
            people.append(FramePerson(frame, points, _identity(entry), options.size))
    return link_tracks(people, joints or "openpose25", options.stills, str(folder))


def _people(path: Path, content: Any) -> list[Any]:
    people = content.get("people") if isinstance(content, dict) else None
    if not isinstance(people, list) or not all(isinstance(entry, dict) for entry in people):
        raise InputError("has no list of 'people'", path, "is it OpenPose's json?")
    return people


def _points(path: Path, entry: Any, named: str | None) -> tuple[Any, str]:
    try:
        # Older versions wrote 'pose_keypoints'.
        flat = np.array(entry.get("pose_keypoints_2d", entry.get("pose_keypoints")), np.float64)
        points = flat.reshape(-1, 3)
    except (TypeError, ValueError) as error:
        raise InputError(
            "has people without 'pose_keypoints_2d'", path, "make it again."
        ) from error
    joints = named or _SETS.get(len(points))
    if joints is None or len(skeleton(joints)) != len(points):
        raise InputError(
            f"has {len(points)} keypoints, where {'OpenPose' if joints is None else joints} has "
            f"{'25 or 18' if joints is None else len(skeleton(joints))}",
            path,
            "name the joint set with --skeleton.",
        )
    return points, joints


def _identity(entry: Any) -> str | None:
    """Return the number of a person, which OpenPose gives if it was told to track people."""
    number = entry.get("person_id")
    number = number[0] if isinstance(number, list) and number else number
    return str(number) if isinstance(number, int) and number >= 0 else None
