"""Which format a keypoint file is in, by its content."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from datamodules.crops.image_source import read_json
from datamodules.safe_load import existing, load_npy, load_npz
from lifting.errors import InputError
from lifting.inference.keypoint_files.alphapose import read_alphapose
from lifting.inference.keypoint_files.arrays import read_arrays
from lifting.inference.keypoint_files.coco import read_coco
from lifting.inference.keypoint_files.mediapipe import JOINTS, read_mediapipe
from lifting.inference.keypoint_files.openpose import read_openpose
from lifting.inference.keypoint_files.store import read_store
from lifting.inference.keypoint_files.track import Track, Wanted

_JSON = {"coco": read_coco, "alphapose": read_alphapose, "mediapipe": read_mediapipe}
FORMATS = ("npz", "store", "openpose", *_JSON)

_SUFFIXES = {".npz": "npz", ".npy": "npz", ".h5": "store", ".hdf5": "store"}


def read_tracks(path: Path, wanted: Wanted, kind: str | None = None) -> list[Track]:
    """Read a keypoint file, or a folder of OpenPose's.

    Args:
        path: The file or folder.
        wanted: What is said of it besides.
        kind: One of :data:`FORMATS`; by the content where not given.

    Returns:
        The people, in the order of their first frames.

    Raises:
        InputError: If it cannot be read, is in no known format, or contradicts what is said of it.
    """
    if kind is not None and kind not in FORMATS:
        raise InputError(f"--format is {kind}: choose {', '.join(FORMATS)}.")
    if path.is_dir():
        if kind not in (None, "openpose"):
            raise InputError("is a folder", path, f"of format {kind} a file is needed.")
        tracks = read_openpose(path, wanted)
    else:
        tracks = _read_file(existing(path), wanted, kind)
    if not tracks:
        raise InputError("shows nobody", path, "run the detector again.")
    return [sized(track, wanted, path) for track in tracks]


def is_store(path: Path, kind: str | None) -> bool:
    """Tell whether a path is read as a clip store, which has more to say than keypoints."""
    return kind in (None, "store") and _SUFFIXES.get(path.suffix.lower()) == "store"


def _read_file(path: Path, wanted: Wanted, kind: str | None) -> list[Track]:
    by_name = _SUFFIXES.get(path.suffix.lower(), "json")
    fits = kind in _JSON if by_name == "json" else kind == by_name
    if kind is not None and not fits:
        raise InputError(
            f"is not of format {kind}", path, "give another --format, or leave it out."
        )
    if by_name == "npz":
        if path.suffix.lower() == ".npy":
            return read_arrays(path, {"keypoints": load_npy(path)}, wanted)
        return read_arrays(path, load_npz(path), wanted)
    if by_name == "store":
        return read_store(path, wanted)
    content = read_json(path)
    tracks: list[Track] = _JSON[kind or _recognise(path, content)](path, content, wanted)
    return tracks


def _recognise(path: Path, content: Any) -> str:
    if isinstance(content, dict):
        if "annotations" in content and "images" in content:
            return "coco"
        if isinstance(content.get("frames"), list):
            return "mediapipe"
        if "people" in content:
            raise InputError("is one frame of OpenPose's", path, "give the folder it is in.")
    elif isinstance(content, list) and content:
        people = [one for one in content if isinstance(one, dict) and "image_id" in one]
        if len(people) == len(content):
            return "alphapose" if any(_is_alphapose(one) for one in people) else "coco"
        if not people and any(_has_landmarks(frame) for frame in content):
            return "mediapipe"
    raise InputError(
        "its layout is not known",
        path,
        f"name what it should be with --format: {', '.join(_JSON)}.",
    )


def _is_alphapose(one: dict[str, Any]) -> bool:
    return isinstance(one["image_id"], str) or "idx" in one or "box" in one


def _has_landmarks(frame: Any) -> bool:
    if isinstance(frame, dict):
        return any("landmark" in key for key in frame)
    if not isinstance(frame, list) or not frame:
        return False
    return len(frame) == len(JOINTS) or _has_landmarks(frame[0])


def sized(track: Track, wanted: Wanted, path: Path) -> Track:
    """Return a track with the size of the images that is said of its file.

    Raises:
        InputError: If the file tells another.
    """
    if wanted.size is None or track.size == wanted.size:
        return track
    if track.size is not None:
        width, height = track.size
        raise InputError(
            f"its images are {width:g} x {height:g} pixels", path, "leave --width and --height out."
        )
    return replace(track, size=wanted.size)
