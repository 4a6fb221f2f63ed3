"""Readers of the three layouts Human3.6M's poses circulate in.

- ``videopose3d``: ``data_3d_h36m.npz``, world frame, metres, 32 joints;
- ``baseline``: 3d-pose-baseline's ``S*/MyPoses/3D_positions/*.h5``, world frame, millimetres;
- ``fetch``: h36m-fetch's ``S*/<Action>-<n>/annot.h5``, camera frame, millimetres, a subset of frames.

Each yields one :class:`RawSequence` per recording, with 17 joints or all 32, in millimetres.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datamodules.h36m.cameras import CAMERAS
from datamodules.safe_load import open_hdf5, sha256
from datamodules.store.checks import check_pose
from datamodules.store.videopose3d import read_tree
from lifting.containers.damage import DATA_ERRORS
from lifting.containers.hdf5_files import has, read
from lifting.errors import InputError, wrong_value
from lifting.skeletons import skeleton

ORIGIN = "Human3.6M, http://vision.imar.ro/human3.6m"
LICENCE = "Human3.6M licence: academic research only, no redistribution"
FPS = 50.0

# Left out by every protocol: the video of one camera is damaged. h36m-fetch names it by its number.
EXCLUDED = {("S11", "Directions"), ("S11", "Directions-2")}

# Files of the layouts that are folders.
_PATTERNS = {"baseline": "S*/MyPoses/3D_positions/*.h5", "fetch": "S*/*/annot.h5"}
_RENAMED = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}
_LAYOUTS = {17: "h36m17", 16: "mpii16"}

Array = NDArray[np.float64]


@dataclass
class RawSequence:
    """One recording of a layout.

    Attributes:
        subject: ``S1`` ...
        name: Action and take, for example ``Walking 1``.
        world: World-frame millimetres ``(T, J, 3)``, or None where there are views.
        views: For each camera its frame numbers and camera-frame millimetres ``(T, J, 3)``.
    """

    subject: str
    name: str
    world: Array | None = None
    views: dict[str, tuple[NDArray[np.int64], Array]] = field(default_factory=dict)

    @property
    def action(self) -> str:
        """The action without the take: ``Sitting 1`` is Sitting, ``SittingDown`` is not."""
        return re.split(r"[ -]", self.name)[0]


@dataclass
class Detections:
    """A 2D source: subject, sequence and camera index to pixels ``(T, J, 2)``."""

    path: Path
    skeleton: str
    poses: dict[tuple[str, str], list[NDArray[np.float32]]]


def sequence_name(raw: str) -> str:
    """Return a recording's name with the action as VideoPose3D spells it.

    h36m-fetch counts takes in another way, so its ``Walking-1`` cannot be identified with ``Walking 1``.
    """
    name = raw.replace("_", " ").strip()
    return re.sub(r"^[A-Za-z]+", lambda action: _RENAMED.get(action[0], action[0]), name)


def layout_of(path: Path) -> str:
    """Return the layout of a file or folder.

    Raises:
        InputError: If there is nothing, or it is none of them.
    """
    if not path.exists():
        raise InputError("there is no such file or folder", path, "check the path.")
    if path.is_file():
        return "videopose3d"
    for layout in _PATTERNS:
        if _files(path, layout):
            return layout
    what = "neither a VideoPose3D .npz file, nor a folder of S*/MyPoses/3D_positions/*.h5"
    raise InputError(f"{what} (3d-pose-baseline) or of S*/<action>/annot.h5 (h36m-fetch).", path)


def inputs_of(path: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that :func:`read_sequences` will read."""
    layout = layout_of(path)
    if layout == "videopose3d":
        return {path.name: sha256(path)}
    return {str(file.relative_to(path)): sha256(file) for file in _files(path, layout)}


def _files(path: Path, layout: str) -> list[Path]:
    return sorted(path.glob(_PATTERNS[layout]))


def read_sequences(path: Path, joints: str = "h36m17") -> Iterator[RawSequence]:
    """Yield every recording of a file or folder, in ``h36m17``, or ``h36m32`` for all joints.

    Raises:
        InputError: If the layout is not recognised, a file is not as its layout says, or it does not
            have the joints.
    """
    if joints not in ("h36m17", "h36m32"):
        raise wrong_value("skeleton", joints, "use h36m17 or h36m32.")
    readers = {"videopose3d": _videopose3d, "baseline": _baseline, "fetch": _fetch}
    return readers[layout_of(path)](path, joints)


