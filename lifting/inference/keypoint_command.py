"""``python -m lifting predict --keypoints FILE --checkpoint CKPT``: keypoint files in, poses out."""

import io
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jsonargparse import auto_cli
from rich.progress import Progress

from lifting.errors import InputError, guarded
from lifting.export.bvh import bvh_text
from lifting.files import write_together
from lifting.inference.prediction import Lifted, lift, load_lifter

if TYPE_CHECKING:
    from lifting.inference.keypoint_files import Track


def predict(
    keypoints: str,
    checkpoint: str,
    out: str | None = None,
    format: str | None = None,
    skeleton: str | None = None,
    width: float | None = None,
    height: float | None = None,
    fps: float | None = None,
    source: str | None = None,
    track: str | None = None,
    stills: bool = False,
    flip_test: bool = False,
    smooth: str | None = None,
    trajectory: bool = False,
    bvh: bool = False,
    dilation: int = 1,
    batch_frames: int = 4096,
    device: str | None = None,
) -> None:
    """Lift the people of a keypoint file to 3D, see docs/predict.md.

    Args:
        keypoints: An .npz or .npy, a .json of COCO, AlphaPose or MediaPipe, a clip store (.h5), or
            the folder that OpenPose wrote.
        checkpoint: A checkpoint of any lifter.
        out: The .npz to write; beside the keypoints, ending in _3d.npz, where not given.
        format: npz, store, openpose, coco, alphapose or mediapipe; by the content where not given.
        skeleton: Joint set of the keypoints, where the file does not tell.
        width: Width of the images in pixels, where the file does not tell.
        height: Their height.
        fps: Frames per second; as in the file where not given.
        source: Which 2D source of a clip store.
        track: Lift this person alone.
        stills: The frames are photographs: lift everyone in every frame by itself.
        flip_test: Average with the prediction of the mirrored keypoints, at twice the time.
        smooth: one_euro, which lags, or savgol.
        trajectory: Say where the root is as well.
        bvh: Write one BVH file per person as well, beside the .npz, for animation programs.
        dilation: Distance between neighbouring frames of a window, as in training.
        batch_frames: Frames that go through the network together, which bounds the memory.
        device: cpu or cuda; a GPU is taken where there is one.
    """
    from lifting.inference.keypoint_files import Wanted, read_tracks

    if (width is None) != (height is None):
        raise InputError("--width and --height go together: give both, or leave both out.")
    size = None if width is None or height is None else (width, height)
    path = Path(keypoints)
    if bvh and stills:
        raise InputError("--bvh holds motion, and --stills are photographs: give one of them.")
    tracks = read_tracks(path, Wanted(skeleton, size, stills, source), format)
    if track is not None:
        chosen = [t for t in tracks if t.name == track]
        if not chosen:
            some = ", ".join(t.name for t in tracks[:10])
            raise InputError(f"holds no '{track}', but {some}.", path)
        tracks = chosen
    for one in tracks:
        if one.size is None and one.camera is None:
            raise InputError(
                "does not tell how large the images are", path, "give --width and --height."
            )
        if bvh and (one.fps if fps is None else fps) is None:
            raise InputError(
                "does not tell the frames per second, which --bvh holds: give --fps.", path
            )
    method = load_lifter(checkpoint, flip_test)
    tracks = [one if stills else one.whole(str(path)) for one in tracks]
    options = {"smooth": smooth, "trajectory": trajectory, "dilation": dilation}
    options |= {"batch_frames": batch_frames, "device": device}
    # A block, not a bare loop: the bar must have gone when an error is told.
    with Progress(disable=len(tracks) == 1) as bar:
        lifted = [
            _lift(one, method, one.fps if fps is None else fps, path, options)
            for one in bar.track(tracks, description="lifting")
        ]
    target = path.with_name(f"{path.stem}_3d.npz") if out is None else Path(out)
    files = bvh_files(target, tracks, lifted) if bvh else {}
    write_together(files | {target: packed(tracks, lifted)})
    kinds = Counter(one.skeleton for one in tracks)
    frames = sum(len(one.frames) for one in tracks)
    print(f"{frames:,} frames of {len(tracks):,} people ({', '.join(kinds)}) in {target}")
    if files:
        more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
        print(f"{next(iter(files))}{more}")


def _lift(one: "Track", method: Any, fps: float | None, path: Path, options: Any) -> Lifted:
    lens = {"camera": one.camera} if one.camera is not None else {"size": one.size}
    try:
        return lift(
            one.keypoints,
            method,
            skeleton=one.skeleton,
            confidence=one.confidence,
            fps=fps,
            **lens,
            **options,
        )
    except InputError as error:
        raise error.at(one.name).at(path) from error


def packed(tracks: "list[Track]", lifted: list[Lifted]) -> bytes:
    """Return the .npz file of all people, one after another.

    ``pose`` (N, J, 3) root-relative millimetres; ``known`` (N, J) whether a joint rests on a keypoint
    that was seen; ``frame`` (N,); ``track`` (N,) an index into ``tracks``, the names of the people;
    ``trajectory`` (N, 3) if asked for; ``skeleton``; ``fps``, NaN where it is not known.
    """
    first = lifted[0]
    content: dict[str, Any] = {
        "pose": np.concatenate([one.pose for one in lifted]),
        "known": np.concatenate([one.known for one in lifted]),
        "frame": np.concatenate([one.frames for one in tracks]),
        "track": np.repeat(np.arange(len(tracks)), [len(one.frames) for one in tracks]),
        "tracks": np.array([one.name for one in tracks]),
        "skeleton": np.array(first.skeleton),
        "fps": np.array(np.nan if first.fps is None else first.fps),
    }
    if first.trajectory is not None:
        content["trajectory"] = np.concatenate([one.trajectory for one in lifted])
    stream = io.BytesIO()
    np.savez_compressed(stream, **content)
    return stream.getvalue()


def bvh_files(target: Path, tracks: "list[Track]", lifted: list[Lifted]) -> dict[Path, bytes]:
    """Return the BVH files of all people, named after the .npz and them.

    Raises:
        InputError: If a pose is not known.
    """
    files: dict[Path, bytes] = {}
    for one, found in zip(tracks, lifted, strict=True):
        # A name may be a path of a store, which is no name of a file.
        name = re.sub(r"[^\w.-]+", "_", one.name)
        path = target.with_name(f"{target.stem}_{name}.bvh")
        if path in files:
            path = target.with_name(f"{target.stem}_{name}_{len(files)}.bvh")
        try:
            text = bvh_text(found.pose, found.skeleton, found.fps, found.trajectory)
        except InputError as error:
            raise error.at(one.name) from error
        files[path] = text.encode("ascii")
    return files


def main(arguments: list[str]) -> None:
    """Run the command.

    Args:
        arguments: What follows ``predict`` on the command line.
    """
    guarded(lambda: auto_cli(predict, as_positional=False, args=arguments, prog="lifting predict"))
