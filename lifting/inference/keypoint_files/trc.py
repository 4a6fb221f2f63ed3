"""Reader of TRC files of keypoints in pixels, as Sports2D and Pose2Sim write them (``*_px_*.trc``).

Five lines of heading (``PathFileType``; names and values of ``DataRate``, ``NumFrames``, ``NumMarkers``,
``Units`` ...; names of the markers; axes), then a row a frame: its number, the time, and x, y, z of each
marker, separated by tabs. Of pixels z is 0, y points down, and the unit says m nevertheless; what is
missing is empty, NaN, or at (0, 0). Confidences are not in it.
"""

import re
from pathlib import Path

import numpy as np

from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_files.content import Content
from lifting.inference.keypoint_files.joint_names import match_joints, take_joints
from lifting.inference.keypoint_files.track import Array, KeypointTrack, track_from_points
from lifting.inference.options import ReadOptions
from lifting.keypoints.validation import SMALLEST_IMAGE

_HEADING = 5


def recognises(content: Content) -> bool:
    """Tell whether a text is a TRC file."""
    return isinstance(content.data, str) and content.data.startswith("PathFileType")


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read the person of a file, in the joint set that its names are of.

    Raises:
        InputError: If it is no TRC file, its names are not those of a person, or it is not in pixels.
    """
    path = content.path
    lines = content.data.splitlines()
    if len(lines) <= _HEADING:
        raise InputError("holds no frames", path, "write it again.")
    values = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    names = [name.strip() for name in lines[3].split("\t")[2::3] if name.strip()]
    rows = [line.split("\t") for line in lines[_HEADING:] if line.strip()]
    numbers, points = _table(path, rows, len(names))
    seen = np.isfinite(points[..., :2]).all(-1) & (points[..., :2] != 0).any(-1)
    depth = points[..., 2][seen]
    if np.abs(depth[np.isfinite(depth)]).max(initial=0.0) > 0:
        what = "holds markers in 3D"
        raise InputError(what, path, "give keypoints in pixels, as Sports2D's *_px_person00.trc.")
    if np.abs(points[..., :2][seen]).max(initial=0.0) < SMALLEST_IMAGE:
        what = "is not in pixels, but in metres or shares of the image"
        raise InputError(what, path, "give keypoints in pixels, as Sports2D's *_px_person00.trc.")
    points[..., 2] = np.where(seen, 1.0, np.nan)
    joints, places = match_joints(names, path)
    if options.skeleton not in (None, joints):
        raise InputError(f"names joints of {joints}", path, Phrase("drop {}.", Option("skeleton")))
    points = take_joints(points, places)
    who = re.search(r"person_?(\d+)", path.stem)
    name = f"person{int(who[1])}" if who else "person"
    return [track_from_points(name, points, numbers, joints, options.size, _fps(values))]


def _table(path: Path, rows: list[list[str]], markers: int) -> tuple[np.ndarray, Array]:
    """Return the numbers of the frames, and x, y, z of the markers ``(T, N, 3)``."""
    width = 2 + 3 * markers
    try:
        # Cells that are empty at the end of a row may have been cut off with it.
        full = [(row + [""] * width)[:width] for row in rows]
        cells = np.array([[float(x) if x.strip() else np.nan for x in row] for row in full])
    except ValueError as error:
        raise InputError("is no table of numbers", path, "write it again.") from error
    numbers = cells[:, 0]
    if not (np.isfinite(numbers).all() and (np.diff(numbers) > 0).all() and markers):
        raise InputError("its frames are not numbered in order", path, "write it again.")
    return numbers.astype(np.int64), cells[:, 2:].reshape(len(cells), markers, 3)


def _fps(values: dict[str, str]) -> float | None:
    try:
        rate = float(values.get("DataRate", ""))
    except ValueError:
        return None
    return rate if 0 < rate < np.inf else None
