"""Conversion of a dataset in VideoPose3D's layout into a clip store, and the report on it."""

import re
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from datamodules.custom.cameras import Rig, check_fps, read_cameras
from datamodules.safe_load import sha256
from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo
from datamodules.store.projection import (
    likely_mistake,
    reprojection_errors,
    with_confidence,
)
from datamodules.store.videopose3d import (
    Array,
    KeypointFile,
    check_name,
    fill_missing,
    read_keypoints,
    read_poses,
)
from lifting.cameras import Camera, nominal_camera, project, world_to_camera
from lifting.errors import InputError, Option, Phrase
from lifting.skeletons import skeleton

MISSING = ("refuse", "interpolate")

# Detectors are right to a hundredth of the image's width; farther off are other cameras.
_REPROJECTION = 0.03


def convert(
    keypoints: Path,
    out: Path,
    poses: Path | None = None,
    cameras: Path | None = None,
    joint_set: str | None = None,
    pose_joint_set: str | None = None,
    source: str = "detected",
    missing: str = "refuse",
    fps: float | None = None,
    origin: str = "own recordings",
    licence: str = "not stated",
    progress: Callable[[str], None] = lambda _: None,
) -> str:
    """Convert a ``data_2d_*.npz``, and a ``data_3d_*.npz`` if there is one, into a clip store.

    Where there are poses, their projection is the 2D source ``gt``.

    Args:
        keypoints: The file of keypoints.
        out: The store to write.
        poses: The file of poses, which needs cameras.
        cameras: The cameras file (:mod:`datamodules.custom.cameras`).
        joint_set: Joint set of the keypoints; that of the file where not given.
        pose_joint_set: Joint set of the poses; by their number of joints where not given. Without
            poses that which is predicted, ``h36m17`` where not given.
        source: Name of the keypoints as a 2D source.
        missing: What to do with keypoints that are NaN: ``refuse`` or ``interpolate``.
        fps: Frames per second; that of the cameras file, or else of the keypoints, where not given.
        origin: Where the data come from.
        licence: The condition they are under.
        progress: Called with the name of each action of a subject that is done.

    Returns:
        The report.

    Raises:
        InputError: If an input is not as it should be; nothing is left at ``out`` then.
    """
    if missing not in MISSING:
        raise InputError(
            Phrase("{} is '{}': choose one of {}.", Option("missing"), missing, ", ".join(MISSING))
        )
    if not source or "/" in source or (source == "gt" and poses is not None):
        raise InputError(
            Phrase(
                "{} is '{}': choose another name, without '/'; 'gt' is of projections.",
                Option("source"),
                source,
            )
        )
    if poses is not None and cameras is None:
        raise InputError("poses are seen through cameras", poses, "describe them with --cameras.")
    known = None if cameras is None else read_cameras(cameras, for_poses=poses is not None)
    seen = read_keypoints(keypoints, joint_set)
    told = known.fps if known is not None and known.fps is not None else seen.fps
    rate = told if fps is None else fps
    if rate is None:
        raise InputError("does not tell its frame rate", keypoints, "give it with --fps.")
    rate = check_fps(rate, "--fps")
    joints = skeleton(pose_joint_set or "h36m17")
    world: dict[tuple[str, str], Array] = {}
    if poses is not None:
        joints, world = read_poses(poses, pose_joint_set)
        if not any(key in world for key in seen.views):
            what = f"has no subject and action of {keypoints}"
            raise InputError(what, poses, "name files that belong together.")
    sources = {"gt": joints.name} if poses is not None else {}
    info = StoreInfo(
        skeleton=joints.name,
        sources={**sources, source: seen.joints.name},
        origin=origin,
        licence=licence,
        inputs={
            path.name: sha256(path) for path in (keypoints, poses, cameras) if path is not None
        },
    )
    names = _store_names(seen)
    filled = clips = 0
    with ClipWriter(out, info) as store:
        for subject, action in seen.views:
            rig = None if known is None else known.of(subject)
            pose = world.get((subject, action))
            for name, camera, points, where in _views(seen, subject, action, rig):
                if pose is not None:
                    points = _cut(points, len(pose), where)
                points, holes = fill_missing(points, seen.joints, where, missing)
                filled, clips = filled + holes, clips + 1
                sequence = action.replace("/", "_")
                key = ClipKey(names[subject], sequence, action_of(action), name, rate, len(points))
                content, in_view = {source: points.astype(np.float32)}, None
                if pose is not None:
                    in_view, content["gt"] = _seen_by(pose, camera, where)
                store.add_camera(key.subject, name, camera)
                store.add(key, content, in_view)
            progress(f"{subject} {action}")
        if not clips:
            raise InputError("no camera saw anything", keypoints, "make the file again.")
    with ClipStore(out) as finished:
        lines = [finished.describe(), *_missing_lines(finished, source, filled)]
        lines += _pairing_lines(finished, seen, world)
        return "\n".join(lines + (_reprojection_lines(finished, source) if world else []))


