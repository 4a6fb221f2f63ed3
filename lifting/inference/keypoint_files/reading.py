"""Reading of keypoint files of every format, recognised by its content."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from datamodules.safe_load import existing_file, load_json, load_npy, load_npz
from lifting.errors import InputError
from lifting.inference.keypoint_files.arrays import read_arrays
from lifting.inference.keypoint_files.believed import believed_tracks
from lifting.inference.keypoint_files.coco import read_alphapose, read_coco
from lifting.inference.keypoint_files.mediapipe import JOINTS, read_mediapipe
from lifting.inference.keypoint_files.openpose import read_openpose
from lifting.inference.keypoint_files.plausible_tracks import plausible_tracks
from lifting.inference.keypoint_files.store import read_store
from lifting.inference.keypoint_files.track import KeypointTrack, Size
from lifting.inference.media_kinds import lifted_by
from lifting.inference.options import ReadOptions

_JSON = {"coco": read_coco, "alphapose": read_alphapose, "mediapipe": read_mediapipe}
FORMATS = ("npz", "store", "openpose", *_JSON)

_SUFFIXES = {".npz": "npz", ".npy": "npz", ".h5": "store", ".hdf5": "store"}


def read_tracks(path: Path, options: ReadOptions) -> list[KeypointTrack]:
    """Read the people in a keypoint file, or in a folder of OpenPose's, by their first frames.

    Keypoints that are not believed (:mod:`lifting.keypoints.confidence`) are missing, and with a warning
    those that nobody can have.

    Raises:
        InputError: If it cannot be read, is in no known format, or contradicts the options.
    """
    name = options.format
    if name is not None and name not in FORMATS:
        raise InputError(f"--format is {name}: choose {', '.join(FORMATS)}.")
    if path.is_dir():
        if name not in (None, "openpose"):
            raise InputError("is a folder", path, f"of format {name} a file is needed.")
        tracks = read_openpose(path, options)
    else:
        tracks = _read_file(existing_file(path), options)
    if not tracks:
        raise InputError("shows nobody", path, "run the detector again.")
    sized = [with_size(_named(track), options.size, path) for track in tracks]
    return plausible_tracks(believed_tracks(sized, options.least_confidence, path), path)


def _named(track: KeypointTrack) -> KeypointTrack:
    """Return a track whose name can be printed and written, whatever the file has."""
    name = "".join(letter if letter.isprintable() else "_" for letter in track.name)
    return track if name == track.name else replace(track, name=name)


def is_store(path: Path, options: ReadOptions) -> bool:
    """Tell whether a path is read as a clip store, which holds more than keypoints."""
    return options.format in (None, "store") and _SUFFIXES.get(path.suffix.lower()) == "store"


def _read_file(path: Path, options: ReadOptions) -> list[KeypointTrack]:
    name = options.format
    by_suffix = _SUFFIXES.get(path.suffix.lower(), "json")
    fits = name in _JSON if by_suffix == "json" else name == by_suffix
    if name is not None and not fits:
        raise InputError(f"is not of format {name}", path, "give another --format or omit it.")
    if by_suffix == "npz":
        if path.suffix.lower() == ".npy":
            return read_arrays(path, {"keypoints": load_npy(path)}, options)
        return read_arrays(path, load_npz(path), options)
    if by_suffix == "store":
        return read_store(path, options)
    if (remedy := lifted_by(path)) is not None:
        raise InputError("is no file of keypoints", path, remedy)
    content = load_json(path)
    tracks: list[KeypointTrack] = _JSON[name or _json_format(path, content)](path, content, options)
    return tracks


def _json_format(path: Path, content: Any) -> str:
    if isinstance(content, dict):
        if "annotations" in content and "images" in content:
            return "coco"
        if isinstance(content.get("frames"), list):
            return "mediapipe"
        if "people" in content:
            raise InputError("is one frame of OpenPose's", path, "give the folder it is in.")
    elif isinstance(content, list) and content:
        people = [entry for entry in content if isinstance(entry, dict) and "image_id" in entry]
        if len(people) == len(content):
            return "alphapose" if any(map(_is_alphapose, people)) else "coco"
        if not people and any(_has_landmarks(frame) for frame in content):
            return "mediapipe"
    raise InputError("its layout is not known", path, f"name it with --format: {', '.join(_JSON)}.")


def _is_alphapose(person: dict[str, Any]) -> bool:
    return isinstance(person["image_id"], str) or "idx" in person or "box" in person


def _has_landmarks(frame: Any) -> bool:
    if isinstance(frame, dict):
        return any("landmark" in key for key in frame)
    if not isinstance(frame, list) or not frame:
        return False
    return len(frame) == len(JOINTS) or _has_landmarks(frame[0])


def with_size(track: KeypointTrack, size: Size | None, path: Path) -> KeypointTrack:
    """Return a track with the size of the images that is said of its file.

    Raises:
        InputError: If the file tells another.
    """
    if size is None or track.size == size:
        return track
    if track.size is not None:
        width, height = track.size
        raise InputError(f"images are {width:g} x {height:g} px", path, "drop --width, --height.")
    return replace(track, size=size)
