"""Files of lifted poses: an ``.npz`` of everyone, and a BVH file per person."""

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from lifting.errors import located
from lifting.export.bvh import bvh_text
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.prediction import Lifted


def pack_poses(
    tracks: list[KeypointTrack], lifted: list[Lifted], files: Iterable[Path] = ()
) -> bytes:
    """Return the .npz of everyone's poses, one person after another.

    ``pose`` (N, J, 3) root-relative millimetres; ``known`` (N, J) whether a joint rests on a keypoint
    that was seen; ``frame`` (N,); ``track`` (N,) an index into ``tracks``, the names of the people;
    ``trajectory`` (N, 3) if asked for; ``skeleton``; ``fps``, NaN where it is not known; ``files``, the
    names of the files that are written with it.
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
        "files": np.array([path.name for path in files], dtype=np.str_),
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
        with located(track.name):
            text = bvh_text(poses.pose, poses.skeleton, poses.fps, poses.trajectory)
        files[path] = text.encode("ascii")
    return files
