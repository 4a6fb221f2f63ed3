"""Cameras of MPI-INF-3DHP: the studio's calibration file, and those of the test sequences.

The dataset's world has y up; here z is up, as everywhere in the suite.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datamodules.safe_load import existing_file
from lifting.cameras import Camera, calibrated_camera
from lifting.errors import InputError

Array = NDArray[np.float64]

# The owners' mpii_get_camera_set: chest is that of Mehta et al. (3DV 2017), vnect that of VNect, which
# adds knee height and two that look down; the others of the fourteen hang higher.
CAMERA_SETS = {"chest": (0, 2, 4, 7, 8), "vnect": (0, 1, 2, 4, 5, 6, 7, 8), "all": tuple(range(14))}
STUDIO_SIZE = (2048.0, 2048.0)
_OUTDOOR_SIZE = (1920.0, 1080.0)

# From y up to z up: a quarter turn about x.
_UPRIGHT = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])

# Position, right and up of the two test cameras, as published in test_util/camera_calibration.
_TEST_CAMERAS = {
    "studio": (
        (3427.28, 1387.86, 309.42),
        (0.000575281, 0.0616098, -0.9981),
        (-0.208215, 0.976233, 0.06014),
    ),
    "outdoor": (
        (-2104.3074, 1038.6707, -4596.6367),
        (-0.939647257, -0.009210289, 0.342020929),
        (0.025272345, 0.995038509, 0.09622737),
    ),
}
TEST_SUBJECTS = {f"TS{i}": "studio" if i <= 4 else "outdoor" for i in range(1, 7)}


def _camera(
    focal: Array, principal: Array, size: tuple[float, float], rotation: Array, position: Array
) -> Camera:
    """Return a pinhole camera; rotation and position are those of the world with y up."""
    return calibrated_camera(focal, principal, size, rotation @ _UPRIGHT.T, _UPRIGHT @ position)


def studio_camera(
    focal: Array, principal: Array, rotation: Array, translation: Array, where: str
) -> Camera:
    """Return a camera of the studio from its calibration, millimetres and pixels.

    Raises:
        InputError: If the numbers are no calibration; it names ``where``.
    """
    shapes = [a.shape for a in (focal, principal, rotation, translation)]
    if (
        shapes != [(2,), (2,), (3, 3), (3,)]
        or not np.abs(rotation @ rotation.T - np.eye(3)).max() < 1e-3
        or not (np.isfinite(focal).all() and np.isfinite(principal).all() and focal.min() > 0)
        or not np.isfinite(translation).all()
    ):
        what = "no calibration (focal lengths above 0, a rotation, finite numbers)"
        raise InputError(what, where, "get the file from its owners again.")
    return _camera(focal, principal, STUDIO_SIZE, rotation, -rotation.T @ translation)


def read_calibration(path: Path) -> dict[int, Camera]:
    """Read ``camera.calibration``, a text of seven lines per camera.

    Raises:
        InputError: If it is missing or not as published.
    """
    path = existing_file(path)
    blocks: dict[int, dict[str, Array]] = {}
    for line in path.read_text(encoding="utf-8-sig", errors="replace").splitlines()[1:]:
        key, *rest = line.split() or [""]
        try:
            if key == "name":
                block = blocks[int(rest[0])] = {}
            elif key:
                block[key] = np.array([float(x) for x in rest])
        except (ValueError, IndexError, UnboundLocalError) as error:
            raise InputError(
                f"cannot read the line '{line.strip()[:40]}'", path, "get the file again."
            ) from error
    if not blocks:
        raise InputError("describes no camera", path, "get the file from its owners again.")
    return {
        number: _from_block(block, f"{path}: camera {number}") for number, block in blocks.items()
    }


def _from_block(block: dict[str, Array], where: str) -> Camera:
    for key in ("intrinsic", "extrinsic"):
        if block.get(key, np.zeros(0)).size != 16:
            raise InputError(f"lacks the 16 numbers of '{key}'", where, "get the file again.")
    if block.get("radial", np.zeros(1)).any():
        raise InputError(
            "has a distorting lens, unlike the published ones", where, "get the file again."
        )
    intrinsic, extrinsic = block["intrinsic"].reshape(4, 4), block["extrinsic"].reshape(4, 4)
    return studio_camera(
        intrinsic[[0, 1], [0, 1]], intrinsic[:2, 2], extrinsic[:3, :3], extrinsic[:3, 3], where
    )


def sequence_camera(subject: str, focal: Array, principal: Array) -> Camera:
    """Return the camera of a test sequence: published extrinsics, given intrinsics.

    Raises:
        InputError: If there is no such sequence.
    """
    if subject not in TEST_SUBJECTS:
        raise InputError(f"MPI-INF-3DHP has no test sequence '{subject}': give TS1 to TS6.")
    position, right, up = (np.array(v) for v in _TEST_CAMERAS[TEST_SUBJECTS[subject]])
    rotation = np.stack([right, -up, np.cross(right, -up)])
    studio = TEST_SUBJECTS[subject] == "studio"
    size = STUDIO_SIZE if studio else _OUTDOOR_SIZE
    return _camera(focal, principal, size, rotation, position)


def fit_intrinsics(keypoints: Array, pose: Array, where: str) -> tuple[Array, Array]:
    """Fit focal lengths and principal point to points ``(..., 2)`` seen of points ``(..., 3)``.

    The test sequences are annotated with a pinhole camera, whatever lens they were recorded with, which
    in TS2 is 6 px off the published one.

    Raises:
        InputError: If no pinhole in front of the points can be fitted.
    """
    if not (np.isfinite(keypoints).all() and np.isfinite(pose).all()):
        raise InputError("valid frames hold NaN or infinity", where, "get the file again.")
    depth = pose[..., 2].ravel()
    if not depth.min() > 0:
        raise InputError("joints lie behind the camera", where, "are the poses in its frame?")
    lines = []
    for axis in range(2):
        slope = pose[..., axis].ravel() / depth
        design = np.stack([slope, np.ones_like(slope)], -1)
        lines.append(np.linalg.lstsq(design, keypoints[..., axis].ravel(), rcond=None)[0])
    focal, principal = np.array(lines).T
    if not (np.isfinite(focal).all() and focal.min() > 0):
        raise InputError("'annot2' is no image of 'annot3'", where, "get the file again.")
    return focal, principal
