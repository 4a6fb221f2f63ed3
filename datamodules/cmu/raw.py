"""Trials of the CMU motion capture database as poses of ``h36m17``: from ASF and AMC, BVH, or an npz.

The world has z up, millimetres. The joints are those nearest to Human3.6M's: the pelvis is the middle of
the hips (the database's root lies 10 cm above), a wrist the far end of the bone ``lwrist`` or ``rwrist``
(``lradius`` ends two thirds down the forearm), ``spine``, ``thorax`` and ``face`` are ends of the lower
back, the thorax and the upper neck.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datamodules.cmu import asf as cmu_asf
from datamodules.cmu import bvh
from datamodules.cmu.joint_definitions import has_earlier_joints, mend, with_pelvis, with_wrists
from datamodules.safe_load import load_npz
from datamodules.store.videopose3d import read_poses
from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError
from lifting.skeletons import Skeleton, skeleton

Array = NDArray[np.float64]

JOINTS = "h36m17"

# Neither file tells its unit, except ASF; it is the same for the whole database.
MM_PER_UNIT = cmu_asf.MM_PER_INCH / 0.45

# AMC does not tell its frame rate.
AMC_FPS = 120.0

_UP = "Yposition"
_TRIAL = re.compile(r"(\d+)_(\d+)")
_SUBJECT = re.compile(r"S\d+")


def _by_limb(leg: tuple[str, ...], arm: tuple[str, ...], sides: tuple[str, str]) -> dict[str, str]:
    """Return names of the joints of legs and arms, from patterns with the side left open."""
    parts = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
    return {
        f"{side}_{part}": pattern.format(name)
        for side, name in zip(("left", "right"), sides, strict=True)
        for part, pattern in zip(parts, leg + arm, strict=True)
    }


# For each joint the bone whose far end it is.
_ASF = {
    "pelvis": "root",
    "spine": "lowerback",
    "thorax": "thorax",
    "face": "upperneck",
    "head": "head",
    **_by_limb(
        ("{}hipjoint", "{}femur", "{}tibia"), ("{}clavicle", "{}humerus", "{}wrist"), ("l", "r")
    ),
}


@dataclass(frozen=True)
class _Naming:
    """The names of one of cgspeed's conversions to BVH.

    Attributes:
        chest: The end of the upper back, which its thorax bone has been collapsed into; its parent is
            the end of the lower back.
        above: What hangs on the end of that bone.
        joints: For each joint the joint of the file.
    """

    chest: str
    above: tuple[str, str, str]
    joints: dict[str, str]


_SIDES = ("Left", "Right")
_NAMINGS = (
    _Naming(
        "Chest2",
        ("lowerneck", "LeftCollar", "RightCollar"),
        {
            "pelvis": "Hips",
            "spine": "Chest",
            "thorax": "lowerneck",
            "face": "Head",
            "head": "Head end",
            **_by_limb(
                ("{}Hip", "{}Knee", "{}Ankle"), ("{}Shoulder", "{}Elbow", "{}Wrist"), _SIDES
            ),
        },
    ),
    _Naming(
        "Spine1",
        ("Neck", "LeftShoulder", "RightShoulder"),
        {
            "pelvis": "Hips",
            "spine": "Spine",
            "thorax": "Neck",
            "face": "Head",
            "head": "Head end",
            **_by_limb(("{}UpLeg", "{}Leg", "{}Foot"), ("{}Arm", "{}ForeArm", "{}Hand"), _SIDES),
        },
    ),
)


@dataclass(frozen=True)
class Trial:
    """A recording of one person.

    Attributes:
        subject: CMU's number of the subject, as ``S02``.
        number: Number of the trial, as ``01``.
        fps: Frames per second.
        world: Poses ``(T, 17, 3)``, z up, millimetres.
        mended: Whether it was given with the joints of earlier conversions.
    """

    subject: str
    number: str
    fps: float
    world: Array
    mended: bool = False


def names_of(path: Path) -> tuple[str, str]:
    """Return subject and trial of ``02_01.amc``: ``S02`` and ``01``.

    Raises:
        InputError: If the file is not called so.
    """
    match = _TRIAL.fullmatch(path.stem)
    if match is None:
        raise InputError(f"is not named as 02_01{path.suffix}", path, "rename it.")
    return f"S{match[1]}", match[2]


def read_amc(path: Path, fps: float = AMC_FPS) -> Trial:
    """Read a trial from an AMC file and the ASF file of its subject beside it.

    Raises:
        InputError: If one of them is missing, damaged, or of another skeleton.
    """
    subject, number = names_of(path)
    file = path.with_name(f"{subject[1:]}.asf")
    if not file.is_file():
        raise InputError(f"its skeleton {file.name} is not beside it", path, "put it there.")
    asf = cmu_asf.read_asf(file)
    columns = _columns(asf.names, _ASF, file)
    y_up = cmu_asf.forward_kinematics(asf, cmu_asf.read_amc(path, asf))[:, columns]
    return Trial(subject, number, fps, with_pelvis(_z_up(y_up)))


def read_bvh(path: Path) -> Trial:
    """Read a trial from one of cgspeed's BVH files.

    They leave the thorax bone out, so that neck and collars hang on the end of the upper back; it is put
    back upright, as long as the bone below. They leave the bones ``lwrist`` and ``rwrist`` out too, the
    last third of a forearm; they are put back. A first frame in T-pose is dropped.

    Raises:
        InputError: If the file is damaged, or its joints are not those of the conversions.
    """
    subject, number = names_of(path)
    content = bvh.read_bvh(path)
    naming = next((n for n in _NAMINGS if n.chest in content.names), _NAMINGS[0])
    columns = _columns(content.names, naming.joints, path)
    content = _with_thorax(content, naming, path)
    if not content.values(0)[0, 3:].any():
        if len(content.motion) == 1:
            raise InputError("its one frame is a T-pose", path, "get the file again.")
        content = replace(content, motion=content.motion[1:])
    y_up = MM_PER_UNIT * bvh.forward_kinematics(content)[0][:, columns]
    world = with_wrists(with_pelvis(_z_up(y_up)))
    return Trial(subject, number, 1 / content.frame_time, world)


def _with_thorax(content: bvh.Bvh, naming: _Naming, path: Path) -> bvh.Bvh:
    chest, *above = _indices(content.names, (naming.chest, *naming.above), path)
    if content.channels[0][:3] != bvh.POSITIONS or len(content.channels[0]) != 6:
        what = f"its root has no channels {' '.join(bvh.POSITIONS)} and three rotations"
        raise InputError(what, path, "is it one of cgspeed's conversions?")
    if content.offsets[above].any() or _positions(content, above).any():
        return content
    offsets, motion = content.offsets.copy(), content.motion.copy()
    offsets[above, 1] = lift = np.linalg.norm(offsets[chest])
    # With six channels a joint, its positions stand for its offset.
    for joint in above:
        if _UP in (channels := content.channels[joint]):
            motion[:, content.columns(joint)][:, channels.index(_UP)] = lift
    return replace(content, offsets=offsets, motion=motion)


def _positions(content: bvh.Bvh, joints: Sequence[int]) -> Array:
    """Return where the channels of joints put them, ``(T, C)``."""
    parts = [
        content.values(joint)[:, [name in bvh.POSITIONS for name in content.channels[joint]]]
        for joint in joints
    ]
    return np.concatenate(parts, 1)


def read_npz(path: Path) -> list[Trial]:
    """Read every trial of a ``data_3d_*.npz`` with its joints in Human3.6M's order.

    Trials with the joints of earlier conversions are mended (:mod:`datamodules.cmu.joint_definitions`).

    Raises:
        InputError: If the file is damaged, or its names, unit or frame rate are not as they should be.
    """
    content = load_npz(path)
    try:
        fps = float(content["fps"])
    except DATA_ERRORS as error:
        raise InputError("no frame rate 'fps' in it", path, "add it to the file.") from error
    if not 0 < fps < np.inf:
        raise InputError(f"its frame rate 'fps' is {fps:g}", path, "correct it.")
    joints, poses = read_poses(path, JOINTS)
    _check_parents(content.get("parents"), joints, path)
    for subject, number in poses:
        if not (_SUBJECT.fullmatch(subject) and number.isdigit()):
            raise InputError(
                f"'{subject}' '{number}' are no subject and trial", path, "rename them as S02, 01."
            )
    mended = has_earlier_joints(list(poses.values()))
    return [
        Trial(subject, number, fps, mend(world) if mended else world, mended)
        for (subject, number), world in poses.items()
    ]


def _check_parents(parents: object, joints: Skeleton, path: Path) -> None:
    if parents is not None and not np.array_equal(np.asarray(parents), joints.parents):
        raise InputError(
            f"its 'parents' are not those of {joints.name}", path, "order the joints so."
        )


def _columns(names: Sequence[str], table: dict[str, str], path: Path) -> list[int]:
    return _indices(names, [table[joint] for joint in skeleton(JOINTS).joints], path)


def _indices(names: Sequence[str], wanted: Sequence[str], path: Path) -> list[int]:
    for name in wanted:
        if name not in names:
            raise InputError(f"no '{name}' in it", path, "only the skeletons of CMU are read.")
    return [list(names).index(name) for name in wanted]


def _z_up(y_up: Array) -> Array:
    x, y, z = y_up[..., 0], y_up[..., 1], y_up[..., 2]
    return np.stack([x, -z, y], -1)
