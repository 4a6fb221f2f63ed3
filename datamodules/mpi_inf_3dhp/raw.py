"""Readers of MPI-INF-3DHP in the layout its owners distribute.

- training: ``S<k>/Seq<n>/annot.mat`` and ``camera.calibration``, 28 joints, every camera;
- test: ``TS<k>/annot_data.mat`` (HDF5), 17 joints, one camera, frames that are not valid among them.

Both are in millimetres and camera frame; ``annot3`` is the real person, ``univ_annot3`` one scaled
to the same height as all others. What is yielded has the joints of ``h36m17``, by name.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.matlab import Array, load_mat, numbers, read_dataset
from datamodules.mpi_inf_3dhp.cameras import (
    TEST_SUBJECTS,
    fit_intrinsics,
    read_calibration,
    sequence_camera,
)
from datamodules.safe_load import open_hdf5
from datamodules.store.clips import ClipKey
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.skeletons import convert, skeleton

JOINTS = "h36m17"
# The owners' mpii_get_joint_set, "relevant".
TEST_JOINTS = "mpi3dhp17_test"

# The owners' mpii_get_activity_name, counted from 1.
ACTIVITIES = (
    "Standing/Walking",
    "Exercising",
    "Sitting",
    "Reaching/Crouching",
    "On The Floor",
    "Sports",
    "Miscellaneous",
)

# The owners' mpii_get_sequence_info: frames of the videos. Annotations may run a few further.
TRAIN_FRAMES = {
    ("S1", "Seq1"): 6416,
    ("S1", "Seq2"): 12430,
    ("S2", "Seq1"): 6502,
    ("S2", "Seq2"): 6081,
    ("S3", "Seq1"): 12488,
    ("S3", "Seq2"): 12283,
    ("S4", "Seq1"): 6171,
    ("S4", "Seq2"): 6675,
    ("S5", "Seq1"): 12820,
    ("S5", "Seq2"): 12312,
    ("S6", "Seq1"): 6188,
    ("S6", "Seq2"): 6145,
    ("S7", "Seq1"): 6239,
    ("S7", "Seq2"): 6320,
    ("S8", "Seq1"): 6468,
    ("S8", "Seq2"): 6054,
}
# Four minutes each, so those of twice the frames are at twice the rate.
_FAST_FRAMES = 12000
# Not published; a number has to stand there.
TEST_FPS = 25.0

TRAIN_FILES = ("S*/Seq*/annot.mat", "*/S*/Seq*/annot.mat")
TEST_FILES = ("TS*/annot_data.mat", "*/TS*/annot_data.mat")


@dataclass
class RawClip:
    """One clip in the joints of ``h36m17``.

    Attributes:
        key: Names of the clip.
        camera: Its camera.
        keypoints: Pixels ``(T, 17, 2)``.
        pose: Camera-frame millimetres ``(T, 17, 3)``.
        frames: Frame numbers in the recording, from 0.
        valid: Which frames the owners count.
    """

    key: ClipKey
    camera: Camera
    keypoints: Array
    pose: Array
    frames: NDArray[np.int64]
    valid: NDArray[np.bool_]


def files_of(path: Path, patterns: tuple[str, ...]) -> list[Path]:
    """Return the files of a folder that match, subfolder by subfolder."""
    return [file for pattern in patterns for file in sorted(path.glob(pattern))]


def to_h36m17(points: Array, source: str) -> Array:
    """Convert points ``(T, J, 2 or 3)`` to the joints of ``h36m17``, by name."""
    return convert(torch.from_numpy(points), source, JOINTS).numpy()


def from_test_order(points: Array) -> Array:
    """Convert points of the 17 joints in the owners' order to ``h36m17``."""
    return to_h36m17(points, TEST_JOINTS)


def train_names(subject: str, sequence: str, where: Path | str) -> tuple[int, float]:
    """Return the number of frames and the frame rate of a training sequence.

    Raises:
        InputError: If there is no such sequence.
    """
    if (subject, sequence) not in TRAIN_FRAMES:
        what = f"MPI-INF-3DHP has no training sequence {subject} {sequence}"
        raise InputError(what, where, "rename or remove it.")
    frames = TRAIN_FRAMES[subject, sequence]
    return frames, 50.0 if frames > _FAST_FRAMES else 25.0


