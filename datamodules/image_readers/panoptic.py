"""CMU Panoptic (Joo et al., ICCV 2015) in the folders of its toolbox: five HD cameras, 19 joints.

A sequence is a folder with ``calibration_<sequence>.json``, ``hdPose3d_stage1_coco19/`` and
``hdImgs/00_03/00_03_<frame>.jpg``. There is no 2D annotation: keypoints are projected poses.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from datamodules.image_readers.common import Array, Found, box_of, folder_of, read_json, within
from datamodules.image_readers.panoptic_cameras import (
    HD_CAMERAS,
    MILLIMETRES,
    UPRIGHT,
    read_cameras,
)
from datamodules.image_records import ImageRecord, IndexInfo
from datamodules.untrusted import sha256
from lifting.cameras import Camera, project, world_to_camera
from lifting.errors import InputError
from lifting.skeletons import skeleton

JOINTS = "panoptic19"

# The split of L2D-Pose's detectors (Lee et al., ACCV 2024); subjects are sequences.
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

# A joint counts where its confidence is above this; one that was not reconstructed has -1.
_SURE = 0.1
_MARGIN = 0.075
_FRAME = re.compile(r"body3DScene_(\d+)\.json")


def read_panoptic(
    folder: Path,
    sequences: Sequence[str] | None = None,
    every: int = 15,
    alone: bool = True,
) -> Found:
    """Read the sequences of a folder.

    Where there is no number for a joint, the person has no 3D pose. Visibility is whether the joint is
    in the image, as nothing is known of what hides what.

    Args:
        folder: The folder of the sequences.
        sequences: Which; all that there are where not given.
        every: Take every so many of the annotated frames.
        alone: Whether to take frames with exactly one person only.

    Raises:
        InputError: If there is no sequence, or one is not as the toolbox writes it.
    """
    there = sorted(p.parent.name for p in folder_of(folder).glob("*/calibration_*.json"))
    wanted = there if sequences is None else list(sequences)
    if missing := [name for name in wanted if name not in there]:
        raise InputError(
            f"{folder}: no sequence '{missing[0]}', only {', '.join(there) or 'none'}."
        )
    if not wanted:
        raise InputError(
            f"{folder}: no <sequence>/calibration_<sequence>.json in it; name the folder that "
            "panoptic-toolbox downloaded to."
        )
    calibrations = [folder / name / f"calibration_{name}.json" for name in wanted]
    info = IndexInfo(
        JOINTS,
        "CMU Panoptic, Joo et al., ICCV 2015, http://domedb.perception.cs.cmu.edu",
        "Non-commercial research only",
        {path.name: sha256(path) for path in calibrations},
    )
    left_out: Counter[str] = Counter()
    return Found(info, folder, _records(folder, wanted, every, alone, left_out), left_out)


def _records(
    folder: Path, sequences: list[str], every: int, alone: bool, left_out: Counter[str]
) -> Iterator[ImageRecord]:
    for sequence in sequences:
        place = folder / sequence
        cameras = read_cameras(place / f"calibration_{sequence}.json", HD_CAMERAS)
        for file in sorted((place / "hdPose3d_stage1_coco19").glob("body3DScene_*.json"))[::every]:
            if (match := _FRAME.fullmatch(file.name)) is None:
                continue
            bodies = _bodies(file)
            if alone and len(bodies) != 1:
                left_out["not exactly one person"] += len(bodies)
                continue
            for number, body in enumerate(bodies):
                for view, camera in cameras.items():
                    record = _record(sequence, match[1], view, camera, body, number)
                    if record is None:
                        left_out["the pelvis is unsure or outside the image"] += 1
                    else:
                        yield record


def _bodies(file: Path) -> list[Array]:
    """Return x, y, z in centimetres and confidence of every person, ``(19, 4)``."""
    content: Any = read_json(file)
    try:
        bodies = [np.array(b["joints19"], np.float64).reshape(19, 4) for b in content["bodies"]]
    except (TypeError, KeyError, ValueError):
        raise InputError(
            f"{file}: has no 'bodies' with 76 numbers of 'joints19' each; is it of the toolbox's "
            "hdPose3d_stage1_coco19?"
        ) from None
    if not all(np.isfinite(body).all() for body in bodies):
        raise InputError(f"{file}: a joint is NaN or infinite; get the file again.")
    return bodies


def _record(
    sequence: str, frame: str, view: str, camera: Camera, body: Array, number: int
) -> ImageRecord | None:
    world = MILLIMETRES * body[:, :3] @ UPRIGHT
    pose = world_to_camera(torch.from_numpy(world), camera)
    width, height = (int(x) for x in camera.size.tolist())
    before = (pose[:, 2] > 0).numpy()
    points = project(pose, camera).numpy()
    seen = before & (body[:, 3] > _SURE) & within(points, (width, height))
    if not seen[skeleton(JOINTS).root]:
        return None
    # All, or no pose: what was not reconstructed is at the origin.
    whole = before.all() and (body[:, 3] >= 0).all()
    return ImageRecord(
        path=f"{sequence}/hdImgs/{view}/{view}_{frame}.jpg",
        size=(width, height),
        keypoints=points,
        visibility=np.where(seen, 2, 0),
        box=box_of(points, seen, _MARGIN, (width, height)),
        subject=sequence,
        action=sequence.split("_")[-1].rstrip("0123456789"),
        sequence=f"{sequence} {number}",
        view=view,
        frame=int(frame),
        camera=camera,
        pose=pose.numpy() if whole else None,
    )
