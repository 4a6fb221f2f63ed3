"""Reader of OpenPose's folders of json files, one per frame, which Pose2Sim and others write as well."""

from pathlib import Path
from typing import Any

import numpy as np

from lifting.containers.json_files import load_json
from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_files.believed import link_people
from lifting.inference.keypoint_files.content import FOLDER, Content
from lifting.inference.keypoint_files.frame_names import frame_numbers
from lifting.inference.keypoint_files.linking import FramePerson, parse_points
from lifting.inference.keypoint_files.track import Array, KeypointTrack
from lifting.inference.options import ReadOptions
from lifting.skeletons import skeleton

# By the number of points: OpenPose's own, and those of RTMPose's models in Pose2Sim.
_SETS = {
    25: "openpose25",
    18: "openpose18",
    26: "halpe26",
    17: "coco17",
    133: "coco17",
    136: "halpe26",
}
_BODY_25 = "openpose25"
# OpenPose's further models: the joint set that their points become, and for each of its joints the
# points in the middle of which it lies. BODY_25B has as many as BODY_25, and has to be named.
_BODY_25B, _MPI = "openpose25b", "openpose15"
_MODELS: dict[str, tuple[str, tuple[tuple[int, ...], ...]]] = {
    _BODY_25B: (
        "halpe26",
        (
            *((point,) for point in range(17)),
            *((18,), (17,), (11, 12), (19,), (22,), (20,), (23,), (21,), (24,)),
        ),
    ),
    # The last of its 15 points is the middle of the trunk.
    _MPI: (
        "lsp14",
        tuple((point,) for point in (10, 9, 8, 11, 12, 13, 4, 3, 2, 5, 6, 7, 1, 0)),
    ),
}
_MPI_POINTS = 15
# Bones that both have, by COCO's names, and how much longer those of BODY_25B are if read as BODY_25: of
# people 2 and more.
_BONES = (
    *(("nose", f"{side}_eye") for side in ("left", "right")),
    *(
        (f"{side}_{start}", f"{side}_{end}")
        for side in ("left", "right")
        for start, end in (("eye", "ear"), ("shoulder", "elbow"), ("elbow", "wrist"))
    ),
    *(
        (f"{side}_{start}", f"{side}_{end}")
        for side in ("left", "right")
        for start, end in (("shoulder", "hip"), ("hip", "knee"), ("knee", "ankle"))
    ),
)
_LONGER = 1.6


def recognises(content: Content) -> bool:
    """Tell whether a folder may be OpenPose's: it holds json, of which others recognise their own."""
    return bool(_files(content))


def is_frame(data: object) -> bool:
    """Tell whether something is one frame of OpenPose's."""
    return isinstance(data, dict) and isinstance(data.get("people"), list)


def _files(content: Content) -> list[Path]:
    return [path for path in content.data if path.suffix.lower() == ".json"]


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read every ``*.json`` of a folder; a number in its name is that of the frame.

    Of hands and faces, which stand beside the body, nothing is read; who has nothing else is nobody.

    Raises:
        InputError: If there are none, or one is not OpenPose's.
    """
    folder = content.path
    paths = _files(content) if content.container == FOLDER else []
    if not paths:
        raise InputError("holds no json files", folder, "give the folder that OpenPose wrote.")
    people, joints = [], options.skeleton
    numbers = frame_numbers([path.stem for path in paths], folder)
    for path in paths:
        for entry in _people(path, load_json(path)):
            # Older versions wrote 'pose_keypoints'.
            flat = entry.get("pose_keypoints_2d", entry.get("pose_keypoints"))
            # Of a face or a hand without a body.
            if flat == []:
                continue
            points, joints = _points(flat, joints, path)
            frame = numbers[path.stem]
            people.append(FramePerson(frame, points, _identity(entry), options.size))
    if joints == _BODY_25 and options.skeleton is None:
        _refuse_25b(people, folder)
    joints = _MODELS[joints][0] if joints in _MODELS else joints
    return link_people(people, joints or _BODY_25, options, folder)


def _points(flat: Any, joints: str | None, path: Path) -> tuple[Array, str]:
    """Return the points of a person, and what they are of: a joint set, or one of OpenPose's models."""
    if joints is None and isinstance(flat, list) and len(flat) == 3 * _MPI_POINTS:
        joints = _MPI
    if joints not in _MODELS:
        return parse_points(flat, joints, path, _SETS)
    _, sources = _MODELS[joints]
    try:
        points = np.array(flat, np.float64).reshape(-1, 3)
        # In the middle of points that are not all seen nothing is.
        return np.stack(
            [np.append(points[[*own], :2].mean(0), points[[*own], 2].min()) for own in sources]
        ), joints
    except (TypeError, ValueError, IndexError) as error:
        what = f"holds no list of the points of {joints}"
        raise InputError(what, path, Phrase("name another {}.", Option("skeleton"))) from error


def _refuse_25b(people: list[FramePerson], folder: Path) -> None:
    """Refuse BODY_25B, which has as many points as BODY_25.

    Raises:
        InputError: If the bones of people are much shorter in its order.
    """
    points = np.stack([person.points for person in people])
    seen = points[points[..., 2].min(1) > 0][..., :2]
    as_25, as_25b = (
        sum(
            np.linalg.norm(seen[:, joints.index(start)] - seen[:, joints.index(end)], axis=-1)
            for start, end in _BONES
        )
        for joints in (skeleton(_BODY_25), skeleton("coco17"))
    )
    if len(seen) and np.median(as_25) > _LONGER * np.median(as_25b):
        what = f"has 25 points that are not in the order of '{_BODY_25}'"
        remedy = Phrase(
            f"name it with {{}}, {_BODY_25B} if it is BODY_25B, or {_BODY_25} to read it so.",
            Option("skeleton"),
        )
        raise InputError(what, folder, remedy)


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
