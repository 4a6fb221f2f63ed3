"""Writers of poses and joint angles as CSV: a row per person and frame, a column per number."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy import ndarray

from lifting.export.motion import Motion
from lifting.skeletons.joint_angles import angle_names, joint_angles

_FIRST = ("person", "frame", "time")


def pose_csv(people: Sequence[Motion]) -> str:
    """Return the positions of everyone's joints, metres, as the text of a CSV file.

    After ``person``, ``frame`` and ``time`` (seconds; empty where the frames per second are not known)
    each joint has ``<joint>_x``, ``_y`` and ``_z``, with the axes of :attr:`Motion.positions`, and
    ``_known``, 1 where it rests on a keypoint that was seen and 0 where not. What is not known is empty.
    """
    names = [f"{joint}_{end}" for joint in people[0].joints for end in ("x", "y", "z", "known")]

    def rows(motion: Motion) -> ndarray:
        known = motion.known[..., None].astype(np.float64)
        return np.concatenate([motion.positions, known], -1).reshape(len(motion.frames), -1)

    return _table(names, [(motion, rows(motion)) for motion in people], _metres_or_flag)


def angle_csv(people: Sequence[Motion]) -> str:
    """Return everyone's joint angles, degrees, as the text of a CSV file.

    After ``person``, ``frame`` and ``time`` come those of :func:`lifting.skeletons.joint_angles`; what
    is not defined in a pose is empty.
    """
    names = angle_names(people[0].skeleton)
    pairs = [(motion, joint_angles(motion.pose, motion.skeleton)) for motion in people]
    return _table(names, pairs, lambda value: f"{value:.3f}")


def _metres_or_flag(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _table(
    names: Iterable[str],
    people: Iterable[tuple[Motion, ndarray]],
    shown: Callable[[float], str],
) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*_FIRST, *names])
    for motion, values in people:
        for frame, second, row in zip(motion.frames, motion.seconds, values, strict=True):
            time = f"{second:.6f}" if np.isfinite(second) else ""
            cells = [shown(value) if np.isfinite(value) else "" for value in row]
            writer.writerow([motion.name, frame, time, *cells])
    return stream.getvalue()
