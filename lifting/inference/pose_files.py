"""File of lifted poses: an ``.npz`` of everyone."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from lifting.files import name_of
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.prediction import Lifted
from lifting.skeletons.joint_angles import angle_names, joint_angles
from lifting.skeletons.standing_height import standing_height


def pack_poses(
    tracks: list[KeypointTrack], lifted: list[Lifted], files: Iterable[Path] = ()
) -> bytes:
    """Return the .npz of everyone's poses, one person after another.

    ``pose`` (N, J, 3) root-relative millimetres; ``known`` (N, J) whether a joint rests on a keypoint
    that was seen; ``frame`` (N,); ``time`` (N,) its seconds, NaN where not known; ``track`` (N,) an
    index into ``tracks``, the names of the people;
    ``trajectory`` (N, 3) if asked for; ``spread`` (N, J) of lifters that draw hypotheses, millimetres;
    ``angles`` (N, A) of the joints in degrees, NaN where they are not defined, and their names,
    ``angle_names``; ``heights``, the standing height of each person in metres; ``skeleton``; ``fps``,
    NaN where it is not known; ``files``, the names of the files that are
    written with it.
    """
    first = lifted[0]
    content: dict[str, Any] = {
        "pose": np.concatenate([poses.pose for poses in lifted]),
        "known": np.concatenate([poses.known for poses in lifted]),
        "frame": np.concatenate([track.frames for track in tracks]),
        "time": np.concatenate(
            [track.seconds(poses.fps) for track, poses in zip(tracks, lifted, strict=True)]
        ),
        "track": np.repeat(np.arange(len(tracks)), [len(track.frames) for track in tracks]),
        "tracks": np.array([track.name for track in tracks]),
        "angles": np.concatenate(
            [joint_angles(p.pose, p.skeleton) for p in lifted], dtype=np.float32
        ),
        "angle_names": np.array(angle_names(first.skeleton)),
        "heights": np.array([standing_height(p.pose, p.skeleton) / 1000 for p in lifted]),
        "skeleton": np.array(first.skeleton),
        "fps": np.array(np.nan if first.fps is None else first.fps),
        "files": np.array([name_of(path) for path in files], dtype=np.str_),
    }
    if first.trajectory is not None:
        content["trajectory"] = np.concatenate([poses.trajectory for poses in lifted])
    if first.spread is not None:
        content["spread"] = np.concatenate([poses.spread for poses in lifted])
    stream = io.BytesIO()
    np.savez_compressed(stream, **content)
    return stream.getvalue()
