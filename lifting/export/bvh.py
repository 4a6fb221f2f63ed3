"""Writer of poses as BVH, which animation programs read: a hierarchy of joints and its motion.

https://research.cs.wisc.edu/graphics/Courses/cs-838-1999/Jeff/BVH.html describes the format. Lengths are
centimetres and y points up, as is usual; someone in the rest pose stands in a T and looks along +z, at
the camera of the poses. Joints say where bones point, not how they are twisted: every rotation is the
smallest that brings a bone into its direction.
"""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.spatial.transform import Rotation

from lifting.errors import InputError
from lifting.files import beside
from lifting.skeletons import Skeleton, skeleton
from lifting.skeletons.rotations import best_rotation, swing
from lifting.skeletons.t_pose import t_pose

Bones = Literal["median", "as_lifted"]

_POSITION = ("Xposition", "Yposition", "Zposition")
_ROTATION = ("Zrotation", "Xrotation", "Yrotation")
_ORDER = "".join(name[0] for name in _ROTATION)
# Camera frame (x right, y down, z away; millimetres) to BVH (x right, y up, z near; centimetres).
_FROM_CAMERA = np.array([0.1, -0.1, -0.1])
# The end of a limb is as far from its last joint as this fraction of its last bone.
_END = 0.25


@dataclass(frozen=True)
class _Node:
    """A joint of the file: its rest position and its motion, in the frame of the node above it."""

    name: str
    above: int
    offset: ndarray
    rotation: ndarray
    position: ndarray | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        return _ROTATION if self.position is None else _POSITION + _ROTATION

    @property
    def values(self) -> ndarray:
        with warnings.catch_warnings():
            # Of a locked gimbal, whose angles are right all the same.
            warnings.simplefilter("ignore", UserWarning)
            turns = Rotation.from_matrix(self.rotation).as_euler(_ORDER, degrees=True)
        # Without jumps from 180 to -180, between which a program would let the joint spin.
        turns = np.unwrap(turns, period=360, axis=0)
        return turns if self.position is None else np.concatenate([self.position, turns], 1)


def write_bvh(
    path: Path,
    poses: Float[ndarray, "T J 3"],
    skeleton: str,
    fps: float | None,
    trajectory: Float[ndarray, "T 3"] | None = None,
    bones: Bones = "median",
) -> None:
    """Write poses as a BVH file; see :func:`bvh_text`.

    Raises:
        InputError: If the poses cannot be written as BVH, or nothing can be written there.
    """
    text = bvh_text(poses, skeleton, fps, trajectory, bones)
    with beside(path) as partial:
        partial.write_text(text, encoding="ascii")


def bvh_text(
    poses: Float[ndarray, "T J 3"],
    skeleton: str,
    fps: float | None,
    trajectory: Float[ndarray, "T 3"] | None = None,
    bones: Bones = "median",
) -> str:
    """Return poses as the text of a BVH file.

    Where several bones part, the joint has the rotation that fits all of them best (least squares).
    Bones of constant length then hang from a node each, ``to_<joint>``, that turns them the rest of the
    way: every bone points as it was lifted.

    Args:
        poses: Camera frame, millimetres.
        skeleton: Joint set of the poses.
        fps: Frames per second.
        trajectory: Position of the root, added to the poses; without it, the person stays in place.
        bones: ``median``: every bone is as long as it is in the median. ``as_lifted``: every joint stays
            where it is, by position channels of its own, which not every program reads.

    Raises:
        InputError: If a pose is not known, or the arguments do not go together.
    """
    joints, moved, rate = _checked(poses, skeleton, fps, trajectory, bones)
    positions = moved * _FROM_CAMERA
    nodes = _nodes(positions, joints, _offsets(positions, joints), bones == "as_lifted")
    motion = io.StringIO()
    np.savetxt(motion, np.concatenate([node.values for node in nodes], 1), fmt="%.5f")
    lines = ["HIERARCHY", *_hierarchy(nodes, 0), "MOTION", f"Frames: {len(positions)}"]
    lines += [f"Frame Time: {1 / rate:.8f}", motion.getvalue()]
    return "\n".join(lines)


