"""The datamodule of people on images: crops, keypoints, and 3D poses where they are known."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning import LightningDataModule
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor

from datamodules.augmentation import Augmentation
from datamodules.crop_loader import CropLoader
from datamodules.detected_boxes import take_boxes
from datamodules.image_index import read_index
from datamodules.image_records import ImageRecords
from datamodules.image_split import Crops, ImageBatch, ImageSplit
from datamodules.loader import OrderedLoader, ShuffledLoader
from datamodules.pixels import FilePixels, Pixels
from lifting.errors import InputError
from lifting.skeletons import convert, skeleton

_SPLITS = {"fit": ("train", "val"), "validate": ("val",)}


class ImageDataModule(LightningDataModule):
    """People on images, split by subject, cropped by their boxes.

    Images are decoded, shrunk and warped in worker processes; what is random depends on seed, epoch and
    example alone, so that a resumed run sees what it would have seen. An image that cannot be read is
    named once in a warning, and comes black, with no joint labelled.

    Args:
        index: The index that ``scripts/prepare_images.py`` writes.
        keypoint_skeleton: Joint set to hand keypoints over in, converted by joint name.
        pose_skeleton: Joint set to hand poses over in; that of the keypoints where not given.
        train_subjects: Subjects to train on.
        val_subjects: Subjects to select the model on; none switches validation off.
        test_subjects: Subjects to test on.
        width: Width of a crop, pixels.
        height: Its height.
        padding: How much larger than its box a crop is.
        boxes: A file of detected boxes (:mod:`datamodules.detected_boxes`), which validation, test and
            prediction crop by; those of the index where not given.
        augmentation: How much crops that are trained on differ; not at all where null.
        batch_size: Training examples per batch and device.
        eval_batch_size: Examples per batch in validation, test and prediction, at most.
        workers: Processes that decode images; 0 decodes in the main one.
        seed: Seed of order and augmentation.
    """

    def __init__(
        self,
        index: str,
        keypoint_skeleton: str = "h36m17",
        pose_skeleton: str | None = None,
        train_subjects: Sequence[str] = (),
        val_subjects: Sequence[str] = (),
        test_subjects: Sequence[str] = (),
        width: int = 192,
        height: int = 256,
        padding: float = 1.25,
        boxes: str | None = None,
        augmentation: Augmentation | None = None,
        batch_size: int = 64,
        eval_batch_size: int = 64,
        workers: int = 2,
        seed: int = 0,
    ) -> None:
        super().__init__()
        counts = {"width": width, "height": height, "batch_size": batch_size}
        for option, value in {**counts, "eval_batch_size": eval_batch_size}.items():
            if value < 1:
                raise InputError(f"--data.{option} is {value}: give at least 1.")
        if workers < 0:
            raise InputError(f"--data.workers is {workers}: give 0 or more.")
        if padding <= 0:
            raise InputError(f"--data.padding is {padding}: give a factor above 0.")
        skeleton(keypoint_skeleton)
        self.index = index
        self.keypoint_skeleton = keypoint_skeleton
        self.pose_skeleton = pose_skeleton or keypoint_skeleton
        self.subjects = {
            "train": list(train_subjects),
            "val": list(val_subjects),
            "test": list(test_subjects),
        }
        self.size = (width, height)
        self.padding = padding
        self.boxes = boxes
        self.augmentation = augmentation
        self.batch_size = batch_size
        self.eval_batch_size = eval_batch_size
        self.workers = workers
        self.seed = seed
        self.splits: dict[str, ImageSplit] = {}
        self.fingerprint: dict[str, str] = {}
        self.broken: list[str] = []
        self._records: ImageRecords | None = None
        self._train_loader: CropLoader | None = None
        self._resume_from: dict[str, int] | None = None

    def setup(self, stage: str) -> None:
        """Read the index, and take the splits a stage needs.

        Raises:
            InputError: If the index or the boxes cannot be read, or a subject is not in it.
        """
        if self._records is None:
            self._records = self._read()
            self.fingerprint = {Path(self.index).name: self._records.digest}
            self.fingerprint |= self._records.info.inputs
        self._records.rows_of([s for split in self.subjects.values() for s in split])
        for split in _SPLITS.get(stage, ("test",)):
            if split not in self.splits and self.subjects[split]:
                rows = self._records.rows_of(self.subjects[split])
                self.splits[split] = self._split(self._records.taken(rows), split)

    def _read(self) -> ImageRecords:
        records = read_index(self.index)
        if not records.file(0).is_file():
            raise InputError(
                f"{self.index}: its images are not in {records.folder} any more; prepare it again."
            )
        return records

    def _pixels(self, records: ImageRecords) -> Pixels:
        """Return where the images of records come from."""
        return FilePixels([records.file(row) for row in range(len(records))])

    def _split(self, records: ImageRecords, split: str) -> ImageSplit:
        training, boxes = split == "train", records.columns["box"]
        if self.boxes is not None and not training:
            boxes, taken = take_boxes(records, Path(self.boxes))
            if missing := int((~taken).sum()):
                rank_zero_warn(
                    f"{self.boxes}: {missing} of {len(taken)} people of the {split} split have no box "
                    "in it, and keep that of the index."
                )
        poses = convert(records.columns["pose"], records.info.skeleton, self.pose_skeleton)
        return ImageSplit(
            records.converted(self.keypoint_skeleton),
            boxes,
            self._pixels(records),
            self.size,
            self.padding,
            self.augmentation if training else None,
            self.seed,
            poses,
        )

    def split(self, name: str) -> ImageSplit:
        """Return the examples of a split.

        Raises:
            InputError: If the split has no subjects.
        """
        if name not in self.splits:
            raise InputError(
                f"The {name} split is empty: name its subjects with --data.{name}_subjects."
            )
        return self.splits[name]

    def train_dataloader(self) -> CropLoader:
        """Return the shuffled, resumable loader of the training split."""
        split = self.split("train")
        # What is mirrored is drawn with the rest of the augmentation.
        order = ShuffledLoader(split, self.batch_size, self.seed, flip=0.0)
        loader = CropLoader(split, order, self.workers)
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

    def _ordered(self, name: str) -> CropLoader:
        split = self.split(name)
        return CropLoader(split, OrderedLoader(split, self.eval_batch_size, name), self.workers)

    def val_dataloader(self) -> CropLoader | list[Any]:
        """Return the loader of the validation split, or none where no subject is held out."""
        return self._ordered("val") if "val" in self.splits else []

    def test_dataloader(self) -> CropLoader:
        """Return the loader of the test split."""
        return self._ordered("test")

    def predict_dataloader(self) -> CropLoader:
        """Return the loader of the test split."""
        return self.test_dataloader()

    def on_after_batch_transfer(self, batch: Crops, dataloader_idx: int) -> ImageBatch:
        """Gather the examples whose crops were made, on the device these were moved to.

        Raises:
            InputError: If not one image of a batch could be read.
        """
        split = self.splits[batch.split]
        if batch.broken.any():
            self._tell(split, batch.rows[batch.broken])
            if batch.broken.all():
                raise InputError(
                    f"{self.broken[-1]}: cannot be read, nor can any other image of its batch; check "
                    f"the images that {self.index} names."
                )
        return split.batch(batch)

    def _tell(self, split: ImageSplit, rows: Tensor) -> None:
        for row in rows.tolist():
            name = str(split.records.file(row))
            if name not in self.broken:
                self.broken.append(name)
                rank_zero_warn(
                    f"{name}: missing, damaged or no picture; nothing is learnt from it "
                    f"({len(self.broken)} so far)."
                )
