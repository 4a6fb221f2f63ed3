"""Reader of CMU Panoptic's images in the folders of its toolbox: five HD cameras, 19 joints.

A sequence is a folder with ``calibration_<sequence>.json``, ``hdPose3d_stage1_coco19/`` and
``hdImgs/00_03/00_03_<frame>.jpg``. There is no 2D annotation: keypoints are projected poses.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from datamodules.crops.image_source import ImageSource, bounding_box, inside_image
from datamodules.crops.records import ImageRecord, IndexInfo
from datamodules.panoptic.cameras import HD_CAMERAS, read_cameras, visible
from datamodules.panoptic.raw import (
    JOINTS,
    LICENCE,
    ORIGIN,
    CapturedPerson,
    action_of,
    calibration_of,
    read_bodies,
    scenes_of,
    sequences_of,
    with_unique_numbers,
)
from datamodules.safe_load import sha256
from lifting.cameras import Camera, project, world_to_camera
from lifting.skeletons import skeleton

# A joint counts where its confidence is above this; one that was not reconstructed has -1.
_MIN_CONFIDENCE = 0.1
_MARGIN = 0.075


def read_panoptic(folder: Path, every: int = 15, alone: bool = True) -> ImageSource:
    """Read every n-th annotated frame of a folder's sequences, where asked those of one person only.

    Where there is no number for a joint, the person has no 3D pose. Visibility is whether the joint is
    in the image, as nothing is known of what hides what.

    Raises:
        InputError: If there is no sequence, or one is not as the toolbox writes it.
    """
    names = sequences_of(folder)
    calibrations = [calibration_of(folder, name) for name in names]
    info = IndexInfo(JOINTS, ORIGIN, LICENCE, {path.name: sha256(path) for path in calibrations})
    left_out: Counter[str] = Counter()
    return ImageSource(info, folder, _records(folder, names, every, alone, left_out), left_out)


def _records(
    folder: Path, sequences: list[str], every: int, alone: bool, left_out: Counter[str]
) -> Iterator[ImageRecord]:
    for sequence in sequences:
        cameras = read_cameras(calibration_of(folder, sequence), HD_CAMERAS)
        for frame, file in scenes_of(folder, sequence)[::every]:
            bodies = read_bodies(file)
            if alone and len(bodies) != 1:
                left_out["not exactly one person"] += len(bodies)
                continue
            known = with_unique_numbers(bodies)
            if len(known) < len(bodies):
                left_out["two people of one number"] += len(bodies) - len(known)
            for body in known:
                for view, camera in cameras.items():
                    record = _record(sequence, frame, view, camera, body)
                    if record is None:
                        left_out["the pelvis is unsure or outside the image"] += 1
                    else:
                        yield record


def _record(
    sequence: str, frame: int, view: str, camera: Camera, body: CapturedPerson
) -> ImageRecord | None:
    pose = world_to_camera(torch.from_numpy(body.world), camera)
    width, height = (int(x) for x in camera.size.tolist())
    in_front = visible(pose, camera).numpy()
    points = project(pose, camera).numpy()
    seen = in_front & (body.confidence > _MIN_CONFIDENCE) & inside_image(points, (width, height))
    if not seen[skeleton(JOINTS).root]:
        return None
    # All, or no pose: what was not reconstructed is at the origin.
    whole = in_front.all() and (body.confidence >= 0).all()
    return ImageRecord(
        path=f"{sequence}/hdImgs/{view}/{view}_{frame:08}.jpg",
        size=(width, height),
        keypoints=points,
        visibility=np.where(seen, 2, 0),
        box=bounding_box(points, seen, _MARGIN, (width, height)),
        subject=sequence,
        action=action_of(sequence),
        sequence=f"{sequence} {body.number}",
        view=view,
        frame=frame,
        camera=camera,
        pose=pose.numpy() if whole else None,
    )
