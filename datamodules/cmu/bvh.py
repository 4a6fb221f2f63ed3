"""BVH: hierarchy, channels in any order, and forward kinematics.

https://research.cs.wisc.edu/graphics/Courses/cs-838-1999/Jeff/BVH.html describes the format.
Lengths stay in the unit of the file, which BVH does not tell; so do axes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datamodules.cmu.kinematics import euler_matrices, positions_along, rotations_along
from datamodules.cmu.parsing import fault, numbers, read_lines
from lifting.errors import InputError

Array = NDArray[np.float64]

POSITIONS = ("Xposition", "Yposition", "Zposition")
ROTATIONS = ("Xrotation", "Yrotation", "Zrotation")

_CHANNELS = {name.upper(): name for name in POSITIONS + ROTATIONS}


@dataclass(frozen=True)
class Bvh:
    """The content of a BVH file; every parent comes before its children.

    Attributes:
        names: Of the joints, root first; an End Site is called ``<parent> end``.
        parents: Index of each joint's parent; -1 for the root.
        offsets: Position of each joint in the frame of its parent ``(J, 3)``.
        channels: Of each joint, in the order of the file; an End Site has none.
        frame_time: Seconds.
        motion: Values of the channels ``(T, C)``; angles in degrees.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Array
    channels: tuple[tuple[str, ...], ...]
    frame_time: float
    motion: Array

    def index(self, name: str) -> int:
        """Return the index of a joint.

        Raises:
            ValueError: If there is none of that name.
        """
        return self.names.index(name)

    def columns(self, joint: int) -> slice:
        """Return which columns of the motion are a joint's channels."""
        start = sum(len(channels) for channels in self.channels[:joint])
        return slice(start, start + len(self.channels[joint]))

    def values(self, joint: int) -> Array:
        """Return the columns of a joint's channels ``(T, C)``."""
        return self.motion[:, self.columns(joint)]


def forward_kinematics(bvh: Bvh) -> tuple[Array, Array]:
    """Return the positions ``(T, J, 3)`` and rotations ``(T, J, 3, 3)`` of all joints in the world.

    The channels' rotations are applied in the order of the file, each about an axis of the frame that
    those before it have turned. Position channels add to the offset of the root, as the format says; for
    another joint, which the format leaves open, they replace it, as in the programs that write them.
    """
    frames, joints = len(bvh.motion), len(bvh.names)
    local = np.empty((frames, joints, 3, 3))
    steps = np.tile(bvh.offsets, (frames, 1, 1))
    for joint, channels in enumerate(bvh.channels):
        values = bvh.values(joint)
        turns = [i for i, name in enumerate(channels) if name in ROTATIONS]
        axes = "".join(channels[i][0] for i in turns)
        local[:, joint] = euler_matrices(np.radians(values[:, turns]), axes)
        for i, name in enumerate(channels):
            if name in POSITIONS:
                kept = bvh.offsets[joint, POSITIONS.index(name)] if joint == 0 else 0.0
                steps[:, joint, POSITIONS.index(name)] = kept + values[:, i]
    rotations = rotations_along(bvh.parents, local)
    for joint, parent in enumerate(bvh.parents[1:], start=1):
        steps[:, joint] = np.einsum("tij,tj->ti", rotations[:, parent], steps[:, joint])
    return positions_along(bvh.parents, steps), rotations


def read_bvh(path: Path) -> Bvh:
    """Read a BVH file.

    Raises:
        InputError: If the file is missing, cut off, or not as the format says; it names the line.
    """
    lines = read_lines(path)
    starts = [i for i, line in enumerate(lines) if line.strip().upper() == "MOTION"]
    if not starts:
        raise InputError("no line 'MOTION', cut off or no BVH file", path, "get the file again.")
    hierarchy = _Hierarchy(path, lines[: starts[0]])
    frame_time, motion = _read_motion(
        path, lines, starts[0] + 1, sum(len(c) for c in hierarchy.channels)
    )
    return Bvh(
        names=tuple(hierarchy.names),
        parents=tuple(hierarchy.parents),
        offsets=np.array(hierarchy.offsets),
        channels=tuple(hierarchy.channels),
        frame_time=frame_time,
        motion=motion,
    )


