"""Conversion of Human3.6M into a clip store, and the report on what was converted."""

import re
import shutil
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.h36m.cameras import CAMERAS, SUBJECTS, h36m_camera
from datamodules.h36m.raw import (
    EXCLUDED,
    FPS,
    LICENCE,
    ORIGIN,
    Detections,
    RawSequence,
    inputs_of,
    read_detections,
    read_sequences,
)
from datamodules.safe_load import open_hdf5, sha256
from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo, is_store_of
from datamodules.store.projection import reprojection_errors, with_confidence
from lifting.cameras import Camera, project, world_to_camera
from lifting.errors import InputError

# All views of the complete dataset but for that sequence.
FULL_FRAMES = {"train": 1_559_752, "test": 543_344}
FULL_SEQUENCES = 30
TEST = ("S9", "S11")

# A sequence drifts if its reprojection error is this many times that of the median sequence.
_DRIFT = 2.0


@dataclass(frozen=True)
class Drift:
    """Reprojection error of one sequence against one 2D source, median pixels."""

    subject: str
    sequence: str
    source: str
    error: float


def convert(
    raw: Path,
    detections: Mapping[str, Path],
    out: Path,
    progress: Callable[[str], None] = lambda _: None,
    joints: str = "h36m17",
) -> str:
    """Convert a raw copy of Human3.6M into a clip store.

    Each sequence is first written to a file of its own beside ``out``; an interrupted conversion goes
    on with the first sequence that is missing.

    Args:
        raw: A file or folder in one of the layouts of :mod:`datamodules.h36m.raw`.
        detections: Names of further 2D sources and their files.
        out: The store to write.
        progress: Called with the name of each sequence that is done.
        joints: Joint set of the poses, ``h36m17`` or ``h36m32``.

    Returns:
        The report.

    Raises:
        InputError: If an input is not as it should be; nothing is left at ``out`` then.
    """
    for source in detections:
        if source == "gt" or "/" in source:
            message = f"'{source}' is no 2D source: 'gt' is the projection of the poses"
            raise InputError(message, detections[source], "choose another name without '/'.")
    inputs = inputs_of(raw) | {path.name: sha256(path) for path in detections.values()}
    sources = {name: read_detections(path) for name, path in detections.items()}
    joint_sets = {"gt": joints} | {name: s.skeleton for name, s in sources.items()}
    info = StoreInfo(joints, joint_sets, ORIGIN, LICENCE, inputs)
    parts = out.with_name(out.name + ".parts")
    drifts: list[Drift] = []
    done: set[str] = set()
    with ClipWriter(out, info) as store:
        for sequence in read_sequences(raw, joints):
            if (sequence.subject, sequence.name) in EXCLUDED:
                continue
            name = f"{sequence.subject} {sequence.name}"
            if not re.fullmatch(r"[\w -]+", name) or name in done:
                what = f"the recording '{name}' is there twice, or not named as in Human3.6M"
                raise InputError(what, raw, "rename or remove it.")
            done.add(name)
            part = parts / f"{name}.h5"
            if not is_store_of(part, info):
                _write_part(part, info, sequence, sources)
            with open_hdf5(part) as shard:
                store.copy_from(shard)
            drifts += _reprojection_drifts(part, sources)
            progress(name)
        if not done:
            raise InputError("holds no recording to convert.", raw)
    shutil.rmtree(parts)
    with ClipStore(out) as finished:
        return _report(finished, drifts, sources)


def _write_part(
    path: Path, info: StoreInfo, sequence: RawSequence, sources: Mapping[str, Detections]
) -> None:
    with ClipWriter(path, info) as store:
        for index, (name, camera, frames, pose) in enumerate(_views(sequence)):
            keypoints = {"gt": with_confidence(project(pose, camera).numpy())}
            for source, detected in sources.items():
                views = detected.poses.get((sequence.subject, sequence.name))
                if views is not None:
                    where = f"{detected.path}: {sequence.subject} {sequence.name}, camera {name}"
                    detections = _matching(views[index], frames, where)
                    keypoints[source] = with_confidence(detections)
            key = ClipKey(sequence.subject, sequence.name, sequence.action, name, FPS, len(pose))
            store.add_camera(sequence.subject, name, camera)
            store.add(key, keypoints, pose.float().numpy(), frames)


