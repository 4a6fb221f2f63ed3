"""Reader of CMU Panoptic as its toolbox writes it: sequences, their frames, and the people in a frame.

A sequence is a folder with ``calibration_<sequence>.json`` and, for each frame, a file
``hdPose3d_stage1_coco19/body3DScene_<frame>.json``.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datamodules.crops.image_source import Array
from datamodules.panoptic.cameras import MILLIMETRES, UPRIGHT
from datamodules.safe_load import existing_folder, load_json, sha256
from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError

JOINTS = "panoptic19"
FPS = 29.97

ORIGIN = "CMU Panoptic, Joo et al., ICCV 2015, http://domedb.perception.cs.cmu.edu"
LICENCE = "Non-commercial research only"

# The split of L2D-Pose's detectors (Lee et al., ACCV 2024).
TRAIN_SEQUENCES = (
    "171204_pose1",
    "171204_pose2",
    "171204_pose3",
    "171026_pose1",
    "171026_pose2",
    "171026_cello3",
    "161029_piano3",
    "161029_piano4",
    "170407_office2",
)
VAL_SEQUENCES = ("171026_pose3", "161029_piano2", "170915_office1")

# The split of its lifters, which see groups of people too.
LIFTER_TRAIN_SEQUENCES = (
    *TRAIN_SEQUENCES,
    "170407_haggling_a1",
    "170407_haggling_a2",
    "160906_pizza1",
    "160906_band1",
    "160906_band2",
    "160906_band3",
    "161029_sports1",
    "160422_ultimatum1",
)
LIFTER_VAL_SEQUENCES = (*VAL_SEQUENCES, "170407_haggling_a3", "160906_band4")

POSES = "hdPose3d_stage1_coco19"
_SCENE = re.compile(r"body3DScene_(\d{8})\.json")


@dataclass(frozen=True)
class CapturedPerson:
    """A person in a frame.

    Attributes:
        number: The person's number in the sequence.
        world: The 19 joints ``(19, 3)``, millimetres, z up; one that was not reconstructed is at the
            origin.
        confidence: Of each joint, ``(19,)``; negative where it was not reconstructed.
    """

    number: int
    world: Array
    confidence: Array


def sequences_of(folder: Path) -> list[str]:
    """Return the sequences of a folder that the toolbox downloaded to, in order of their names.

    Raises:
        InputError: If there is none.
    """
    names = sorted(
        path.parent.name
        for path in existing_folder(folder).glob("*/calibration_*.json")
        if path == calibration_of(folder, path.parent.name)
    )
    if not names:
        what = "no <sequence>/calibration_<sequence>.json in it"
        raise InputError(what, folder, "name panoptic-toolbox's folder.")
    return names


def calibration_of(folder: Path, sequence: str) -> Path:
    """Return the file with the cameras of a sequence, whose lenses differ from day to day."""
    return folder / sequence / f"calibration_{sequence}.json"


def scenes_of(folder: Path, sequence: str) -> list[tuple[int, Path]]:
    """Return number and file of each frame of a sequence, in order."""
    files = (folder / sequence / POSES).glob("body3DScene_*.json")
    named = ((_SCENE.fullmatch(file.name), file) for file in files)
    return sorted((int(match[1]), file) for match, file in named if match)


def digest_of(files: Iterable[Path]) -> str:
    """Return one SHA-256 over the names and the contents of files."""
    lines = (f"{sha256(file)}  {file.name}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def action_of(sequence: str) -> str:
    """Return what people do in a sequence.

    Example:
        >>> action_of("171204_pose1"), action_of("170407_haggling_a1")
        ('pose', 'haggling')
    """
    words = sequence.split("_")
    return words[min(1, len(words) - 1)].rstrip("0123456789") or sequence


def read_bodies(file: Path) -> list[CapturedPerson]:
    """Return the people in a frame.

    Raises:
        InputError: If the file is damaged, or not as the toolbox writes it.
    """
    content: Any = load_json(file)
    try:
        bodies = [
            (body["id"], np.array(body["joints19"], np.float64).reshape(19, 4))
            for body in content["bodies"]
        ]
    except DATA_ERRORS as error:
        what = "has no 'bodies' with an 'id' and 76 numbers of 'joints19' each"
        raise InputError(what, file, f"is it of the toolbox's {POSES}?") from error
    for number, joints in bodies:
        if type(number) is not int:
            raise InputError("the id of a person is no whole number", file, "get the file again.")
        if not np.isfinite(joints).all():
            raise InputError("a joint is NaN or infinite", file, "get the file again.")
    return [
        CapturedPerson(number, MILLIMETRES * joints[:, :3] @ UPRIGHT, joints[:, 3])
        for number, joints in bodies
    ]


def with_unique_numbers(bodies: Sequence[CapturedPerson]) -> list[CapturedPerson]:
    """Return the people whose number nobody else in the frame has."""
    counts = Counter(body.number for body in bodies)
    return [body for body in bodies if counts[body.number] == 1]
