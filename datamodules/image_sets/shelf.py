"""Shelf and Campus (Belagiannis et al., CVPR 2014): several people before five and three cameras.

A folder holds ``actorsGT.mat`` and ``calibration_shelf.json`` or ``calibration_campus.json``; images are
``Camera0/...`` beside them. The joints are those of ``lsp14``; poses are metres in the world.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from datamodules.crops.image_source import Array, ImageSource, bounding_box, inside_image
from datamodules.crops.records import ImageRecord, IndexInfo
from datamodules.matlab import load_mat, numbers
from datamodules.safe_load import existing_folder, load_json, sha256
from lifting.cameras import Camera, calibrated_camera, project, world_to_camera
from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError

JOINTS = "lsp14"

# Size of the images, and how they are named by camera and frame.
_LAYOUTS = {
    "shelf": ((1032, 776), "Camera{camera}/img_{frame:06}.png"),
    "campus": ((360, 288), "Camera{camera}/campus4-c{camera}-{frame:05}.png"),
}
_MARGIN = 0.1
_METRES = 1000.0


def read_shelf(folder: Path) -> ImageSource:
    """Read the folder of Shelf or Campus.

    Raises:
        InputError: If a file is missing or not as published.
    """
    kind = next(
        (k for k in _LAYOUTS if (existing_folder(folder) / f"calibration_{k}.json").is_file()), ""
    )
    if not kind:
        what = "neither calibration_shelf.json nor calibration_campus.json in it"
        raise InputError(what, folder, "check the folder.")
    calibration, truth = folder / f"calibration_{kind}.json", folder / "actorsGT.mat"
    cameras = _cameras(calibration, _LAYOUTS[kind][0])
    poses = load_mat(truth, ("actor3D",))["actor3D"]
    info = IndexInfo(
        JOINTS,
        f"{kind.capitalize()}, Belagiannis et al., CVPR 2014",
        "Research only",
        {path.name: sha256(path) for path in (calibration, truth)},
    )
    left_out: Counter[str] = Counter()
    return ImageSource(info, folder, _records(kind, truth, poses, cameras, left_out), left_out)


def _cameras(path: Path, size: tuple[int, int]) -> list[Camera]:
    content: dict[str, dict[str, Any]] = load_json(path)
    cameras = []
    try:
        for name in sorted(content, key=int):
            camera = {key: np.array(value, np.float64) for key, value in content[name].items()}
            radial, tangential = camera["k"].ravel(), camera["p"].ravel()
            cameras.append(
                calibrated_camera(
                    focal=[camera["fx"].item(), camera["fy"].item()],
                    principal=[camera["cx"].item(), camera["cy"].item()],
                    size=size,
                    rotation=camera["R"].reshape(3, 3),
                    position=camera["T"].reshape(3),
                    radial=radial.reshape(3),
                    tangential=tangential.reshape(2)[::-1].copy(),
                )
            )
    except DATA_ERRORS as error:
        raise InputError(
            "a camera lacks one of R, T, fx, fy, cx, cy, k or p", path, "get it again."
        ) from error
    return cameras


def _records(
    kind: str, truth: Path, poses: Any, cameras: list[Camera], left_out: Counter[str]
) -> Iterator[ImageRecord]:
    size, name = _LAYOUTS[kind]
    for actor, frames in enumerate(poses.ravel()):
        for frame, cell in enumerate(np.asarray(frames).ravel()):
            if np.size(cell) < 3:
                continue
            world = _METRES * numbers(cell, f"{truth}: actor {actor}, frame {frame}")
            if world.shape != (14, 3):
                what = f"actor {actor}, frame {frame} is {world.shape}, expected (14, 3)"
                raise InputError(what, truth, "get the file again.")
            for number, camera in enumerate(cameras):
                pose = world_to_camera(torch.from_numpy(world), camera)
                points: Array = project(pose, camera).numpy()
                inside = inside_image(points, size) & (pose[:, 2] > 0).numpy()
                if not inside.any():
                    left_out["outside the image"] += 1
                    continue
                yield ImageRecord(
                    path=name.format(camera=number, frame=frame),
                    size=size,
                    keypoints=points,
                    visibility=np.where(inside, 2, 0),
                    box=bounding_box(points, inside, _MARGIN, size),
                    subject=f"actor{actor}",
                    action=kind,
                    sequence=kind,
                    view=f"Camera{number}",
                    frame=frame,
                    camera=camera,
                    pose=pose.numpy(),
                )
