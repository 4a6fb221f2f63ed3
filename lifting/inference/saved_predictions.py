"""Predictions that ``predict`` saved, with the recordings they were made of."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jsonargparse import ArgumentError, ArgumentParser
from numpy import ndarray

from datamodules.base import PoseDataModule
from datamodules.store.clips import ClipKey, ClipStore
from lifting.cameras import Camera, project
from lifting.containers.arrays import load_npz
from lifting.containers.damage import DATA_ERRORS
from lifting.containers.yaml_files import load_yaml
from lifting.errors import InputError
from lifting.geometry import centre, similarity_alignment
from lifting.metrics.functional import joint_error
from lifting.runs.folder import last_start, read_config, read_provenance, run_argument
from lifting.runs.options import changed
from lifting.skeletons import Skeleton, convert, skeleton

_DIMS = {"pose": 3, "clip": 1, "frame": 1, "clips": 2}


@dataclass(frozen=True)
class PredictedFrames:
    """Some predicted frames of one clip.

    Attributes:
        key: The clip.
        frames: Their numbers in the recording, ``(T,)``.
        predicted: Root-relative camera-frame millimetres, ``(T, J, 3)``.
        truth: The same of the truth, or None where the dataset has none.
        keypoints: Input pixels, ``(T, K, 2)``, NaN where nothing was detected.
        status: What each joint rests on (:class:`lifting.skeletons.occlusion.Status`), ``(T, J)``, or
            None where the method completes nothing.
        joints: Joint set of the poses.
        keypoint_joints: Joint set of the keypoints.
        trajectory: Places of the root, camera-frame millimetres, ``(T, 3)``, or None where the method
            predicts none.
        camera: The camera that saw them, where there are places.
    """

    key: ClipKey
    frames: ndarray
    predicted: ndarray
    truth: ndarray | None
    keypoints: ndarray
    status: ndarray | None
    joints: Skeleton
    keypoint_joints: Skeleton
    trajectory: ndarray | None = None
    camera: Camera | None = None

    def reprojected(self) -> "PredictedFrames":
        """Return the poses, where they are, as the camera sees them, in place of the keypoints.

        Raises:
            InputError: If it is not known where they are.
        """
        if self.trajectory is None or self.camera is None:
            what = "was predicted without a trajectory, so that it cannot be projected"
            remedy = "take a method that predicts one, such as TemporalGAN."
            raise InputError(what, self.key.path, remedy)
        absolute = torch.from_numpy(self.predicted + self.trajectory[:, None]).double()
        points = project(absolute, self.camera.to(torch.float64)).numpy()
        return replace(self, keypoints=points, keypoint_joints=self.joints)

    def aligned(self) -> "PredictedFrames":
        """Return the poses fitted to the true ones by a similarity each, as PA-MPJPE does.

        Raises:
            InputError: If there are no true poses.
        """
        predicted, truth = self._both()
        moved = similarity_alignment(predicted, truth)(predicted)
        return replace(self, predicted=moved.float().numpy())

    @property
    def errors(self) -> ndarray:
        """Distances of the joints from the true ones, millimetres, ``(T, J)``.

        Raises:
            InputError: If there are no true poses.
        """
        return joint_error(*self._both()).numpy()

    def _both(self) -> tuple[torch.Tensor, torch.Tensor]:
        if self.truth is None:
            raise InputError("has no true poses to compare predictions with.", self.key.path)
        return torch.from_numpy(self.predicted).double(), torch.from_numpy(self.truth).double()


class Predictions:
    """The ``predictions.npz`` of a run.

    Args:
        path: The file, see :class:`callbacks.predictions.PredictionWriter`.

    Raises:
        InputError: If it is missing, damaged, or holds no poses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = load_npz(path)
        if "pose" not in self.content and "frame" in self.content:
            names = ", ".join(self.content)
            raise InputError(f"holds {names} but no poses", path, "name the run of a lifter.")
        fits = all(
            isinstance(self.content.get(name), ndarray) and self.content[name].ndim == dims
            for name, dims in _DIMS.items()
        )
        if not fits or not self._is_consistent():
            raise InputError("damaged or of another program", path, "run predict again.")

    def _is_consistent(self) -> bool:
        pose, clip, frame, clips = (self.content[name] for name in _DIMS)
        integers = all(np.issubdtype(x.dtype, np.integer) for x in (clip, frame))
        return bool(
            integers
            and np.issubdtype(pose.dtype, np.floating)
            and 0 < len(pose) == len(clip) == len(frame)
            and pose.shape[2] == clips.shape[1] == 3
            and clip.min() >= 0
            and clip.max() < len(clips)
        )

    def __len__(self) -> int:
        return len(self.content["pose"])

    @property
    def clips(self) -> list[str]:
        """The clips, as subject/sequence/camera."""
        return ["/".join(names) for names in self.content["clips"].astype(str).tolist()]

    @property
    def first(self) -> str:
        """The clip of the first row."""
        return self.clips[self.content["clip"][0]]

    def rows_of(self, name: str) -> ndarray:
        """Return the rows of a clip in the order of its frames.

        It is named subject/sequence/camera, or by the beginning of that: the first that fits is taken.

        Raises:
            InputError: If no clip fits.
        """
        parts = name.rstrip("/").split("/")
        for index, clip in enumerate(self.clips):
            rows = (self.content["clip"] == index).nonzero()[0]
            if clip.split("/")[: len(parts)] == parts and len(rows):
                return rows[np.argsort(self.content["frame"][rows], kind="stable")]
        subject = [clip for clip in self.clips if clip.split("/")[0] == parts[0]]
        examples = ", ".join((subject or self.clips)[:3])
        raise InputError(f"has no clip '{name}'", self.path, f"it has for example {examples}.")

    def beside_truth(self, rows: Sequence[int] | ndarray, data: PoseDataModule) -> PredictedFrames:
        """Return rows of one clip with keypoints and true poses of the same frames.

        Raises:
            InputError: If the store cannot be read, or is not what the poses were predicted from.
        """
        with ClipStore(data.store) as store:
            return self.beside(rows, data, store)

    def beside(
        self, rows: Sequence[int] | ndarray, data: PoseDataModule, store: ClipStore
    ) -> PredictedFrames:
        """Return what :meth:`beside_truth` does, of a store that is open."""
        clip = self.clips[self.content["clip"][rows[0]]]
        frames, predicted = self.content["frame"][rows], self.content["pose"][rows]
        key = next((k for k in store.keys if k.path == f"clips/{clip}"), None)
        stored, joints = store.info.skeleton, skeleton(data.pose_skeleton or store.info.skeleton)
        known = np.array([]) if key is None else store.frames(key)
        if key is None or not np.isin(frames, known).all() or predicted.shape[1] != len(joints):
            what = f"was not predicted from {data.store}, which lacks some of {clip}"
            raise InputError(what, self.path, "predict again.")
        at = np.searchsorted(known, frames)
        points = torch.from_numpy(store.keypoints(key, data.source)[at])
        pose = store.pose(key)
        names = store.info.sources[data.source], data.keypoint_skeleton
        points[points[..., 2] == 0] = torch.nan
        truth = None
        if pose is not None:
            converted = convert(torch.from_numpy(pose[at]), stored, joints.name)
            truth = centre(converted, joints.root).numpy()
        status, trajectory = self.content.get("status"), self.content.get("trajectory")
        return PredictedFrames(
            key=key,
            frames=frames,
            predicted=predicted,
            truth=truth,
            keypoints=convert(points[..., :2], *names).numpy(),
            status=None if status is None else status[rows],
            joints=joints,
            keypoint_joints=skeleton(data.keypoint_skeleton),
            trajectory=None if trajectory is None else trajectory[rows],
            camera=None if trajectory is None else store.camera(key),
        )


def predictions_of_run(folder: Path) -> Predictions:
    """Return what was predicted with a run.

    Raises:
        InputError: If there is no such run, or nothing was predicted with it.
    """
    read_config(folder)
    path = folder / "predictions.npz"
    if not path.is_file():
        command = shlex.join(["lifting", "predict", "--run", run_argument(folder)])
        raise InputError("not predicted yet", path, f"run `{command}`.")
    return Predictions(path)


def data_of_run(config: Path) -> PoseDataModule:
    """Return the datamodule that a run predicted with last, before any setup.

    It is that of the ``config.yaml``, with the options that ``predict`` was given beside it.

    Raises:
        InputError: If the file is missing, or names none that can be built.
    """
    beside = last_start(read_provenance(config.parent), "predict").get("changes") or {}
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(PoseDataModule, "data")
    try:
        content: Any = changed(load_yaml(config), beside)
        options = parser.parse_object({"data": content["data"]})
    except (ArgumentError, *DATA_ERRORS) as error:
        raise InputError("names no dataset", config, "take it as `fit` wrote it.") from error
    # What fails in the code of a dataset is no fault of the file.
    return parser.instantiate_classes(options).data