class _Hierarchy:
    """The joints of a file, read word by word: some files break lines where others do not."""

    def __init__(self, path: Path, lines: list[str]) -> None:
        self.path = path
        self.names: list[str] = []
        self.parents: list[int] = []
        self.offsets: list[list[float] | None] = []
        self.channels: list[tuple[str, ...]] = []
        self._words = self._split(lines)
        self._line = 1
        self._open: list[int] = []
        if self._take("HIERARCHY").upper() != "HIERARCHY":
            raise self._fault("'HIERARCHY' is missing", "is it a BVH file")
        self._read_joint(self._take("ROOT"))
        while self._open:
            self._read_joint(self._take("'}'"))
        for word in self._words:
            raise self._fault(
                f"'{word}' follows the end of the root, one skeleton per file is read",
                "part the file",
            )

    def _split(self, lines: list[str]) -> Iterator[str]:
        for self._line, line in enumerate(lines, start=1):
            yield from line.split()

    def _fault(self, what: str, remedy: str = "get the file again") -> InputError:
        return fault(self.path, self._line, what, remedy)

    def _take(self, expected: str) -> str:
        word = next(self._words, None)
        if word is None:
            raise self._fault(f"the hierarchy ends where {expected} should follow")
        return word

    def _take_numbers(self, count: int, what: str) -> list[float]:
        words = [self._take(what) for _ in range(count)]
        return numbers(words, count, self.path, self._line, what)

    def _read_joint(self, word: str) -> None:
        """Read what one word begins: a joint, its end, or something about the one that is open."""
        kind = word.upper()
        if kind in ("ROOT", "JOINT", "END"):
            self._begin(kind)
        elif not self._open:
            raise self._fault(f"'{word}' stands where ROOT should", "is it a BVH file")
        elif kind == "}":
            if self.offsets[self._open.pop()] is None:
                raise self._fault("a joint ends that has no OFFSET")
        elif kind == "OFFSET":
            self.offsets[self._open[-1]] = self._take_numbers(3, "OFFSET")
        elif kind == "CHANNELS":
            self._read_channels()
        else:
            raise self._fault(f"'{word}' is no word of the format")

    def _begin(self, kind: str) -> None:
        if (kind == "ROOT") == bool(self._open):
            raise self._fault(f"{kind} stands where it may not")
        words = []
        while (word := self._take("'{'")) != "{":
            words.append(word)
        parent = self._open[-1] if self._open else -1
        name = f"{self.names[parent]} end" if kind == "END" else " ".join(words)
        if not name or name in self.names:
            raise self._fault(
                f"a joint has the name '{name}', which is empty or taken", "rename it"
            )
        self._open.append(len(self.names))
        self.names.append(name)
        self.parents.append(parent)
        self.offsets.append(None)
        self.channels.append(())

    def _read_channels(self) -> None:
        joint, what = self._open[-1], f"CHANNELS of '{self.names[self._open[-1]]}'"
        (count,) = self._take_numbers(1, what)
        if count not in range(7):
            raise self._fault(f"{what} are {count:g}, where none to six are expected")
        words = [self._take("a channel").upper() for _ in range(int(count))]
        if len(set(words)) != len(words) or any(word not in _CHANNELS for word in words):
            raise self._fault(f"{what} are {' '.join(words)}, unknown or given twice")
        self.channels[joint] = tuple(_CHANNELS[word] for word in words)


def _read_motion(path: Path, lines: list[str], start: int, channels: int) -> tuple[float, Array]:
    rows = [(i, line.split()) for i, line in enumerate(lines[start:], start + 1) if line.strip()]
    head = [row for _, row in rows[:2]]
    if [[word.upper() for word in row[:-1]] for row in head] != [["FRAMES:"], ["FRAME", "TIME:"]]:
        raise fault(path, start, "no 'Frames:' and 'Frame Time:' follow MOTION")
    ((count,), (frame_time,)) = (
        numbers(row[-1:], 1, path, line, " ".join(row[:-1])) for line, row in rows[:2]
    )
    if count < 1 or frame_time <= 0:
        raise fault(path, rows[0][0], f"{count:g} frames of {frame_time:g} s are no motion")
    words = [word for _, row in rows[2:] for word in row]
    if len(rows) - 2 != count and 0 < len(words) == count * channels:
        # Some programs break long lines.
        last, steps = rows[-1][0], range(0, len(words), channels)
        rows[2:] = [(last, words[step : step + channels]) for step in steps]
    if len(rows) - 2 != count:
        raise fault(
            path,
            rows[-1][0],
            f"{len(rows) - 2} frames are there, where 'Frames:' says {count:g}",
            "the file is cut off or damaged, get it again",
        )
    motion = [numbers(row, channels, path, line, "the frame") for line, row in rows[2:]]
    return frame_time, np.array(motion).reshape(len(motion), channels)
