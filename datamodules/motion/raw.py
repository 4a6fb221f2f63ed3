"""Clips of motion of several sources in one npz, which docs/data/motion.md describes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datamodules.cmu.joint_definitions import has_earlier_joints
from datamodules.motion.terms import Terms, terms_of
from datamodules.safe_load import load_npz
from datamodules.store.checks import check_pose
from datamodules.store.videopose3d import check_name
from lifting.containers.damage import taking_apart
from lifting.errors import InputError
from lifting.skeletons import skeleton

Array = NDArray[np.float64]

JOINTS = "h36m17"

# Human3.6M's names of the joints of h36m17.
JOINT_NAMES = (
    *("Hip", "RHip", "RKnee", "RFoot", "LHip", "LKnee", "LFoot"),
    *("Spine", "Thorax", "Neck/Nose", "Head"),
    *("LShoulder", "LElbow", "LWrist", "RShoulder", "RElbow", "RWrist"),
)

_PER_CLIP = ("clip_start", "clip_length", "clip_name", "subject", "source")
_NEEDED = ("positions", *_PER_CLIP, "source_name", "fps", "joint_names")


@dataclass(frozen=True)
class Clip:
    """A recording of one person.

    Attributes:
        source: Name of the collection it is of.
        subject: Name of the person.
        name: Of the clip, unique for that person.
        activity: What is done, or ``motion``.
        fps: Frames per second.
        world: Poses ``(T, 17, 3)``, z up, millimetres.
    """

    source: str
    subject: str
    name: str
    activity: str
    fps: float
    world: Array


@dataclass(frozen=True)
class MotionFile:
    """The clips of a file, and the terms of their sources by name."""

    clips: list[Clip]
    terms: dict[str, Terms]


def read_motion(path: Path) -> MotionFile:
    """Read a file of motion.

    Raises:
        InputError: If an array is missing or not as documented, the poses are not metres, or a source
            has the joints of earlier conversions of CMU.
    """
    content = load_npz(path)
    for name in _NEEDED:
        if name not in content:
            remedy = "docs/data/motion.md describes the file."
            raise InputError(f"no '{name}' in it", path, remedy)
    content = {name: np.asarray(array) for name, array in content.items()}
    with taking_apart(path, "is not as documented", "docs/data/motion.md describes the file."):
        return _motion(content, path)


def _motion(content: Mapping[str, Any], path: Path) -> MotionFile:
    _check_joints(content, path)
    fps = _number(content["fps"], path)
    positions, count = content["positions"], len(content["clip_start"])
    for name in (*_PER_CLIP, *({"activity"} & content.keys())):
        if content[name].shape != (count,):
            what = f"'{name}' is {content[name].shape}, where there are {count} clips"
            raise InputError(what, path, "give one for each clip.")
    sources = [str(name) for name in content["source_name"]]
    clips = [_clip(content, positions, sources, index, fps, path) for index in range(count)]
    if not clips:
        raise InputError("no clip in it", path, "make the file again.")
    for source in sources:
        _check_definitions([clip for clip in clips if clip.source == source], path)
    return MotionFile(clips, dict(_terms(content, sources, path)))


def _check_joints(content: Mapping[str, Any], path: Path) -> None:
    joints = skeleton(JOINTS)
    names = tuple(str(name) for name in content["joint_names"])
    if names not in (JOINT_NAMES, joints.joints):
        expected = ", ".join(JOINT_NAMES)
        raise InputError(f"its joints are {', '.join(names)}", path, f"order them as {expected}.")
    parents = content.get("parents")
    if parents is not None and not np.array_equal(parents, joints.parents):
        raise InputError(f"its 'parents' are not those of {JOINTS}", path, "correct them.")
    shape = content["positions"].shape
    if len(shape) != 3 or shape[1:] != (len(joints), 3):
        raise InputError(
            f"'positions' is {shape}, not (frames, {len(joints)}, 3)", path, "reshape it."
        )


def _number(value: Any, path: Path) -> float:
    number = float(value) if value.ndim == 0 and value.dtype.kind in "iuf" else np.nan
    if not 0 < number < np.inf:
        raise InputError("its frame rate 'fps' is no positive number", path, "correct it.")
    return number


def _clip(
    content: Mapping[str, Any],
    positions: Any,
    sources: list[str],
    index: int,
    fps: float,
    path: Path,
) -> Clip:
    name, subject = (str(content[key][index]) for key in ("clip_name", "subject"))
    where = f"{path}: clip {index}, {name}"
    for given in (name, subject):
        check_name(given, path)
    start, length = (int(content[key][index]) for key in ("clip_start", "clip_length"))
    if length < 1 or start < 0 or start + length > len(positions):
        what = f"frames {start} to {start + length} are not all in 'positions'"
        raise InputError(what, where, "correct clip_start and clip_length.")
    source = int(content["source"][index])
    if not 0 <= source < len(sources):
        raise InputError(f"there is no source {source}", where, "correct 'source'.")
    world = 1000 * positions[start : start + length].astype(np.float64)
    check_pose(world.astype(np.float32), skeleton(JOINTS), f"{where}, from metres to millimetres")
    activity = str(content["activity"][index]) if "activity" in content else ""
    return Clip(sources[source], subject, name, activity or "motion", fps, world)


def _check_definitions(clips: list[Clip], path: Path) -> None:
    if clips and has_earlier_joints([clip.world for clip in clips]):
        what = (
            f"source '{clips[0].source}' has the joints of earlier conversions of CMU: its pelvis lies "
            "above the hips and its wrists in the middle of the forearms"
        )
        raise InputError(what, path, "docs/data/motion.md says how to mend them.")


def _terms(
    content: Mapping[str, Any], sources: list[str], path: Path
) -> Iterator[tuple[str, Terms]]:
    empty = np.array([""] * len(sources))
    origins, licences = (content.get(name, empty) for name in ("source_origin", "source_licence"))
    if not origins.shape == licences.shape == empty.shape:
        what = "'source_origin' and 'source_licence' are not as long as 'source_name'"
        raise InputError(what, path, "give one for each source.")
    for source, origin, licence in zip(sources, origins, licences, strict=True):
        known = terms_of(source)
        yield source, Terms(str(origin) or known.origin, str(licence) or known.licence)
