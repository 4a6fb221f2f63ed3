"""Every reader of files that users give, with a small file of its kind: what is mutated and read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datamodules.aist import raw as aist
from datamodules.cmu import raw as cmu
from datamodules.crops.detected_boxes import read_boxes
from datamodules.crops.index import read_index
from datamodules.crops.pixels import read_photograph
from datamodules.custom import cameras as custom
from datamodules.h36m import image_reader, raw
from datamodules.image_sets.coco import read_coco
from datamodules.image_sets.mpii import read_mpii
from datamodules.image_sets.shelf import read_shelf
from datamodules.lsp.raw import read_images
from datamodules.matlab import load_mat
from datamodules.motion.raw import read_motion
from datamodules.mpi_inf_3dhp.mmpose import read_rows
from datamodules.mpi_inf_3dhp.raw import read_test, read_train
from datamodules.panoptic import cameras as panoptic_cameras
from datamodules.panoptic import raw as panoptic
from datamodules.relative_depth.annotation.answers import read_answers
from datamodules.relative_depth.annotation.study import read_study
from datamodules.relative_depth.annotation_file import read_attribution, read_relative_depth
from datamodules.safe_load import load_pickle
from datamodules.store.clips import ClipStore
from datamodules.store.videopose3d import read_keypoints, read_poses
from datamodules.threedpw.raw import read_sequence
from lifting.checkpoints import read_checkpoint
from lifting.cli.options.config_files import read_config_file
from lifting.inference.camera_files import read_calibration
from lifting.inference.detectors.onnx_model import OnnxModel
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.keypoint_files.track_frame import parse_pose
from lifting.inference.options import ReadOptions
from lifting.inference.pose_reading import read_people
from lifting.inference.prediction import load_lifter
from lifting.inference.result_files import ResultFiles
from lifting.inference.saved_predictions import Predictions, data_of_run
from lifting.inference.video.reader import Video
from lifting.inference.video.true_poses import read_true_poses
from lifting.models.registry import registered
from lifting.pipeline.plan import Stage
from lifting.pipeline.reading import read_pipeline
from lifting.pipeline.records import read_record
from lifting.published.reading import read_published
from lifting.runs.folder import read_config, read_curves, read_provenance, read_table
from lifting.runs.listing import list_run
from tests.fuzz import seeds_of_datasets as datasets
from tests.fuzz import seeds_of_detectors as detectors
from tests.fuzz import seeds_of_people as people
from tests.fuzz import seeds_of_pictures as pictures
from tests.fuzz import seeds_of_runs as runs

SIZED = ReadOptions(width=1280, height=720)


@dataclass(frozen=True)
class Reader:
    """What reads a file, and what makes one in a folder and returns its path."""

    make: Callable[[Path], Path]
    read: Callable[[Path], object]


def _tracks(path: Path) -> None:
    for track in read_tracks(path, SIZED):
        track.contiguous(path)


def _pose(path: Path) -> None:
    parse_pose(path.read_text(encoding="utf-8", errors="replace"), ReadOptions())


def _store(path: Path) -> None:
    with ClipStore(path) as store:
        store.describe()
        for key in store.keys:
            store.camera(key), store.pose(key), store.frames(key), store.keypoints(key, "gt")


def _keypoints(path: Path) -> None:
    content = read_keypoints(path)
    for subject, action in content.views:
        content.arrays(subject, action)


def _all(read: Callable[[Path], Iterable[Any]]) -> Callable[[Path], object]:
    return lambda path: list(read(path))


def _run(read: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda path: read(path.parent)


READERS = {
    "keypoints coco": Reader(people.coco, _tracks),
    "keypoints results": Reader(people.results, _tracks),
    "keypoints alphapose": Reader(people.alphapose, _tracks),
    "keypoints openpose": Reader(people.openpose, lambda path: _tracks(path.parent)),
    "keypoints mediapipe": Reader(people.mediapipe, _tracks),
    "keypoints npz": Reader(people.npz, _tracks),
    "keypoints npy": Reader(people.npy, _tracks),
    "keypoints videopose3d": Reader(people.data_2d, _tracks),
    "keypoints deeplabcut csv": Reader(detectors.deeplabcut_csv, _tracks),
    "keypoints deeplabcut h5": Reader(detectors.deeplabcut_h5, _tracks),
    "keypoints detectron2": Reader(detectors.detectron2, _tracks),
    "keypoints mmpose": Reader(detectors.mmpose, _tracks),
    "keypoints trc": Reader(detectors.trc, _tracks),
    "keypoints ultralytics": Reader(detectors.ultralytics, _tracks),
    "keypoints ultralytics labels": Reader(
        detectors.ultralytics_labels, lambda path: _tracks(path.parent)
    ),
    "keypoints rtmlib": Reader(detectors.rtmlib, _tracks),
    "keypoints store": Reader(people.keypoint_store, _tracks),
    "pose": Reader(people.pose, _pose),
    "poses": Reader(people.lifted, read_people),
    "poses of others": Reader(people.data_3d, lambda path: read_people(path, "h36m17")),
    "true poses": Reader(people.lifted, lambda path: read_true_poses(path, "h36m17")),
    "result files": Reader(people.lifted, lambda path: ResultFiles(path, "move it.")),
    "predictions": Reader(people.predictions, lambda path: Predictions(path).rows_of("S9")),
    "videopose3d 2d": Reader(people.data_2d, _keypoints),
    "videopose3d 3d": Reader(people.data_3d, read_poses),
    "camera opencv": Reader(people.opencv, lambda path: read_calibration(str(path)).camera()),
    "camera qualisys": Reader(people.qualisys, lambda path: read_calibration(str(path)).camera()),
    "camera pose2sim": Reader(people.pose2sim, lambda p: read_calibration(f"{p}:left").camera()),
    "camera custom": Reader(datasets.custom_cameras, lambda path: custom.read_cameras(path, True)),
    "camera panoptic": Reader(
        datasets.panoptic_cameras,
        lambda path: panoptic_cameras.read_cameras(path, panoptic_cameras.HD_CAMERAS),
    ),
    "store": Reader(datasets.store, _store),
    "index": Reader(datasets.index, read_index),
    "boxes": Reader(datasets.boxes, read_boxes),
    "aist poses": Reader(datasets.aist_poses, aist.read_poses),
    "aist detections": Reader(datasets.aist_detections, lambda p: aist.read_detections(p, 2, 6)),
    "aist cameras": Reader(datasets.aist_cameras, aist.read_cameras),
    "aist mapping": Reader(datasets.aist_mapping, aist.read_mapping),
    "3dpw": Reader(datasets.threedpw, read_sequence),
    "cmu npz": Reader(datasets.cmu_npz, cmu.read_npz),
    "cmu amc": Reader(datasets.amc, cmu.read_amc),
    "cmu asf": Reader(datasets.asf, lambda path: cmu.read_amc(path.with_name("02_01.amc"))),
    "cmu bvh": Reader(datasets.bvh, cmu.read_bvh),
    "motion": Reader(datasets.motion, read_motion),
    "h36m npz": Reader(datasets.h36m_npz, _all(raw.read_sequences)),
    "h36m detections": Reader(datasets.h36m_detections, raw.read_detections),
    "h36m baseline": Reader(datasets.baseline, lambda p: list(raw.read_sequences(p.parents[3]))),
    "h36m fetch": Reader(datasets.fetch, lambda path: list(raw.read_sequences(path.parents[2]))),
    "h36m fetch images": Reader(
        datasets.fetch, lambda path: list(image_reader.read_fetch(path.parents[2]).records)
    ),
    "mpi train": Reader(datasets.mpi_train, lambda path: list(read_train(path, (0, 1), False))),
    "mpi calibration": Reader(
        datasets.mpi_calibration,
        lambda path: list(read_train(path.with_name("annot.mat"), (0,), False)),
    ),
    "mpi test": Reader(datasets.mpi_test, lambda path: list(read_test(path, True))),
    "mpi rows": Reader(datasets.mpi_rows, lambda path: list(read_rows(path, (0,)))),
    "mpi cameras": Reader(
        datasets.mpi_cameras,
        lambda path: list(read_rows(path.with_name("mpi_inf_3dhp_any.npz"), (0,))),
    ),
    "panoptic bodies": Reader(datasets.panoptic_bodies, panoptic.read_bodies),
    "coco images": Reader(
        people.coco, lambda path: list(read_coco(path, path.parent, "train").records)
    ),
    "mpii images": Reader(
        datasets.mpii, lambda path: list(read_mpii(path, path.parent, "train").records)
    ),
    "shelf": Reader(datasets.shelf, lambda path: list(read_shelf(path.parent).records)),
    "shelf cameras": Reader(
        datasets.shelf_cameras, lambda path: list(read_shelf(path.parent).records)
    ),
    "lsp mat": Reader(datasets.lsp_mat, read_images),
    "lsp json": Reader(datasets.relative_depth, read_images),
    "relative depth": Reader(
        datasets.relative_depth, lambda path: (read_relative_depth(path), read_attribution(path))
    ),
    "answers": Reader(datasets.answers, lambda path: (read_answers(path), read_study(path))),
    "matlab": Reader(datasets.lsp_mat, lambda path: load_mat(path, ("joints",))),
    "pickle": Reader(runs.pickle_of_poses, load_pickle),
    "checkpoint": Reader(runs.checkpoint, load_lifter),
    "checkpoint without archive": Reader(runs.legacy_checkpoint, read_checkpoint),
    "hub options": Reader(runs.hub_options, _run(load_lifter)),
    "hub weights": Reader(runs.hub_weights, _run(load_lifter)),
    "published": Reader(runs.published, read_published),
    "published of Python 2": Reader(runs.published_python2, read_published),
    "published npz": Reader(runs.published_npz, read_published),
    "registry": Reader(runs.registry, lambda path: registered()),
    "configuration": Reader(runs.configuration, lambda path: read_config_file(str(path))),
    "pipeline": Reader(runs.pipeline, read_pipeline),
    "stage": Reader(runs.stage, lambda path: read_record(Stage("a", path.parent))),
    "photograph jpeg": Reader(pictures.jpeg, read_photograph),
    "photograph png": Reader(pictures.png, read_photograph),
    "video": Reader(pictures.video, lambda path: list(Video(path))),
    "detector onnx": Reader(pictures.onnx, lambda path: OnnxModel(path, (192, 256), "cpu")),
    "run config": Reader(
        runs.run_config,
        lambda path: (read_config(path.parent), list_run(path.parent), data_of_run(path)),
    ),
    "run provenance": Reader(runs.run_provenance, _run(read_provenance)),
    "run table": Reader(runs.run_table, _run(read_table)),
    "run log": Reader(runs.run_log, lambda path: read_curves(path.parents[2])),
}