def _checked(
    poses: ndarray, name: str, fps: float | None, trajectory: ndarray | None, bones: str
) -> tuple[Skeleton, ndarray, float]:
    """Return the joint set, the poses moved along the trajectory, and the frames per second."""
    joints = skeleton(name)
    if bones not in get_args(Bones):
        raise InputError(f"bones is '{bones}': choose {' or '.join(get_args(Bones))}.")
    if fps is None or not 0 < fps < np.inf:
        raise InputError(f"BVH holds frames per second, and fps is {fps}: give them.")
    if poses.shape != (len(poses), len(joints), 3) or not len(poses):
        remedy = f"give frames of the {len(joints)} joints of '{name}', three coordinates each."
        raise InputError(f"poses have the shape {poses.shape}", remedy=remedy)
    if trajectory is not None and trajectory.shape != (len(poses), 3):
        remedy = f"give three coordinates for each of the {len(poses)} poses."
        raise InputError(f"trajectory has the shape {trajectory.shape}", remedy=remedy)
    moved = poses.astype(np.float64)
    if trajectory is not None:
        moved = moved + trajectory[:, None]
    lost = ~np.isfinite(moved).all(-1)
    if lost.any():
        frames, missing = (np.unique(where) for where in np.nonzero(lost))
        examples = ", ".join(map(str, frames[:5])) + (", …" if len(frames) > 5 else "")
        names = ", ".join(joints.joints[index] for index in missing)
        who = "every joint" if len(missing) == len(joints) else names
        of_all = f"{len(frames)} of {len(poses)} frames ({examples}), and BVH has no gaps"
        remedy = "fill these in, or leave the frames out."
        raise InputError(f"Where {who} is, is not known in {of_all}", remedy=remedy)
    return joints, moved, float(fps)


def _offsets(positions: ndarray, joints: Skeleton) -> ndarray:
    """Return the T-pose of someone with the median bones: each joint in the frame of its parent."""
    rest, offsets = t_pose(joints), np.zeros((len(joints), 3))
    for parent, child in joints.bones:
        direction = rest[child] - rest[parent]
        length = np.median(np.linalg.norm(positions[:, child] - positions[:, parent], axis=-1))
        offsets[child] = direction / np.linalg.norm(direction) * length
    return offsets


def _nodes(positions: ndarray, joints: Skeleton, offsets: ndarray, as_lifted: bool) -> list[_Node]:
    """Return the nodes of the file, each after the one above it and before its branches' siblings."""
    nodes: list[_Node] = []

    def add(node: _Node) -> int:
        nodes.append(node)
        return len(nodes) - 1

    def follow(joint: int, above: int, world: ndarray, origin: ndarray) -> None:
        """Add a joint and what hangs from it; ``world`` turns with the node above, at ``origin``."""
        children = [c for p, c in joints.bones if p == joint]
        steps = positions[:, children] - positions[:, [joint]]
        rotation = np.tile(np.eye(3), (len(positions), 1, 1))
        if len(children) == 1:
            rotation = swing(offsets[children[0]], (steps @ world)[:, 0])
        elif children:
            rotation = best_rotation(offsets[children], steps @ world)
        position = None
        if as_lifted or above < 0:
            position = ((positions[:, joint] - origin)[:, None] @ world)[:, 0]
        here = add(_Node(joints.joints[joint], above, offsets[joint], rotation, position))
        turned = world @ rotation
        for child, step in zip(children, (steps @ turned).swapaxes(0, 1), strict=True):
            branch = here, turned
            if len(children) > 1 and not as_lifted:
                rest = swing(offsets[child], step)
                name = f"to_{joints.joints[child]}"
                branch = add(_Node(name, here, np.zeros(3), rest)), turned @ rest
            follow(child, *branch, positions[:, joint])

    still = np.tile(np.eye(3), (len(positions), 1, 1))
    follow(joints.root, -1, still, np.zeros_like(positions[:, 0]))
    return nodes


def _hierarchy(nodes: Sequence[_Node], index: int, depth: int = 0) -> list[str]:
    """Return the lines of a node and of all below it."""
    node, tab, inner = nodes[index], "\t" * depth, "\t" * (depth + 1)
    lines = [f"{tab}{'JOINT' if depth else 'ROOT'} {node.name}", f"{tab}{{"]
    lines += [f"{inner}OFFSET {_numbers(node.offset)}"]
    lines += [f"{inner}CHANNELS {len(node.channels)} {' '.join(node.channels)}"]
    below = [i for i, other in enumerate(nodes) if other.above == index]
    for other in below:
        lines += _hierarchy(nodes, other, depth + 1)
    if not below:
        end = f"OFFSET {_numbers(_END * node.offset)}"
        lines += [f"{inner}End Site", f"{inner}{{", f"{inner}\t{end}", f"{inner}}}"]
    return [*lines, f"{tab}}}"]


def _numbers(values: ndarray) -> str:
    return " ".join(f"{value:.5f}" for value in values)
