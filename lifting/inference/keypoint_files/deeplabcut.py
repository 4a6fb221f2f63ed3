"""Reader of DeepLabCut's csv and h5 files, by the names of the joints.

A heading of ``scorer``, perhaps ``individuals``, ``bodyparts`` and ``coords`` (x, y, likelihood), and a
row a frame. The h5 file holds the same as a table of pandas: the rows in ``table``, the heading in an
attribute of its group, pickled.
"""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from lifting.containers.damage import taking_apart
from lifting.containers.hdf5_files import HDF5_ERRORS, attribute, check_layout, has, open_hdf5
from lifting.containers.pickles import unpickle
from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_files.content import HDF5, Content
from lifting.inference.keypoint_files.joint_names import match_joints, take_joints
from lifting.inference.keypoint_files.track import Array, KeypointTrack, track_from_points
from lifting.inference.options import ReadOptions
from lifting.keypoints.confidence import confidence_of

_KEYS = ("df_with_missing", "tracks", "df")
_AXES = ("x", "y", "likelihood")


def recognises(content: Content) -> bool:
    """Tell whether something is DeepLabCut's."""
    if content.container == HDF5:
        # SLEAP has tracks too.
        return any(key in content.data for key in _KEYS) and "node_names" not in content.data
    return isinstance(content.data, str) and content.data.startswith("scorer,")


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read everyone in a file, by name; who has no joints of a person is left out.

    Raises:
        InputError: If it is not in that format, or nobody in it is a person.
    """
    path = content.path
    reader = _h5 if content.container == HDF5 else _csv
    heading, numbers, values = reader(content)
    if values.shape[1] != len(heading) or any(len(column) not in (3, 4) for column in heading):
        raise InputError("its heading does not fit its columns", path, "write it again.")
    people: dict[str, dict[str, dict[str, Array]]] = {}
    for column, series in zip(heading, values.T, strict=True):
        who = column[1] if len(column) == 4 else "person"
        people.setdefault(who, {}).setdefault(column[-2], {})[column[-1]] = series
    tracks, fault = [], None
    for who, parts in people.items():
        try:
            joints, places = match_joints(list(parts), path)
        except InputError as error:
            fault = error
            continue
        points = take_joints(_points(parts, path), places)
        if options.skeleton not in (None, joints):
            raise InputError(
                f"names joints of {joints}", path, Phrase("drop {}.", Option("skeleton"))
            )
        tracks.append(track_from_points(who, points, numbers, joints, options.size))
    if not tracks and fault is not None:
        raise fault
    return [track for track in tracks if track.seen.any()]


def _points(parts: dict[str, dict[str, Array]], path: Path) -> Array:
    try:
        points = np.stack(
            [np.stack([part[axis] for axis in _AXES], -1) for part in parts.values()], 1
        )
    except KeyError as error:
        what = f"has joints without {error}"
        raise InputError(what, path, "give the analysis of a video, not its labels.") from error
    missing = ~np.isfinite(points).all(-1)
    points[..., 2] = confidence_of(points[..., 2], path)
    points[missing] = np.nan
    return points


def _csv(content: Content) -> tuple[list[tuple[str, ...]], Any, Array]:
    rows = [row for row in csv.reader(io.StringIO(content.data)) if row]
    depth = next((i + 1 for i, row in enumerate(rows[:4]) if row[0] == "coords"), 0)
    if not depth:
        raise InputError("has no row of 'coords'", content.path, "is it DeepLabCut's?")
    heading = list(zip(*(row[1:] for row in rows[:depth]), strict=False))
    try:
        numbers = np.array([int(float(row[0])) for row in rows[depth:]], np.int64)
        cells = [[float(x) if x.strip() else np.nan for x in row[1:]] for row in rows[depth:]]
        values = np.array(cells, np.float64).reshape(len(cells), -1)
    except (ValueError, OverflowError) as error:
        what = "is no table of numbers with one frame a row"
        raise InputError(what, content.path, "give the analysis of a video.") from error
    if not len(numbers) or (np.diff(numbers) <= 0).any():
        raise InputError("its frames are not numbered in order", content.path, "write it again.")
    return heading, numbers, values


def _h5(content: Content) -> tuple[list[tuple[str, ...]], Any, Array]:
    path = content.path
    key = next((key for key in _KEYS if key in content.data), _KEYS[0])
    name, what = f"{key}/table", "is no table of frames as DeepLabCut writes it"
    remedy = "give the csv of the same analysis."
    with open_hdf5(path) as file:
        heading = attribute(file[key], "non_index_axes") if has(file, key) else None
        if heading is None or not has(file, name):
            raise InputError(what, path, remedy)
        axes = unpickle(bytes(heading), path)
        try:
            table = file[name]
            check_layout(table.id, path, name)
            numbers, values = table.fields("index")[()], table.fields("values_block_0")[()]
        except HDF5_ERRORS as error:
            raise InputError(what, path, remedy) from error
    with taking_apart(path, what, remedy):
        columns = [tuple(map(str, column)) for column in axes[0][1]]
        return (
            columns,
            numbers.astype(np.int64),
            values.astype(np.float64).reshape(len(numbers), -1),
        )
