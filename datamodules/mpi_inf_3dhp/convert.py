"""Conversion of MPI-INF-3DHP into a clip store, and the report on what was converted."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import chain
from pathlib import Path

import numpy as np
import torch

from datamodules.mpi_inf_3dhp.cameras import CAMERA_SETS, TEST_SUBJECTS
from datamodules.mpi_inf_3dhp.mmpose import CAMERA_FILES, NPZ_FILES, read_rows
from datamodules.mpi_inf_3dhp.raw import (
    JOINTS,
    TEST_FILES,
    TRAIN_FILES,
    TRAIN_FRAMES,
    RawClip,
    files_of,
    read_test,
    read_train,
)
from datamodules.safe_load import existing_folder, sha256
from datamodules.store.clips import ClipStore, ClipWriter, StoreInfo
from lifting.cameras import Camera, project
from lifting.errors import InputError, Option, Phrase

ORIGIN = "MPI-INF-3DHP, https://vcai.mpi-inf.mpg.de/3dhp-dataset"
LICENCE = "MPI-INF-3DHP licence: non-commercial research only, no redistribution"

# Frames the test protocol counts, all six sequences together.
FULL_TEST_FRAMES = 2929

# Keypoints and poses agree to a pixel where they belong to one camera.
_REPROJECTION_PX = 5.0


def convert(
    raw: Path,
    out: Path,
    universal: bool = False,
    cameras: str = "vnect",
    progress: Callable[[str], None] = lambda _: None,
) -> str:
    """Convert a raw copy of MPI-INF-3DHP into a clip store.

    The 2D source ``gt`` is the owners' annotation. Its confidence is 1, and 0 for every joint of the
    test frames that are not valid.

    Args:
        raw: The folder of ``S*`` and ``TS*`` as downloaded, or that of mmpose's ``.npz`` files.
        out: The store to write.
        universal: Whether to take the poses scaled to one height, as the test protocol does.
        cameras: Which of the studio's cameras: ``chest``, ``vnect`` or ``all``.
        progress: Called with the name of each clip that is done.

    Returns:
        The report.

    Raises:
        InputError: If an input is not as it should be; nothing is left at ``out`` then.
    """
    if cameras not in CAMERA_SETS:
        raise InputError(
            Phrase(
                "{} is '{}': choose one of {}.", Option("cameras"), cameras, ", ".join(CAMERA_SETS)
            )
        )
    files, clips = _find_clips(raw, universal, CAMERA_SETS[cameras])
    poses = "univ_annot3" if universal else "annot3"
    info = StoreInfo(
        skeleton=JOINTS,
        sources={"gt": JOINTS},
        origin=f"{ORIGIN}, poses {poses}, cameras {cameras}",
        licence=LICENCE,
        inputs={str(file.relative_to(raw)): sha256(file) for file in files},
    )
    seen: dict[tuple[str, str], Camera] = {}
    counted = 0
    errors: dict[str, list[float]] = {}
    with ClipWriter(out, info) as store:
        for clip in clips:
            _add(store, clip, seen)
            if clip.key.subject in TEST_SUBJECTS:
                counted += int(clip.valid.sum())
            errors.setdefault(clip.key.subject, []).append(_reprojection_error(clip))
            progress(f"{clip.key.subject} {clip.key.sequence} {clip.key.camera}")
        if not seen:
            raise InputError(f"holds no clip of the cameras '{cameras}' to convert.", raw)
    with ClipStore(out) as finished:
        lines = [finished.describe(), "", *_completeness_lines(finished, counted, universal)]
    return "\n".join(lines if universal else [*lines, "", *_reprojection_lines(errors)])


def _find_clips(
    raw: Path, universal: bool, cameras: tuple[int, ...]
) -> tuple[list[Path], Iterator[RawClip]]:
    """Return the files that will be read and the clips in them."""
    existing_folder(raw)
    train, test = files_of(raw, TRAIN_FILES), files_of(raw, TEST_FILES)
    rows = files_of(raw, NPZ_FILES)
    if train or test:
        beside = [file.with_name("camera.calibration") for file in train]
        clips = (clip for file in train for clip in read_train(file, cameras, universal))
        tests = (clip for file in test for clip in read_test(file, universal))
        return [*train, *beside, *test], chain(clips, tests)
    if not rows:
        what = "neither S*/Seq*/annot.mat nor TS*/annot_data.mat nor mmpose's *3dhp*.npz in it"
        raise InputError(what, raw, "check the folder.")
    if universal:
        raise InputError("mmpose's files have no universal poses", raw, "leave out --universal.")
    both = [*rows, *files_of(raw, CAMERA_FILES)]
    return both, (clip for file in rows for clip in read_rows(file, cameras))


def _add(store: ClipWriter, clip: RawClip, seen: dict[tuple[str, str], Camera]) -> None:
    key = clip.key
    known = seen.setdefault((key.subject, key.camera), clip.camera)
    if any(
        not torch.equal(getattr(known, f.name), getattr(clip.camera, f.name))
        for f in fields(Camera)
    ):
        what = f"{key.camera} is calibrated differently in {key.sequence}"
        raise InputError(what, key.subject, "get the files from their owners again.")
    confidence = np.repeat(clip.valid[:, None, None], clip.keypoints.shape[1], 1)
    keypoints = np.concatenate([clip.keypoints, confidence], -1, dtype=np.float32)
    store.add_camera(key.subject, key.camera, clip.camera)
    store.add(key, {"gt": keypoints}, clip.pose.astype(np.float32), clip.frames)


def _reprojection_error(clip: RawClip) -> float:
    """Return the median distance of the keypoints from the projected poses, pixels."""
    pose = torch.from_numpy(clip.pose[clip.valid])
    difference = project(pose, clip.camera).numpy() - clip.keypoints[clip.valid]
    return float(np.median(np.linalg.norm(difference, axis=-1)))


def _completeness_lines(store: ClipStore, counted: int, universal: bool) -> list[str]:
    lines = [
        f"test  {counted:,} of {FULL_TEST_FRAMES:,} frames that the protocol counts "
        f"({counted / FULL_TEST_FRAMES:.1%})"
    ]
    there = {(key.subject, key.sequence) for key in store.keys}
    missing = [" ".join(names) for names in TRAIN_FRAMES if names not in there]
    missing += [name for name in TEST_SUBJECTS if name not in {subject for subject, _ in there}]
    if missing:
        lines.append(f"missing: {', '.join(missing)}")
    lines.append(
        "poses are univ_annot3, those of the official evaluation"
        if universal
        else "poses are annot3; the official evaluation takes univ_annot3: --universal true"
    )
    return lines


def _reprojection_lines(errors: dict[str, list[float]]) -> list[str]:
    lines = ["distance of 'gt' from the projected poses, median px"]
    for subject, of_clips in errors.items():
        lines.append(f"  {subject:4} {np.median(of_clips):6.3f}  (worst clip {max(of_clips):.3f})")
        if max(of_clips) > _REPROJECTION_PX:
            lines.append(
                f"  WARNING {subject}: keypoints and poses do not belong to one camera here"
            )
    return lines