def read_train(file: Path, cameras: tuple[int, ...], universal: bool) -> Iterator[RawClip]:
    """Yield one clip per camera of an ``annot.mat``, with ``camera.calibration`` beside it.

    Raises:
        InputError: If a file is missing or not as published.
    """
    subject, sequence = file.parts[-3:-1]
    length, fps = train_names(subject, sequence, file)
    which = "univ_annot3" if universal else "annot3"
    content = load_mat(file, ("annot2", which, "cameras", "frames"))
    calibration = read_calibration(file.with_name("camera.calibration"))
    numbering = numbers(content["frames"], f"{file}: 'frames'").ravel().astype(np.int64)
    recorded = numbering < length
    cells = numbers(content["cameras"], f"{file}: 'cameras'").ravel().astype(int).tolist()
    for camera in cameras:
        if camera not in cells or camera not in calibration:
            raise InputError(
                f"no camera {camera} in it or in camera.calibration", file, "get both files again."
            )
        points = {
            name: _cell(
                content[name], cells.index(camera), len(numbering), size, f"{file}: '{name}'"
            )
            for name, size in (("annot2", 2), (which, 3))
        }
        frames = numbering[recorded]
        yield RawClip(
            ClipKey(subject, sequence, sequence, f"cam{camera}", fps, len(frames)),
            calibration[camera],
            to_h36m17(points["annot2"][recorded], "mpi3dhp28"),
            to_h36m17(points[which][recorded], "mpi3dhp28"),
            frames,
            np.ones(len(frames), bool),
        )


def _cell(content: object, index: int, frames: int, size: int, where: str) -> Array:
    cells = np.asarray(content)
    if cells.dtype != object or index >= cells.size:
        raise InputError("no cell per camera", where, "get the file from its owners again.")
    rows = numbers(cells.ravel()[index], f"{where} of cell {index}")
    joints = len(skeleton("mpi3dhp28"))
    if rows.shape != (frames, size * joints):
        what = f"cell {index} is {rows.shape}, expected ({frames}, {size * joints})"
        raise InputError(what, where, "get the file again.")
    return rows.reshape(frames, joints, size)


def read_test(file: Path, universal: bool) -> Iterator[RawClip]:
    """Yield the clips of an ``annot_data.mat``: one per run of frames of one activity.

    Frames that are not valid stay, as the context of windows.

    Raises:
        InputError: If the file is missing or not as published.
    """
    subject = file.parent.name
    if subject not in TEST_SUBJECTS:
        raise InputError(f"MPI-INF-3DHP has no {subject}, only TS1 to TS6", file, "rename it.")
    with open_hdf5(file) as content:
        valid = _row(content, "valid_frame", None) == 1
        activity = _row(content, "activity_annotation", len(valid))
        keypoints = _points(content, "annot2", len(valid), 2)
        real = _points(content, "annot3", len(valid), 3)
        pose = _points(content, "univ_annot3", len(valid), 3) if universal else real
    if not valid.any():
        raise InputError("'valid_frame' marks no frame", file, "get the file again.")
    if not np.isin(activity[valid], np.arange(1, len(ACTIVITIES) + 1)).all():
        what = f"'activity_annotation' of a valid frame is not 1 to {len(ACTIVITIES)}"
        raise InputError(what, file, "get the file again.")
    last = _last_valid(valid)
    for points in (keypoints, real, pose):
        _fill(points, valid, last)
    camera = sequence_camera(subject, *fit_intrinsics(keypoints[valid], real[valid], str(file)))
    keypoints, pose = from_test_order(keypoints), from_test_order(pose)
    label = activity[last].astype(int)
    takes: Counter[str] = Counter()
    for run in np.split(np.arange(len(valid)), np.flatnonzero(np.diff(label)) + 1):
        action = ACTIVITIES[label[run[0]] - 1]
        takes[action] += 1
        name = f"{action.replace('/', '-')} {takes[action]}"
        key = ClipKey(subject, name, action, "cam0", TEST_FPS, len(run))
        yield RawClip(key, camera, keypoints[run], pose[run], run, valid[run])


def _row(content: h5py.File, name: str, frames: int | None) -> Array:
    row = numbers(read_dataset(content, name), f"{content.filename}: '{name}'").ravel()
    if frames is not None and len(row) != frames:
        what = f"'{name}' is of {len(row)} frames, 'valid_frame' of {frames}"
        raise InputError(what, content.filename, "get the file again.")
    return row


def _points(content: h5py.File, name: str, frames: int, size: int) -> Array:
    points = numbers(read_dataset(content, name), f"{content.filename}: '{name}'")
    expected = (frames, 1, len(skeleton(TEST_JOINTS)), size)
    if points.shape != expected:
        what = f"'{name}' is {points.shape}, expected {expected}"
        raise InputError(what, content.filename, "get the file again.")
    return points[:, 0]


def _last_valid(valid: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the last valid frame up to each frame, or the first valid one before that."""
    known = np.flatnonzero(valid)
    index = np.searchsorted(known, np.arange(len(valid)), side="right") - 1
    return known[np.maximum(index, 0)]


def _fill(points: Array, valid: NDArray[np.bool_], last: NDArray[np.int64]) -> None:
    """Repeat the last valid frame where a frame that is not valid holds nothing."""
    empty = ~np.isfinite(points).all((1, 2)) | ~points.any((1, 2))
    empty &= ~valid
    points[empty] = points[last[empty]]
