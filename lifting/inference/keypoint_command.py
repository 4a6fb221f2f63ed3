"""Lifting of keypoint files (``lifting lift``)."""

import io
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress

from lifting.errors import InputError
from lifting.export.bvh import bvh_text
from lifting.files import write_together
from lifting.inference.keypoint_files import (
    KeypointTrack,
    ReadOptions,
    image_size,
    read_tracks,
    select_tracks,
)
from lifting.inference.options import LiftOptions
from lifting.inference.prediction import Lifted, lift_track, load_lifter


def predict(
    keypoints: str,
    checkpoint: str,
    out: str | None = None,
    format: str | None = None,
    skeleton: str | None = None,
    width: float | None = None,
    height: float | None = None,
    source: str | None = None,
    track: str | None = None,
    stills: bool = False,
    bvh: bool = False,
    **options: Any,
) -> None:
    """Lift the people of a keypoint file to 3D, see docs/predict.md.

    Args:
        keypoints: An .npz or .npy, a .json of COCO, AlphaPose or MediaPipe, a clip store (.h5), or
            the folder that OpenPose wrote.
        checkpoint: A checkpoint of any lifter.
        out: The .npz to write; beside the keypoints, ending in _3d.npz, where not given.
        format: npz, store, openpose, coco, alphapose or mediapipe; by the content where not given.
        skeleton: Joint set of the keypoints, if the file does not say.
        width: Width of the images in pixels, if the file does not say.
        height: Their height.
        source: Which 2D source of a clip store.
        track: Lift this person alone.
        stills: The frames are photographs: lift everyone in every frame by itself.
        bvh: Write one BVH file per person as well, beside the .npz, for animation programs.
        **options: See :class:`lifting.inference.options.LiftOptions`.
    """
    lift_options = LiftOptions(**options)
    if bvh and stills:
        raise InputError("--bvh holds motion, and --stills are photographs: give one of them.")
    path = Path(keypoints)
    read_options = ReadOptions(skeleton, image_size(width, height), stills, source, format)
    tracks = select_tracks(read_tracks(path, read_options), track, path)
    if bvh and lift_options.fps is None and any(person.fps is None for person in tracks):
        raise InputError(
            "does not tell the frames per second, which --bvh holds: give --fps.", path
        )
    lifter = load_lifter(checkpoint, lift_options.flip_test)
    if not stills:
        tracks = [person.contiguous(path) for person in tracks]
    # A block, not a bare loop: the bar must have gone when an error is printed.
    with Progress(disable=len(tracks) == 1) as bar:
        lifted = [
            lift_track(person, lifter, lift_options, path)
            for person in bar.track(tracks, description="lifting")
        ]
    target = path.with_name(f"{path.stem}_3d.npz") if out is None else Path(out)
    files = bvh_files(target, tracks, lifted) if bvh else {}
    write_together(files | {target: pack_poses(tracks, lifted)})
    joint_sets = Counter(person.skeleton for person in tracks)
    frames = sum(len(person.frames) for person in tracks)
    print(f"{frames:,} frames of {len(tracks):,} people ({', '.join(joint_sets)}) in {target}")
    if files:
        more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
        print(f"{next(iter(files))}{more}")


def pack_poses(tracks: list[KeypointTrack], lifted: list[Lifted]) -> bytes:
    """Return the .npz of everyone's poses, one person after another.

    ``pose`` (N, J, 3) root-relative millimetres; ``known`` (N, J) whether a joint rests on a keypoint
    that was seen; ``frame`` (N,); ``track`` (N,) an index into ``tracks``, the names of the people;
    ``trajectory`` (N, 3) if asked for; ``skeleton``; ``fps``, NaN where it is not known.
    """
    first = lifted[0]
    content: dict[str, Any] = {
        "pose": np.concatenate([poses.pose for poses in lifted]),
        "known": np.concatenate([poses.known for poses in lifted]),
        "frame": np.concatenate([track.frames for track in tracks]),
        "track": np.repeat(np.arange(len(tracks)), [len(track.frames) for track in tracks]),
        "tracks": np.array([track.name for track in tracks]),
        "skeleton": np.array(first.skeleton),
        "fps": np.array(np.nan if first.fps is None else first.fps),
    }
    if first.trajectory is not None:
        content["trajectory"] = np.concatenate([poses.trajectory for poses in lifted])
    stream = io.BytesIO()
    np.savez_compressed(stream, **content)
    return stream.getvalue()


def bvh_files(target: Path, tracks: list[KeypointTrack], lifted: list[Lifted]) -> dict[Path, bytes]:
    """Return the BVH files of all people, named after the .npz and them.

    Raises:
        InputError: If a pose is not known.
    """
    files: dict[Path, bytes] = {}
    for track, poses in zip(tracks, lifted, strict=True):
        # A name may be a path of a store, which is no name of a file.
        name = re.sub(r"[^\w.-]+", "_", track.name)
        path = target.with_name(f"{target.stem}_{name}.bvh")
        if path in files:
            path = target.with_name(f"{target.stem}_{name}_{len(files)}.bvh")
        try:
            text = bvh_text(poses.pose, poses.skeleton, poses.fps, poses.trajectory)
        except InputError as error:
            raise error.at(track.name) from error
        files[path] = text.encode("ascii")
    return files