def _views(sequence: RawSequence) -> Iterator[tuple[str, Camera, NDArray[np.int64], torch.Tensor]]:
    """Yield name, camera, frame numbers and camera-frame poses of every view."""
    if sequence.world is None:
        for name, (frames, pose) in sequence.views.items():
            yield name, h36m_camera(sequence.subject, name), frames, torch.from_numpy(pose)
        return
    world = torch.from_numpy(sequence.world)
    for name in CAMERAS:
        camera = h36m_camera(sequence.subject, name)
        yield name, camera, np.arange(len(world)), world_to_camera(world, camera)


def _matching(
    detected: NDArray[np.float32], frames: NDArray[np.int64], where: str
) -> NDArray[np.float32]:
    # Videos may run a few frames longer than the motion capture, never shorter.
    surplus = len(detected) - 1 - int(frames[-1])
    if not 0 <= surplus <= max(10, len(frames) // 10):
        what = f"{len(detected)} frames of keypoints for {int(frames[-1]) + 1} frames of poses"
        raise InputError(what, where, "name files that belong together.")
    if not np.isfinite(detected[frames]).all():
        raise InputError("keypoints hold NaN or infinity", where, "repair or leave out.")
    return detected[frames]


def _reprojection_drifts(part: Path, sources: Mapping[str, Detections]) -> list[Drift]:
    with ClipStore(part) as store:
        drifts = []
        for source in sources:
            keys = [key for key in store.keys if store.has(key, source)]
            if not keys:
                continue
            errors = [reprojection_errors(store, key, source) for key in keys]
            error = float(np.median(np.concatenate(errors)))
            drifts.append(Drift(keys[0].subject, keys[0].sequence, source, error))
        return drifts


def _report(store: ClipStore, drifts: list[Drift], sources: Mapping[str, Detections]) -> str:
    lines = [store.describe(), "", *_completeness_lines(store, sources)]
    for source in sources:
        of_source = [d for d in drifts if d.source == source]
        if not of_source:
            lines += ["", f"2D source '{source}': no sequence in common with the poses"]
            continue
        typical = float(np.median([d.error for d in of_source]))
        lines += [
            "",
            f"reprojection error against '{source}', median over frames and limb joints, px",
        ]
        for subject in sorted({d.subject for d in of_source}, key=lambda s: int(s[1:])):
            of_subject = [d for d in of_source if d.subject == subject]
            errors = [d.error for d in of_subject]
            lines.append(f"  {subject:4} {np.median(errors):5.1f}  (worst {max(errors):.1f})")
            each = ", ".join(f"{d.sequence} {d.error:.1f}" for d in of_subject)
            lines += textwrap.wrap(each, 100, initial_indent=" " * 7, subsequent_indent=" " * 7)
        for d in of_source:
            if d.error > _DRIFT * typical:
                lines.append(
                    f"  WARNING {d.subject} {d.sequence}: {d.error:.1f} px, typical is {typical:.1f}: "
                    "the 3D poses drift off the image here"
                )
    return "\n".join(lines)


def _completeness_lines(store: ClipStore, sources: Mapping[str, Detections]) -> list[str]:
    lines = []
    for split, full in FULL_FRAMES.items():
        frames = sum(k.frames for k in store.keys if (k.subject in TEST) == (split == "test"))
        lines.append(
            f"{split:5} {frames:9,} of {full:9,} frames in all views ({frames / full:.1%})"
        )
    for subject in SUBJECTS:
        present = {k.sequence for k in store.keys if k.subject == subject}
        missing = FULL_SEQUENCES - (subject == "S11") - len(present)
        if missing:
            named = {key for s in sources.values() for key in s.poses} - EXCLUDED
            detected = {name for sub, name in named if sub == subject}
            names = ", ".join(sorted(detected - present)) or "no 2D source to name them"
            lines.append(f"{subject}: {missing} sequences missing ({names})")
    return lines