def action_of(name: str) -> str:
    """Return an action without its take and its chunk.

    Example:
        >>> action_of("Walking 1 chunk0")
        'Walking'
    """
    return re.sub(r"( \d+)?( chunk\d+)?$", "", name).replace("/", "_") or name


def _store_names(seen: KeypointFile) -> dict[str, str]:
    """Return the names of the subjects in the store, which separates its folders by slashes."""
    names: dict[str, str] = {}
    for subject, action in seen.views:
        for name in (subject, action):
            check_name(name, seen.path)
        names[subject] = subject.replace("/", "_")
    if len(set(names.values())) < len(names):
        raise InputError(
            "two subjects have the same name once '/' is '_'", seen.path, "rename one."
        )
    return names


def _views(
    seen: KeypointFile, subject: str, action: str, rig: Rig | None
) -> list[tuple[str, Camera, Array, str]]:
    """Return name, camera, keypoints and description for messages of every view."""
    arrays = seen.arrays(subject, action)
    where = f"{seen.path}: {subject} {action}"
    if rig is None:
        if (size := seen.size_of(subject)) is None:
            what = f"video_metadata do not tell the image size of '{subject}'"
            raise InputError(what, seen.path, "add its w and h, or give --cameras.")
        rig = {f"cam{i}": nominal_camera(*size) for i in range(len(arrays))}
    if len(rig) != len(arrays):
        what = f"keypoints of {len(arrays)} cameras, but {len(rig)} are described"
        raise InputError(what, where, "give None for a camera that saw nothing.")
    return [
        (name, camera, points, f"{where}, camera '{name}'")
        for (name, camera), points in zip(rig.items(), arrays, strict=True)
        if points is not None
    ]


def _cut(points: Array, frames: int, where: str) -> Array:
    if len(points) < frames:
        what = f"{len(points)} frames of keypoints for {frames} frames of poses"
        raise InputError(what, where, "name files that belong together.")
    return points[:frames]


def _seen_by(pose: Array, camera: Camera, where: str) -> tuple[Any, Any]:
    """Return poses in the camera frame, and their projection with confidence 1, in float32."""
    in_view = world_to_camera(torch.from_numpy(pose), camera)
    if not (in_view[..., 2] > 0).all():
        frame = int((in_view[..., 2] <= 0).any(-1).nonzero()[0])
        what = f"in frame {frame} joints lie behind the camera"
        raise InputError(what, where, "check orientation, translation (metres) and world.")
    return in_view.float().numpy(), with_confidence(project(in_view, camera).numpy())


def _missing_lines(store: ClipStore, source: str, filled: int) -> list[str]:
    if not filled:
        return []
    joints = len(skeleton(store.info.sources[source]))
    total = joints * sum(key.frames for key in store.keys)
    return ["", f"{filled:,} of {total:,} keypoints were missing and are interpolated"]


def _pairing_lines(
    store: ClipStore, seen: KeypointFile, world: Mapping[tuple[str, str], Array]
) -> list[str]:
    if not world:
        return ["", "no 3D poses: a store to predict from, and to train methods that need none on"]
    lines = []
    for what, keys, other in (("no poses", seen.views, world), ("no keypoints", world, seen.views)):
        names = [" ".join(key).replace("/", "_") for key in keys if key not in other]
        if names:
            lines += textwrap.wrap(f"{what}: {', '.join(names)}", 100, subsequent_indent="  ")
    return ["", *lines] if lines else []


def _reprojection_lines(store: ClipStore, source: str) -> list[str]:
    lines = ["", f"reprojection error against '{source}', median px"]
    clips: dict[tuple[str, str], list[ClipKey]] = {}
    for key in store.keys:
        if store.has(key, "gt"):
            clips.setdefault((key.subject, key.camera), []).append(key)
    for (subject, camera), keys in clips.items():
        joined = np.concatenate([reprojection_errors(store, key, source) for key in keys])
        if not len(joined):  # The file itself gives every joint confidence 0.
            continue
        error = float(np.median(joined))
        lines.append(f"  {subject} {camera} {error:.1f}")
        if (likely := likely_mistake(store, keys, source)) is not None:
            lines.append(
                f"  WARNING {subject} {camera}: the keypoints fit better, with {likely[1]:.1f} px, if "
                f"read with {likely[0]}; check how they and the joint set count sides and axes"
            )
        elif error > _REPROJECTION * float(store.camera(keys[0]).size[0]):
            lines.append(
                f"  WARNING {subject} {camera}: the poses do not project onto the keypoints; check the "
                "camera, the order of the cameras, and the joint sets"
            )
    return lines
