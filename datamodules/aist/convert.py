"""Conversion of AIST++ into a clip store, and the report on what was converted."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.aist.raw import (
    FPS,
    JOINTS,
    Array,
    dancer_of,
    read_cameras,
    read_detections,
    read_mapping,
    read_poses,
    sequences_of,
)
from datamodules.panoptic.cameras import visible
from datamodules.safe_load import sha256
from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo
from datamodules.store.frame_runs import reasons, runs_of
from datamodules.store.projection import with_confidence
from lifting.cameras import Camera, project, world_to_camera
from lifting.errors import InputError

# Thirty frames a second.
EVERY = 2

ORIGIN = "AIST++, Li et al., ICCV 2021, https://google.github.io/aistplusplus_dataset"
LICENCE = (
    "Annotations: Google LLC, CC BY 4.0. Videos are those of the AIST Dance Video Database, under terms "
    "of their own"
)


def convert(
    raw: Path,
    out: Path,
    every: int = EVERY,
    shortest: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> str:
    """Convert AIST++ into a clip store of all views.

    Subjects are dancers, actions genres. A clip is a run of frames, none left out between them, in which
    every joint was found and the camera sees the dancer; its sequence is that of the dataset and the
    number of the first frame. 2D sources are ``gt``, the projection, and, where there is a folder
    ``keypoints2d``, ``detected``.

    Args:
        raw: The folder of the annotations.
        out: The store to write.
        every: Take every n-th frame, of 60 a second.
        shortest: Least number of frames of a clip.
        progress: Called with the name of each sequence that is done.

    Returns:
        The report.

    Raises:
        InputError: If an input is not as it should be; nothing is left at ``out`` then.
    """
    for option, value in (("every", every), ("shortest", shortest)):
        if value < 1:
            raise InputError(f"--{option} is {value}: give at least 1.")
    sequences = sequences_of(raw)
    mapping_file = raw / "cameras/mapping.txt"
    mapping = read_mapping(mapping_file)
    for sequence in sequences:
        if sequence not in mapping:
            raise InputError(f"does not name '{sequence}'", mapping_file, "get the file again.")
    settings = {
        mapping[sequence]: raw / f"cameras/{mapping[sequence]}.json" for sequence in sequences
    }
    cameras = {setting: read_cameras(file) for setting, file in settings.items()}
    detections = {s: raw / f"keypoints2d/{s}.pkl" for s in sequences}
    detections = {sequence: file for sequence, file in detections.items() if file.is_file()}
    poses = {sequence: raw / f"keypoints3d/{sequence}.pkl" for sequence in sequences}
    used = [mapping_file, *settings.values(), *poses.values(), *detections.values()]
    info = StoreInfo(
        skeleton=JOINTS,
        sources={"gt": JOINTS} | ({"detected": JOINTS} if detections else {}),
        origin=ORIGIN,
        licence=LICENCE,
        inputs={path.relative_to(raw).as_posix(): sha256(path) for path in used},
    )
    left_out: Counter[str] = Counter()
    clips = 0
    with ClipWriter(out, info) as store:
        written: set[tuple[str, str]] = set()
        for sequence in sequences:
            dancer, genre = dancer_of(sequence, poses[sequence])
            views = cameras[mapping[sequence]]
            world = read_poses(poses[sequence])
            detected = None
            if sequence in detections:
                detected = read_detections(detections[sequence], len(views), len(world))[:, ::every]
            for number, (view, camera) in enumerate(views.items()):
                # Dancers were recorded in several settings, and cameras are kept by dancer.
                name = f"{view} {mapping[sequence]}"
                if (dancer, name) not in written:
                    store.add_camera(dancer, name, camera)
                    written.add((dancer, name))
                own = None if detected is None else detected[number]
                key = ClipKey(dancer, sequence, genre, name, FPS / every, 0)
                clips += _write(store, key, world[::every], camera, own, shortest, left_out)
            progress(sequence)
        if not clips:
            what = f"holds nobody to convert, {reasons(left_out)}"
            raise InputError(what, raw, "get the annotations again.")
    with ClipStore(out) as finished:
        return "\n".join([finished.describe(), "", f"frames in views, {reasons(left_out, 'none')}"])


def _write(
    store: ClipWriter,
    key: ClipKey,
    world: Array,
    camera: Camera,
    detected: NDArray[np.float32] | None,
    shortest: int,
    left_out: Counter[str],
) -> int:
    """Write the clips of a dancer in a view; return how many."""
    found = np.asarray(np.isfinite(world).reshape(len(world), -1).all(1))
    pose = world_to_camera(torch.from_numpy(np.where(found[:, None, None], world, 0.0)), camera)
    seen = visible(pose, camera).all(-1).numpy()
    left_out["a joint is missing"] += int((~found).sum())
    left_out["outside the view"] += int((found & ~seen).sum())
    gt = with_confidence(project(pose, camera).numpy())
    clips = 0
    for run in runs_of(found & seen):
        if len(run) < shortest:
            left_out["in a run that is too short"] += len(run)
            continue
        sequence = f"{key.sequence} {run[0]:05}"
        own = ClipKey(key.subject, sequence, key.action, key.camera, key.fps, len(run))
        sources = {"gt": gt[run]} | ({} if detected is None else {"detected": detected[run]})
        store.add(own, sources, pose[run].float().numpy(), run)
        clips += 1
    return clips