def _take(content: object, joints: str, where: str, scale: float = 1.0) -> Array:
    try:
        pose = scale * np.asarray(content, np.float64)
    except DATA_ERRORS as error:
        raise InputError("poses are no array of numbers", where, "get the file again.") from error
    if pose.ndim != 3 or pose.shape[1:] not in ((32, 3), (17, 3)):
        raise InputError(f"poses are {pose.shape}, expected (frames, 32 or 17, 3).", where)
    if joints == "h36m32" and pose.shape[1] == 17:
        raise InputError("holds 17 joints, not all 32", where, "leave --skeleton at h36m17.")
    if pose.shape[1] == 32:
        pose = pose[:, skeleton("h36m32").indices(skeleton(joints).joints)]
    check_pose(pose.astype(np.float32), skeleton(joints), where)
    return pose


def _videopose3d(path: Path, joints: str) -> Iterator[RawSequence]:
    _, poses = read_tree(path, "positions_3d")
    for (subject, name), pose in poses.items():
        where = f"{path}: {subject} {name}"
        yield RawSequence(subject, name, world=_take(pose, joints, where, 1000.0))


def _baseline(path: Path, joints: str) -> Iterator[RawSequence]:
    for file in _files(path, "baseline"):
        with open_hdf5(file) as content:
            if not has(content, "3D_positions"):
                raise InputError("no '3D_positions' in it", file, "is it 3d-pose-baseline's file?")
            flat = read(content, "3D_positions")
        if flat.ndim != 2 or flat.shape[0] != 96:
            raise InputError(f"'3D_positions' is {flat.shape}, expected (96, frames).", file)
        pose = flat.T.reshape(-1, 32, 3)
        subject = file.relative_to(path).parts[0]
        yield RawSequence(subject, sequence_name(file.stem), world=_take(pose, joints, str(file)))


def _fetch(path: Path, joints: str) -> Iterator[RawSequence]:
    for file in _files(path, "fetch"):
        with open_hdf5(file) as content:
            names = ("camera", "frame", "pose/3d")
            if missing := [name for name in names if not has(content, name)]:
                raise InputError(f"no '{missing[0]}' in it", file, "is it h36m-fetch's annot.h5?")
            pose = _take(read(content, "pose/3d"), joints, str(file))
            camera = read(content, "camera", "iu").astype(str)
            frame = read(content, "frame").astype(np.int64)
        if not camera.shape == frame.shape == pose.shape[:1] or not len(frame) or frame.min() < 1:
            what = f"'camera' and 'frame' do not give {len(pose)} poses a camera and a frame from 1"
            raise InputError(what, file, "is it h36m-fetch's annot.h5?")
        subject, name = file.relative_to(path).parts[:2]
        views = {
            c: (frame[camera == c] - 1, pose[camera == c]) for c in CAMERAS if (camera == c).any()
        }
        if not views:
            message = f"no pose is of one of the cameras {', '.join(CAMERAS)}"
            raise InputError(message, file, "get the file again.")
        yield RawSequence(subject, sequence_name(name), views=views)


def read_detections(path: Path) -> Detections:
    """Read a 2D source in VideoPose3D's layout (``data_2d_h36m_*.npz``).

    Raises:
        InputError: If the file is not in that layout.
    """
    content, tree = read_tree(path, "positions_2d")
    joints, poses = 0, {}
    for (subject, name), views in tree.items():
        where = f"{path}: {subject} {name}"
        try:
            arrays = [np.asarray(view, np.float32) for view in views]
        except DATA_ERRORS as error:
            raise InputError(
                "keypoints are no arrays of numbers", where, "get the file again."
            ) from error
        if len(arrays) != len(CAMERAS):
            raise InputError(f"{len(arrays)} views, expected {len(CAMERAS)}.", where)
        wrong = [a.shape for a in arrays if a.ndim != 3 or a.shape[2] < 2]
        if wrong:
            raise InputError(f"keypoints are {wrong[0]}, expected (frames, joints, 2).", where)
        joints = arrays[0].shape[1]
        poses[subject, name] = [a[..., :2] for a in arrays]
    metadata = content.get("metadata")
    layout = metadata.get("layout_name", "") if isinstance(metadata, dict) else ""
    return Detections(path, _skeleton_of(joints, str(layout), path), poses)


def _skeleton_of(joints: int, layout: str, path: Path) -> str:
    if joints == 17 and layout == "coco":
        return "coco17"
    if joints not in _LAYOUTS:
        raise InputError(
            f"keypoints of {joints} joints", path, "give 16 (MPII) or 17 (H36M, COCO)."
        )
    return _LAYOUTS[joints]
