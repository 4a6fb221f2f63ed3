"""Factory of person trackers from the files and options of a user."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from datamodules.crops.detected_boxes import read_boxes
from lifting.errors import InputError
from lifting.inference.detectors.blazepose.estimator import BlazePoseEstimator
from lifting.inference.detectors.blazepose.networks import MODEL_FILES, BlazePose
from lifting.inference.detectors.checkpoint_estimator import CheckpointPoseEstimator
from lifting.inference.detectors.interfaces import PersonDetector, PersonTracker, PoseEstimator
from lifting.inference.detectors.onnx_person_detector import OnnxPersonDetector
from lifting.inference.detectors.onnx_pose_estimator import OnnxPoseEstimator
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.detectors.rtmlib import (
    RtmlibPersonDetector,
    RtmlibPoseEstimator,
    named_models,
)
from lifting.inference.people.detect_and_track import DetectAndTrack, KnownBoxes
from lifting.inference.people.region_tracker import RegionTracker
from lifting.inference.people.single_person import SinglePersonTracker
from lifting.models import is_named, resolve

# What comes before the names of rtmlib's models.
RTMLIB = "rtmlib:"
Maker = Callable[[], PersonTracker]
_MOST_THREADS = 4


def build_tracker(options: DetectorOptions, most: int | None = None) -> PersonTracker:
    """Return the person tracker that the options name: see :func:`tracker_maker`."""
    return tracker_maker(options, most)()


def tracker_maker(options: DetectorOptions, most: int | None = None) -> Maker:
    """Return what makes the person trackers that the options name.

    A tracker remembers the frames that it has seen, so that recordings which have nothing to do with
    each other need one each. The networks are loaded once, and are those of all of them.

    Args:
        options: The options.
        most: People who are needed at most before a camera, which does not wait: BlazePose looks for
            nobody else, and less thoroughly, while other trackers may find more.

    Raises:
        InputError: If a file is not what it should be.
    """
    if options.name.startswith(RTMLIB):
        return _rtmlib_maker(options)
    path = resolve(options.name, "detector")
    if any((path / name).is_file() for name in MODEL_FILES):
        return _blazepose_maker(path, options, most)
    if path.is_dir() and not (path / "config.json").is_file():
        what = f"a folder without BlazePose's {' and '.join(MODEL_FILES)}"
        raise InputError(what, path, "name a file, or `--detector blazepose`.")
    return _maker(_pose_estimator(path, options), options)


def _maker(pose: PoseEstimator, options: DetectorOptions) -> Maker:
    shared = options.least_confidence, options.patience
    if options.boxes is None:
        return partial(SinglePersonTracker, pose, *shared)
    return partial(DetectAndTrack, _person_detector(options, options.boxes), pose, *shared)


def _blazepose_maker(folder: Path, options: DetectorOptions, most: int | None) -> Maker:
    _refuse_skeleton(options)
    # As many threads as torch has, which follows the processor and OMP_NUM_THREADS; more than four do
    # not make such small networks faster.
    networks = BlazePose(folder, min(_MOST_THREADS, torch.get_num_threads()))
    if options.boxes is None:
        shared = options.least_confidence, options.patience
        return partial(RegionTracker, networks, *shared, most)
    return _maker(BlazePoseEstimator(networks), options)


def _rtmlib_maker(options: DetectorOptions) -> Maker:
    _refuse_skeleton(options)
    models = named_models(options.name.removeprefix(RTMLIB))
    pose = RtmlibPoseEstimator(models.pose, models.skeleton, options.device)
    if options.boxes is not None:
        return _maker(pose, options)
    people = RtmlibPersonDetector(models.boxes, options.device)
    return partial(DetectAndTrack, people, pose, options.least_confidence, options.patience)


def _refuse_skeleton(options: DetectorOptions) -> None:
    if options.skeleton is not None:
        raise InputError(f"{options.name} tells its joint set", "--skeleton", "leave it out.")


def _pose_estimator(path: Path, options: DetectorOptions) -> PoseEstimator:
    if path.suffix.lower() != ".onnx":
        if options.skeleton is not None:
            raise InputError("a checkpoint tells its joint set", "--skeleton", "leave it out.")
        if any(side % 32 for side in options.crop):
            raise InputError(f"--crop is {options.crop}: give multiples of 32, as in training.")
        return CheckpointPoseEstimator(path, options.crop, options.device)
    if options.library == "rtmlib":
        return RtmlibPoseEstimator(path, options.skeleton, options.device)
    return OnnxPoseEstimator(path, options.skeleton, options.crop, options.device)


def _person_detector(options: DetectorOptions, named: str) -> PersonDetector:
    boxes = resolve(named, "boxes") if is_named(named) else Path(named)
    if boxes.suffix.lower() == ".onnx":
        if options.library == "rtmlib":
            return RtmlibPersonDetector(boxes, options.device)
        return OnnxPersonDetector(boxes, device=options.device)
    by_frame = read_boxes(boxes)
    try:
        return KnownBoxes({int(frame): people for frame, people in by_frame.items()})
    except ValueError as error:
        raise InputError("an 'image_id' is no number", boxes, "number frames from 0.") from error
