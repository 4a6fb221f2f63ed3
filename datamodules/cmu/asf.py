"""Acclaim's ASF and AMC, the files of the CMU motion capture database: a skeleton, and its motion.

https://research.cs.wisc.edu/graphics/Courses/cs-838-1999/Jeff/ASF-AMC.html describes the formats. A bone
turns about the axes of a frame of its own: ``L = C M C^-1``, with ``C`` its axis and ``M`` the motion.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datamodules.cmu.kinematics import euler_matrices, positions_along, rotations_along
from datamodules.cmu.parsing import fault, numbers, read_lines
from lifting.errors import InputError

Array = NDArray[np.float64]
# Number of a line and its words.
Row = tuple[int, list[str]]

MM_PER_INCH = 25.4
ROOT = "root"

_ROOT_CHANNELS = {"TX", "TY", "TZ", "RX", "RY", "RZ"}
_ANGLES = {"deg": math.pi / 180, "rad": 1.0}
_AMC_ANGLES = {":DEGREES": math.pi / 180, ":RADIANS": 1.0}


@dataclass(frozen=True)
class Asf:
    """A skeleton; every parent comes before its children, and the first bone is the root.

    Attributes:
        path: The file.
        names: Of the bones; a bone stands for the joint at its far end.
        parents: Index of each bone's parent; -1 for the root.
        offsets: From the near to the far end of each bone, at rest, millimetres ``(J, 3)``, y up.
        axes: The frame each bone turns about ``(J, 3, 3)``.
        channels: What the motion holds of each bone: those of ``TX TY TZ RX RY RZ``, in its order.
        unit: Millimetres in one of the file's units of length.
    """

    path: Path
    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Array
    axes: Array
    channels: tuple[tuple[str, ...], ...]
    unit: float


def forward_kinematics(skeleton: Asf, motion: Mapping[str, Array]) -> Array:
    """Return the positions of the root and every bone's far end ``(T, J, 3)``, millimetres, y up."""
    frames = len(motion[ROOT])
    local = np.empty((frames, len(skeleton.names), 3, 3))
    for bone, (name, channels) in enumerate(zip(skeleton.names, skeleton.channels, strict=True)):
        turns = [i for i, channel in enumerate(channels) if channel[0] == "R"]
        values = motion[name][:, turns] if channels else np.empty((frames, 0))
        # What is listed first turns first, about axes that stand still.
        axes = "".join(channels[i][1] for i in turns)[::-1]
        turn = euler_matrices(np.ascontiguousarray(values[:, ::-1]), axes)
        local[:, bone] = skeleton.axes[bone] @ turn @ skeleton.axes[bone].T
    rotations = rotations_along(skeleton.parents, local)
    steps = np.einsum("tjab,jb->tja", rotations, skeleton.offsets)
    for i, channel in enumerate(skeleton.channels[0]):
        if channel[0] == "T":
            steps[:, 0, "XYZ".index(channel[1])] += skeleton.unit * motion[ROOT][:, i]
    return positions_along(skeleton.parents, steps)


def read_amc(path: Path, skeleton: Asf) -> dict[str, Array]:
    """Read a motion of a skeleton: values ``(T, C)`` by bone, angles in radians.

    Raises:
        InputError: If the file is missing, cut off, of another skeleton, or not as the format says.
    """
    expected = {n: len(c) for n, c in zip(skeleton.names, skeleton.channels, strict=True) if c}
    values: dict[str, list[list[float]]] = {name: [] for name in expected}
    scale, frame, number = math.pi / 180, 0, 0
    for line, text in enumerate(read_lines(path), start=1):
        words = text.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0].startswith(":"):
            scale = _AMC_ANGLES.get(words[0].upper(), scale)
        elif len(words) == 1 and words[0].isdigit():
            _check_frame(values, frame, path, line, number)
            if frame and int(words[0]) != number + 1:
                raise fault(path, line, f"frame {words[0]} follows frame {number}")
            frame, number = frame + 1, int(words[0])
        elif words[0] not in expected:
            remedy = f"is {skeleton.path.name} the skeleton of the same subject"
            raise fault(path, line, f"'{words[0]}' is no bone that moves in the skeleton", remedy)
        elif len(values[words[0]]) != frame - 1:
            raise fault(path, line, f"'{words[0]}' is given twice in a frame, or before the first")
        else:
            what = f"'{words[0]}'"
            values[words[0]].append(numbers(words[1:], expected[words[0]], path, line, what))
    if not frame:
        raise InputError("no frame in it, cut off or no AMC file", path, "get the file again.")
    _check_frame(values, frame, path, line, number)
    motion = {name: np.array(rows) for name, rows in values.items()}
    for name, channels in zip(skeleton.names, skeleton.channels, strict=True):
        for i, channel in enumerate(channels):
            if channel[0] == "R":
                motion[name][:, i] *= scale
    return motion


def _check_frame(
    values: dict[str, list[list[float]]], frame: int, path: Path, line: int, number: int
) -> None:
    for name, rows in values.items():
        if len(rows) != frame:
            raise fault(path, line, f"frame {number} ends without '{name}'", "the file is cut off")


