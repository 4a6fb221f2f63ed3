"""Base class of the datamodules of images: crops, keypoints, and 3D poses where they are known."""

from collections.abc import Sequence
from pathlib import Path

import torch
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor

from datamodules.crops.augmentation import Augmentation
from datamodules.crops.detected_boxes import take_boxes
from datamodules.crops.index import read_index
from datamodules.crops.loader import CropLoader
from datamodules.crops.pixels import FilePixels, Pixels
from datamodules.crops.records import ImageRecords
from datamodules.crops.split import Crops, ImageSplit
from datamodules.examples.bank import IndexBatch
from datamodules.examples.loader import OrderedLoader, ShuffledLoader
from datamodules.examples.subject_datamodule import SubjectDataModule, evenly
from lifting.batch import ImageBatch
from lifting.errors import InputError, wrong_value
from lifting.skeletons import convert, skeleton
from lifting.windows import Windows

_SPLITS = {"fit": ("train", "val"), "validate": ("val",)}


class ImageDataModule(SubjectDataModule):
    """People on images, split by subject, cropped by their boxes.

    Images are decoded, shrunk and warped in worker processes; what is random depends on seed, epoch and
    example alone, so that a resumed run sees what it would have seen. An image that cannot be read is
    named once in a warning, and comes black, with no joint labelled.

    Args:
        index: The index that ``lifting prepare images`` writes.
        keypoint_skeleton: Joint set to hand keypoints over in, converted by joint name.
        pose_skeleton: Joint set to hand poses over in; that of the keypoints where not given.
        train_subjects: Subjects to train on.
        val_subjects: Subjects to select the model on; none switches validation off.
        test_subjects: Subjects to test on.
        width: Width of a crop, pixels.
        height: Its height.
        padding: How much larger than its box a crop is.
        boxes: A file of detected boxes (:mod:`datamodules.crops.detected_boxes`), which validation,
            test and prediction crop by; those of the index where not given.
        window: Images of an example, an odd number: the person's, and those before and after it in the
            recording, for lifters of several frames. Methods measure the middle one.
        augmentation: Augmentation of training crops; none where null.
        batch_size: Training examples per batch and device.
        eval_batch_size: Examples per batch in validation, test and prediction, at most.
        workers: Processes that decode images, and as many again for validation; 0 for the main one.
        seed: Seed of order and augmentation.
    """

    yields_images = True
    prepared_by = "lifting prepare images KIND RAW"

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
        window: int = 1,
        augmentation: Augmentation | None = None,
        batch_size: int = 64,
        eval_batch_size: int = 64,
        workers: int = 2,
        seed: int = 0,
    ) -> None:
        subjects = {"train": train_subjects, "val": val_subjects, "test": test_subjects}
        super().__init__(keypoint_skeleton, pose_skeleton or keypoint_skeleton, subjects, seed)
        counts = {"width": width, "height": height, "batch_size": batch_size}
        for option, value in {**counts, "eval_batch_size": eval_batch_size}.items():
            if value < 1:
                raise wrong_value(f"data.{option}", value, "give at least 1.")
        if window < 1 or window % 2 == 0:
            raise wrong_value("data.window", window, "give an odd number.")
        if workers < 0:
            raise wrong_value("data.workers", workers, "give 0 or more.")
        if padding <= 0:
            raise wrong_value("data.padding", padding, "give a factor above 0.")
        skeleton(keypoint_skeleton)
        self.index = index
        self.size = (width, height)
        self.padding = padding
        self.boxes = boxes
        self.augmentation = augmentation
        self.batch_size = batch_size
        self.eval_batch_size = eval_batch_size
        self.workers = workers
        self.train_windows = self.test_windows = Windows(receptive_field=window)
        self.splits: dict[str, ImageSplit] = {}
        self.broken: list[str] = []
        self._loaders: list[CropLoader] = []
        self._records: ImageRecords | None = None

    def setup(self, stage: str) -> None:
        """Read the index, and take the splits a stage needs.

        Raises:
            InputError: If the index or the boxes cannot be read, or a subject is not in it.
        """
        if self._records is None:
            self._records = self._read()
            self.fingerprint = {Path(self.index).name: self._records.digest}
            self.fingerprint |= self._records.info.inputs
            self.actions = list(self._records.names["action"])
        for split, subjects in self.subjects.items():
            self._records.rows_of(subjects, f"data.{split}_subjects")
        for split in _SPLITS.get(stage, ("test",)):
            if split not in self.splits and self.subjects[split]:
                rows = self._records.rows_of(self.subjects[split])
                self.splits[split] = self._split(self._records.taken(rows), split)

    def _read(self) -> ImageRecords:
        self.check_there(self.index)
        records = read_index(self.index)
        if not records.file(0).is_file():
            raise InputError(
                f"its images are not in {records.folder} any more", self.index, "prepare it again."
            )
        return records

    def _pixels(self, records: ImageRecords) -> Pixels:
        """Return the source of the images of records."""
        sizes = [
            (round(width), round(height)) for width, height in records.columns["size"].tolist()
        ]
        return FilePixels([records.file(row) for row in range(len(records))], sizes)

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
            self.train_windows.length,
        )

    def split(self, name: str) -> ImageSplit:
        """Return the examples of a split.

        Raises:
            InputError: If the split has no subjects.
        """
        if name not in self.splits:
            raise InputError(f"The {name} split is empty: give --data.{name}_subjects.")
        return self.splits[name]

    @property
    def has_poses(self) -> bool:
        """Whether there are 3D poses in the splits that are loaded."""
        return any(split.has_poses for split in self.splits.values())

    def training_frames(self) -> tuple[Tensor, Tensor | None]:
        """Return keypoints ``(N, K, 2)`` and absolute poses ``(N, J, 3)`` of the training split.

        Where only some people have a pose, they are these; where nobody has one, there are no poses.
        """
        return self.split("train").frames()

    def prior_poses(self) -> Tensor | None:
        """Return None: there is no prior beside images."""
        return None

    def clip_names(self, split: str) -> list[tuple[str, str, str]]:
        """Return subject, sequence and view of each recording, by the number a batch has for it."""
        return self.split(split).clips

    def spread(self, split: str, count: int, device: torch.device) -> ImageBatch:
        """Return a batch of people spread evenly over a split, always the same ones."""
        examples = self.split(split)
        crops = examples.crops(IndexBatch(evenly(examples.rows, count), None, split))
        return self.on_after_batch_transfer(self.transfer_batch_to_device(crops, device, 0), 0)

    def shuffled(self) -> CropLoader:
        """Return a new loader of the training split."""
        split = self.split("train")
        # What is mirrored is drawn with the rest of the augmentation.
        order = ShuffledLoader(split, self.batch_size, self.seed, flip=0.0)
        return self._loader(split, order)

    def ordered(self, split: str) -> CropLoader:
        """Return a loader of every person of a split, once and in the order of the recordings."""
        examples = self.split(split)
        order = OrderedLoader(examples, self.eval_batch_size, split)
        return self._loader(examples, order)

    def _loader(self, split: ImageSplit, order: ShuffledLoader | OrderedLoader) -> CropLoader:
        self._loaders.append(CropLoader(split, order, self.workers))
        return self._loaders[-1]

    def teardown(self, stage: str) -> None:
        """Let the workers of all loaders go."""
        for loader in self._loaders:
            loader.close()
        self._loaders.clear()

    def on_before_batch_transfer(self, batch: Crops, dataloader_idx: int) -> Crops:
        """Warn of images that could not be read, while the host knows which they are.

        Raises:
            InputError: If not one image of a batch could be read.
        """
        if batch.broken.any():
            self._tell(self.splits[batch.split], batch.rows[batch.broken])
            if batch.broken.all():
                what = "cannot be read, nor can any other image of its batch"
                raise InputError(what, self.broken[-1], f"check those of {self.index}.")
        return batch

    def on_after_batch_transfer(self, batch: Crops, dataloader_idx: int) -> ImageBatch:
        """Gather the examples whose crops were made, on the device these were moved to."""
        return self.splits[batch.split].batch(batch)

    def _tell(self, split: ImageSplit, rows: Tensor) -> None:
        for row in rows.tolist():
            name = str(split.records.file(row))
            if name not in self.broken:
                self.broken.append(name)
                rank_zero_warn(
                    f"{name}: missing, damaged or no picture; nothing is learnt from it "
                    f"({len(self.broken)} so far)."
                )
