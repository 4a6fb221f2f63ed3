"""Base class of all datamodules: subjects by split, and a resumable training loader."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from lightning import LightningDataModule
from torch import Tensor

from lifting.errors import InputError
from lifting.windows import Windows


@runtime_checkable
class ResumableLoader(Protocol):
    """A loader that knows its place."""

    def __len__(self) -> int:
        """Batches of an epoch."""

    def __iter__(self) -> Iterator[Any]:
        """Yield the batches of an epoch, or the rest of one that was interrupted."""

    def state(self) -> dict[str, int]:
        """Return the place: the epoch, and the examples of it that are done."""

    def resume(self, state: dict[str, int]) -> None:
        """Continue where the state was taken."""


class SubjectDataModule(LightningDataModule, ABC):
    """Recordings of people, split by subject.

    Validation is for model selection and takes training subjects that are held out; the test subjects
    are only ever touched by ``test`` and ``predict``.

    A subclass fills in ``setup``, which loads splits, sets :attr:`actions` and :attr:`fingerprint`, and
    the abstract methods. What is random in its training loader depends on seed, epoch and example alone,
    so that a run resumed in mid-epoch sees exactly the batches it would have seen.

    Args:
        keypoint_skeleton: Joint set that keypoints are handed over in.
        pose_skeleton: Joint set that poses are handed over in.
        subjects: Names of the subjects of each split: ``train``, ``val``, ``test``, and what else the
            dataset has.
        seed: Seed of what is random.

    Attributes:
        actions: Names of the actions, by the number that a batch has for them; known after ``setup``.
        fingerprint: SHA-256 of what was read, by name of the file; known after ``setup``.
        frame_rate: Frames per second of the windows trained on, where there is one rate; known after
            ``setup``.
    """

    # Whether batches are crops of images (:class:`lifting.batch.ImageBatch`); else they are
    # keypoints to lift (:class:`lifting.batch.PoseBatch`).
    yields_images = False
    # Whether the mirror image of a person is one that might be among the images.
    mirrored_alike = True
    # Joint set that tests compare poses in; that of the poses where there is none.
    test_skeleton: str | None = None
    # Command that makes what is read, without the place to write it to.
    prepared_by = "lifting prepare DATASET RAW"
    # How examples are cut: for training, and for validation, test and prediction.
    train_windows: Windows
    test_windows: Windows

    def __init__(
        self,
        keypoint_skeleton: str,
        pose_skeleton: str,
        subjects: Mapping[str, Sequence[str]],
        seed: int,
    ) -> None:
        super().__init__()
        self.keypoint_skeleton = keypoint_skeleton
        self.pose_skeleton = pose_skeleton
        self.subjects = {split: list(names) for split, names in subjects.items()}
        for split, names in self.subjects.items():
            if twice := [name for name in names if names.count(name) > 1]:
                what = f"--data.{split}_subjects names {twice[0]} twice"
                raise InputError(what, remedy="leave one of them out.")
        self.seed = seed
        self.actions: list[str] = []
        self.fingerprint: dict[str, str] = {}
        self.frame_rate: float | None = None
        self._train_loader: ResumableLoader | None = None
        self._resume_from: dict[str, int] | None = None

    @classmethod
    def how_to_make(cls, path: str | Path) -> str:
        """Return what to do about a store, or an index of images, that is not there."""
        return f"make it with `{cls.prepared_by} --out {path}` (docs/data.md), or check the path."

    @classmethod
    def check_there(cls, path: str | Path) -> None:
        """Refuse to read a store, or an index of images, that is not there.

        Raises:
            InputError: With the command that makes it.
        """
        if not Path(path).exists():
            raise InputError("is not there", path, cls.how_to_make(path))

    @property
    @abstractmethod
    def has_poses(self) -> bool:
        """Whether there are 3D poses in the splits that are loaded."""

    @property
    def frames_per_example(self) -> int:
        """Input frames of a training example."""
        return self.train_windows.length

    @abstractmethod
    def training_frames(self) -> tuple[Tensor, Tensor | None]:
        """Return keypoints ``(N, K, 2)`` and absolute poses ``(N, J, 3)`` of the training split."""

    @abstractmethod
    def prior_poses(self) -> Tensor | None:
        """Return absolute poses ``(N, J, 3)`` of a prior, or None without one."""

    @abstractmethod
    def clip_names(self, split: str) -> list[tuple[str, str, str]]:
        """Return subject, sequence and camera of each recording, by the number a batch has for it."""

    @abstractmethod
    def spread(self, split: str, count: int, device: torch.device) -> Any:
        """Return a batch of examples spread evenly over a split, always the same ones."""

    @abstractmethod
    def shuffled(self) -> ResumableLoader:
        """Return a new loader of the training split."""

    @abstractmethod
    def ordered(self, split: str) -> Any:
        """Return a loader of every example of a split, once and in order."""

    def train_dataloader(self) -> ResumableLoader:
        """Return the shuffled, resumable loader of the training split."""
        loader = self.shuffled()
        if self._resume_from is not None:
            loader.resume(self._resume_from)
            self._resume_from = None
        self._train_loader = loader
        return loader

    def state_dict(self) -> dict[str, Any]:
        """Return the position in the training data."""
        return {} if self._train_loader is None else {"train": self._train_loader.state()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Let the next training loader go on from a position."""
        self._resume_from = state_dict.get("train")

    def val_dataloader(self) -> Any:
        """Return the loader of the validation split, or none where no subject is held out."""
        return self.ordered("val") if self.subjects["val"] else []

    def test_dataloader(self) -> Any:
        """Return the loader of the test split."""
        return self.ordered("test")

    def predict_dataloader(self) -> Any:
        """Return the loader of the test split."""
        return self.test_dataloader()


def evenly(rows: Tensor, count: int) -> Tensor:
    """Return some of the rows, spread evenly over all of them."""
    return rows[torch.linspace(0, len(rows) - 1, count).long()]
