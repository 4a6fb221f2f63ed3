"""Readers of VideoPose3D's ``data_2d_*.npz`` and ``data_3d_*.npz``, of whatever dataset.

- ``positions_2d``: subject, action, one array ``(T, J, 2)`` or ``(T, J, 3)`` per camera, pixels and, if
  there is a third column, confidence; for videos of one's own: video name, ``custom``, one array;
- ``metadata``: ``layout_name``, ``num_joints``, ``keypoints_symmetry``, ``video_metadata``;
- ``positions_3d``: subject, action, ``(T, J, 3)`` in the world, metres.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.safe_load import load_npz, walk_items
from datamodules.store.checks import check_pose
from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError
from lifting.keypoints.confidence import confidence_of
from lifting.keypoints.entries import fps_of, numbers_of, size_of
from lifting.keypoints.gaps import fill_gaps
from lifting.keypoints.validation import SMALLEST_IMAGE
from lifting.skeletons import SKELETONS, Skeleton, skeleton

Array = NDArray[np.float64]

# Joint sets by VideoPose3D's names.
LAYOUTS = {"coco": "coco17", "h36m": "h36m17", "mpii": "mpii16", "humaneva15": "humaneva15"}

_JOINTS_OF_POSES = {17: "h36m17", 15: "humaneva15"}


@dataclass(frozen=True)
class KeypointFile:
    """The content of a ``data_2d_*.npz``.

    Attributes:
        path: The file.
        joints: Joint set of the keypoints.
        sizes: Width and height of the image by subject, where the file has them.
        views: By subject and action the arrays of its cameras, unchecked.
        size: Width and height of the images of all others, where the file has them.
        fps: Frames per second, where the file has them.
    """

    path: Path
    joints: Skeleton
    sizes: dict[str, tuple[float, float]]
    views: dict[tuple[str, str], Any]
    size: tuple[float, float] | None = None
    fps: float | None = None

    def size_of(self, subject: str) -> tuple[float, float] | None:
        """Return width and height of the images of a subject, where the file has them."""
        return self.sizes.get(subject, self.size)

    def arrays(self, subject: str, action: str) -> list[Array | None]:
        """Return ``(T, J, 3)`` for each camera, None for one that saw nothing.

        Keypoints that are missing are NaN or infinite, as the file has them.

        Raises:
            InputError: If they are not keypoints in pixels.
        """
        where = f"{self.path}: {subject} {action}"
        views = self.views[subject, action]
        if not isinstance(views, list | tuple | np.ndarray) or not len(views):
            raise InputError("no list of one array per camera", where, "make the file again.")
        return [
            None if view is None else _keypoints(view, self.joints, f"{where}, camera {index}")
            for index, view in enumerate(views)
        ]


def read_tree(path: Path, entry: str) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
    """Return every entry of a file, and what one of them holds by subject and action.

    Raises:
        InputError: If the file cannot be read or has no such entry.
    """
    content = load_npz(path)
    if entry not in content:
        what = f"no '{entry}' in it, only {', '.join(content) or 'nothing'}"
        raise InputError(what, path, f"VideoPose3D's data_{entry[-2:]}_*.npz is needed.")
    leaves = {(subject, action): x for (subject, action), x in walk_items(content[entry], path, 2)}
    return content, leaves


def read_keypoints(path: Path, joint_set: str | None = None) -> KeypointFile:
    """Read a ``data_2d_*.npz``, in the joint set that it names where none is given.

    What it does not say in ``metadata`` may stand beside: ``skeleton``, ``size`` of all images, ``fps``.

    Raises:
        InputError: If it is not in the layout, or contradicts the joint set.
    """
    content, views = read_tree(path, "positions_2d")
    metadata = content.get("metadata", {})
    if not isinstance(metadata, dict):
        raise InputError("its 'metadata' is no dictionary", path, "make the file again.")
    named = joint_set or (str(content["skeleton"]) if "skeleton" in content else None)
    joints = skeleton(named or _joint_set(metadata, path))
    _check_count(metadata, joints, path)
    _check_symmetry(metadata, joints, path)
    size, fps = size_of(path, content), fps_of(path, content)
    return KeypointFile(path, joints, dict(_sizes(metadata, path)), views, size, fps)


def read_poses(
    path: Path, joint_set: str | None = None
) -> tuple[Skeleton, dict[tuple[str, str], Array]]:
    """Read a ``data_3d_*.npz``, in the joint set with its number of joints where none is given.

    Returns:
        The joint set, and by subject and action ``(T, J, 3)``, world, millimetres.

    Raises:
        InputError: If it is not in the layout, or the poses are not metres.
    """
    _, leaves = read_tree(path, "positions_3d")
    poses = {key: numbers_of(leaf, f"{path}: {' '.join(key)}") for key, leaf in leaves.items()}
    first = next(iter(poses.values()))
    count = first.shape[1] if first.ndim == 3 else 0
    if joint_set is None and count not in _JOINTS_OF_POSES:
        raise InputError(
            f"its poses are {first.shape}", path, "name the joint set with --pose_skeleton."
        )
    joints = skeleton(joint_set or _JOINTS_OF_POSES[count])
    for key, pose in poses.items():
        poses[key] = 1000 * pose
        where = f"{path}: {' '.join(key)}, from metres to millimetres"
        check_pose(poses[key].astype(np.float32), joints, where)
    return joints, poses


def check_name(name: str, path: Path) -> None:
    """Refuse a name under which nothing can be kept in a store.

    Raises:
        InputError: If it is empty, of dots alone, or cannot be printed.
    """
    if not name.isprintable() or not name.strip(". "):
        raise InputError(f"{name!r} is no name that can be kept", path, "rename it.")


def fill_missing(points: Array, joints: Skeleton, where: str, missing: str) -> tuple[Array, int]:
    """Refuse keypoints that are missing, or interpolate them over time, joint by joint.

    What is interpolated has confidence 0; before the first and after the last frame in which a joint
    is seen, it stays where it was seen.

    Args:
        points: Keypoints ``(T, J, 3)``; what is not finite is missing.
        joints: Their joint set.
        where: What to call the clip.
        missing: ``refuse`` or ``interpolate``.

    Returns:
        The keypoints, and how many were missing.

    Raises:
        InputError: If some are missing and that is refused, or a joint is in no frame.
    """
    seen = np.asarray(np.isfinite(points).all(-1))
    if seen.all():
        return points, 0
    if missing == "refuse":
        frame, joint = np.argwhere(~seen)[0]
        what = f"the {joints.joints[joint]} of frame {frame} is NaN or infinite"
        raise InputError(what, where, "give --missing interpolate, or leave the clip out.")
    never = np.flatnonzero((~seen).all(0))
    if len(never):
        joint = int(never[0])
        what = f"the {joints.joints[joint]} is NaN or infinite in every frame"
        raise InputError(what, where, "leave the clip out.")
    filled = points.copy()
    filled[~seen, 2] = 0
    filled[..., :2] = fill_gaps(torch.from_numpy(points[..., :2]), torch.from_numpy(seen)).numpy()
    return filled, int((~seen).sum())


def _joint_set(metadata: dict[str, Any], path: Path) -> str:
    layout = str(metadata.get("layout_name", ""))
    if layout in SKELETONS:
        return layout
    if layout not in LAYOUTS:
        what = f"its layout_name '{layout}' is not known" if layout else "it has no layout_name"
        raise InputError(what, path, "name the joint set of its keypoints with --skeleton.")
    return LAYOUTS[layout]


def _check_count(metadata: dict[str, Any], joints: Skeleton, path: Path) -> None:
    count = metadata.get("num_joints", len(joints))
    if not isinstance(count, int | np.integer) or count != len(joints):
        what = f"tells of {count} joints, but '{joints.name}' has {len(joints)}"
        raise InputError(what, path, "name another --skeleton.")


def _check_symmetry(metadata: dict[str, Any], joints: Skeleton, path: Path) -> None:
    sides = metadata.get("keypoints_symmetry")
    if sides is None:
        return
    try:
        # VideoPose3D does not keep the two sides of MPII in the same order.
        left, right = (sorted(int(joint) for joint in side) for side in sides)
    except DATA_ERRORS as error:
        raise InputError(
            "its keypoints_symmetry is no two lists of joints", path, "make the file again."
        ) from error
    expected = [sorted(side) for side in zip(*joints.mirror_pairs, strict=True)]
    if [left, right] != expected:
        what = (
            f"its keypoints_symmetry has left {left} and right {right}, where '{joints.name}' has"
        )
        raise InputError(f"{what} {expected}", path, "name another --skeleton.")


def _sizes(metadata: dict[str, Any], path: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    videos = metadata.get("video_metadata", {})
    if not isinstance(videos, dict):
        raise InputError("its video_metadata is no dictionary", path, "make the file again.")
    for name, video in videos.items():
        try:
            size = float(video["w"]), float(video["h"])
            if not all(0 < length < np.inf for length in size):
                raise ValueError(size)
        except DATA_ERRORS as error:
            what = f"the video_metadata of '{name}' are no w and h in pixels"
            raise InputError(what, path, "make the file again.") from error
        yield str(name), size


def _keypoints(view: object, joints: Skeleton, where: str) -> Array:
    points = numbers_of(view, where)
    if points.ndim != 3 or points.shape[2] not in (2, 3) or not len(points):
        message = f"keypoints are {points.shape}, expected (frames, {len(joints)}, 2) or 3"
        raise InputError(message, where, "give at least one frame.")
    if points.shape[1] != len(joints):
        what = f"keypoints of {points.shape[1]} joints, but '{joints.name}' has {len(joints)}"
        raise InputError(what, where, "name another --skeleton.")
    if points.shape[2] == 2:
        points = np.concatenate([points, np.ones_like(points[..., :1])], -1)
    finite = np.isfinite(points).all(-1)
    points[finite, 2] = confidence_of(points[finite, 2], where)
    seen = points[finite]
    if len(seen) and np.abs(seen[:, :2]).max() < SMALLEST_IMAGE:
        what = f"all keypoints lie within {SMALLEST_IMAGE:g} px of the corner"
        raise InputError(what, where, "give pixels, not normalised coordinates.")
    return points