def read_asf(path: Path) -> Asf:
    """Read a skeleton.

    Raises:
        InputError: If the file is missing, cut off, or not as the format says; it names the line.
    """
    sections = _sections(path)
    for name in ("units", "root", "bonedata", "hierarchy"):
        if name not in sections:
            raise InputError(f"no ':{name}', cut off or no ASF file", path, "get the file again.")
    units = {words[0]: (line, words[1:]) for line, words in sections["units"]}
    angle = " ".join(units.get("angle", (0, ["deg"]))[1])
    if angle not in _ANGLES:
        raise fault(path, units["angle"][0], f"'{angle}' is no unit of angles", "give deg or rad")
    line, words = units.get("length", (0, ["1"]))
    (length,) = numbers(words, 1, path, line, "length")
    if length <= 0:
        raise fault(path, line, f"the unit of length is {length:g}", "give a positive number")
    unit = MM_PER_INCH / length
    channels = {ROOT: _root_channels(path, sections["root"])}
    offsets, axes = {ROOT: np.zeros(3)}, {ROOT: np.eye(3)}
    for line, bone in _bones(path, sections["bonedata"]):
        name = " ".join(_entry(bone, "name", path, line)[1])
        if name in offsets:
            raise fault(path, line, f"bone '{name}' is given twice")
        offsets[name] = unit * _offset(bone, path, line)
        axes[name] = _axis(bone, path, line, _ANGLES[angle])
        channels[name] = _dof(bone, path)
    order = _hierarchy(path, sections["hierarchy"], set(offsets))
    names = tuple(order)
    return Asf(
        path=path,
        names=names,
        parents=tuple(-1 if parent is None else names.index(parent) for parent in order.values()),
        offsets=np.stack([offsets[name] for name in names]),
        axes=np.stack([axes[name] for name in names]),
        channels=tuple(channels[name] for name in names),
        unit=unit,
    )


def _sections(path: Path) -> dict[str, list[Row]]:
    sections: dict[str, list[Row]] = {}
    rows: list[Row] = []
    for line, text in enumerate(read_lines(path), start=1):
        words = text.split("#")[0].split()
        if words and words[0].startswith(":"):
            rows = sections.setdefault(words[0][1:].lower(), [])
        elif words:
            rows.append((line, words))
    return sections


def _entry(entries: Mapping[str, Row], name: str, path: Path, line: int) -> Row:
    if name not in entries:
        raise fault(path, line, f"what begins here has no '{name}'")
    return entries[name]


def _root_channels(path: Path, rows: list[Row]) -> tuple[str, ...]:
    entries = {words[0]: (line, words[1:]) for line, words in rows}
    line, order = _entry(entries, "order", path, rows[0][0] if rows else 1)
    order = [word.upper() for word in order]
    if set(order) != _ROOT_CHANNELS or len(order) != len(_ROOT_CHANNELS):
        raise fault(path, line, f"the order of the root is {' '.join(order)}, not of six channels")
    for name in ("position", "orientation"):
        line, words = entries.get(name, (line, ["0", "0", "0"]))
        if any(numbers(words, 3, path, line, name)):
            raise fault(path, line, f"the {name} of the root is not zero", "set it to 0")
    return tuple(order)


def _bones(path: Path, rows: list[Row]) -> list[tuple[int, dict[str, Row]]]:
    """Return the entries of each bone by their first word, and the line it begins at."""
    bones: list[tuple[int, dict[str, Row]]] = []
    inside = False
    for line, words in rows:
        if words[0] in ("begin", "end"):
            if inside == (words[0] == "begin"):
                raise fault(path, line, f"'{words[0]}' stands where it may not")
            inside = not inside
            if inside:
                bones.append((line, {}))
        elif not inside:
            raise fault(path, line, f"'{words[0]}' stands between two bones")
        else:
            bones[-1][1][words[0]] = line, words[1:]
    if inside or not bones:
        line = rows[-1][0] if rows else 1
        raise fault(path, line, "the bones end without 'end'", "the file is cut off")
    return bones


def _offset(bone: Mapping[str, Row], path: Path, line: int) -> Array:
    row, words = _entry(bone, "direction", path, line)
    direction = np.array(numbers(words, 3, path, row, "direction"))
    row, words = _entry(bone, "length", path, line)
    (length,) = numbers(words, 1, path, row, "length")
    return direction * length


def _axis(bone: Mapping[str, Row], path: Path, line: int, scale: float) -> Array:
    line, words = _entry(bone, "axis", path, line)
    order = words[-1].upper() if words else ""
    if sorted(order) != ["X", "Y", "Z"]:
        raise fault(path, line, f"the order of the axes is '{order}', not of X, Y and Z")
    angles = np.array([numbers(words[:-1], 3, path, line, "axis")]) * scale
    return euler_matrices(np.ascontiguousarray(angles[:, ::-1]), order[::-1])[0]


def _dof(bone: Mapping[str, Row], path: Path) -> tuple[str, ...]:
    line, words = bone.get("dof", (0, []))
    channels = tuple(word.upper() for word in words)
    if len(set(channels)) != len(channels) or not set(channels) <= {"RX", "RY", "RZ"}:
        raise fault(path, line, f"dof is {' '.join(words)}", "give rx, ry and rz once")
    return channels


def _hierarchy(path: Path, rows: list[Row], known: set[str]) -> dict[str, str | None]:
    """Return the parent of every bone, parents first."""
    children: dict[str, list[str]] = {}
    named = {ROOT}
    line = 1
    for line, words in rows:
        if words in (["begin"], ["end"]):
            continue
        for word in words:
            if word not in known:
                raise fault(path, line, f"'{word}' is no bone of ':bonedata'")
        if again := named & set(words[1:]):
            raise fault(path, line, f"'{min(again)}' has two parents")
        named |= set(words[1:])
        children.setdefault(words[0], []).extend(words[1:])
    order: dict[str, str | None] = {ROOT: None}
    queue = [ROOT]
    while queue:
        parent = queue.pop()
        order |= dict.fromkeys(children.get(parent, ()), parent)
        queue += children.get(parent, ())
    if loose := known - set(order):
        raise fault(path, line, f"'{min(loose)}' hangs on no other bone", "the file is cut off")
    return order
