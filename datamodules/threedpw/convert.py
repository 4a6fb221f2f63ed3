"""Conversion of 3DPW into a clip store, and the report on what was converted."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from datamodules.safe_load import sha256
from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo
from datamodules.store.frame_runs import reasons, runs_of
from datamodules.store.projection import with_confidence
from datamodules.threedpw.raw import (
    DETECTED,
    FPS,
    JOINTS,
    SPLITS,
    Person,
    Sequence,
    files_of,
    read_sequence,
)
from lifting.cameras import project
from lifting.errors import InputError

ORIGIN = (
    "3D Poses in the Wild, von Marcard et al., ECCV 2018, https://virtualhumans.mpi-inf.mpg.de/3DPW; "
    "joints of SMPL nearest to Human3.6M's"
)
LICENCE = "Non-commercial scientific research only, no redistribution"


def convert(
    raw: Path,
    out: Path,
    shortest: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> str:
    """Convert 3DPW into a clip store.

    Subjects are the published splits, as the people have no names. A clip is a run of frames, none left
    out between them, in which the camera's pose is known and all of a person is in front of it; its
    sequence is that of the dataset, the number of the person and that of the first frame. Poses are in
    the frame of the camera, which moves. 2D sources are ``gt``, the projection, and ``detected``,
    OpenPose's.

    Args:
        raw: The folder ``sequenceFiles``, or the one that it is in.
        out: The store to write.
        shortest: Least number of frames of a clip.
        progress: Called with the name of each sequence that is done.

    Returns:
        The report.

    Raises:
        InputError: If an input is not as it should be; nothing is left at ``out`` then.
    """
    if shortest < 1:
        raise InputError(f"--shortest is {shortest}: give at least 1.")
    files = files_of(raw)
    info = StoreInfo(
        skeleton=JOINTS,
        sources={"gt": JOINTS, "detected": DETECTED},
        origin=ORIGIN,
        licence=LICENCE,
        inputs={f"{split}/{file.name}": sha256(file) for split, file in files},
    )
    left_out: Counter[str] = Counter()
    clips = 0
    with ClipWriter(out, info) as store:
        for split, file in files:
            sequence = read_sequence(file)
            store.add_camera(split, sequence.name, sequence.camera)
            for number, person in enumerate(sequence.people):
                clips += _write(store, split, sequence, number, person, shortest, left_out)
            progress(sequence.name)
        if not clips:
            raise InputError(f"holds nobody to convert, {reasons(left_out)}", raw, "see the docs.")
    with ClipStore(out) as finished:
        missing = [split for split in SPLITS if split not in {key.subject for key in finished.keys}]
        lines = [finished.describe(), "", f"frames of people, {reasons(left_out, 'none')}"]
    if missing:
        lines.append(f"missing of the published splits: {', '.join(missing)}")
    return "\n".join(lines)


def _write(
    store: ClipWriter,
    split: str,
    sequence: Sequence,
    number: int,
    person: Person,
    shortest: int,
    left_out: Counter[str],
) -> int:
    """Write the clips of a person; return how many."""
    front = (person.pose[..., 2] > 0).all(1)
    left_out["the camera's pose is not known"] += int((~person.valid).sum())
    left_out["behind the camera"] += int((person.valid & ~front).sum())
    pose = torch.from_numpy(person.pose)
    clips = 0
    for run in runs_of(person.valid & front):
        if len(run) < shortest:
            left_out["in a run that is too short"] += len(run)
            continue
        gt = with_confidence(project(pose[run], sequence.camera).numpy())
        name = f"{sequence.name} {number} {run[0]:05}"
        # What people do is the name of the sequence, as in downtown_arguing_00.
        action = sequence.name.rstrip("0123456789").strip("_")
        key = ClipKey(split, name, action, sequence.name, FPS, len(run))
        sources = {"gt": gt, "detected": person.detected[run].astype(np.float32)}
        store.add(key, sources, person.pose[run].astype(np.float32), run)
        clips += 1
    return clips
