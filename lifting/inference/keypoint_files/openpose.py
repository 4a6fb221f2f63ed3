"""Reader of OpenPose's folders of json files, one per frame."""

from pathlib import Path
from typing import Any

from datamodules.safe_load import load_json
from lifting.errors import InputError
from lifting.inference.keypoint_files.believed import link_people
from lifting.inference.keypoint_files.linking import (
    FramePerson,
    frame_number,
    parse_points,
)
from lifting.inference.keypoint_files.track import KeypointTrack
from lifting.inference.options import ReadOptions

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
        frame = frame_number(path.stem, names, path)
        content = load_json(path)
        for entry in _people(path, content):
            # Older versions wrote 'pose_keypoints'.
            flat = entry.get("pose_keypoints_2d", entry.get("pose_keypoints"))
            # Of a face or a hand without a body.
            if flat == []:
                continue
            points, joints = parse_points(flat, options.skeleton or joints, path, _SETS)
            people.append(FramePerson(frame, points, _identity(entry), options.size))
    return link_people(people, joints or "openpose25", options, folder)


def _people(path: Path, content: Any) -> list[Any]:
    people = content.get("people") if isinstance(content, dict) else None
    if not isinstance(people, list) or not all(isinstance(entry, dict) for entry in people):
        raise InputError("has no list of 'people'", path, "is it OpenPose's json?")
    return people


def _identity(entry: Any) -> str | None:
    """Return the number of a person, which OpenPose gives if it was told to track people."""
    number = entry.get("person_id")
    number = number[0] if isinstance(number, list) and number else number
    return str(number) if isinstance(number, int) and number >= 0 else None
