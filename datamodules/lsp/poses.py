"""Leeds Sports Pose: people on photographs, 2D only, with judgements of relative depth.

Johnson and Everingham, "Clustered Pose and Nonlinear Appearance Models for Human Pose Estimation",
BMVC 2010. The judgements of depth: Ronchi et al., "It's all Relative", BMVC 2018.
Prepare the store with ``lifting prepare lsp``.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from datamodules.base import PoseDataModule
from datamodules.examples.bank import IndexBatch, LoadedClip
from datamodules.relative_depth.annotation_file import DepthAnnotation, read_relative_depth
from datamodules.relative_depth.pairs import DepthPairs, annotations_by_image, depth_pairs
from datamodules.safe_load import sha256
from datamodules.store.split_reader import SplitReader
from lifting.batch import PoseBatch
from lifting.errors import InputError, Option, Phrase
from lifting.skeletons import skeleton


class LSP(PoseDataModule):
    """Leeds Sports Pose from its clip store.

    With annotations every batch has ``pairs``, ``farther`` and ``compared`` as well, and images
    without any are not trained on. The store alone says which split an image is in.

    Args:
        store: The clip store that ``lifting prepare lsp`` writes.
        annotations: The ``relative_depth_lsp_v1.json``; none where not given.
        max_risk: Leave out annotations whose risk is above it; none where not given.
        keypoint_skeleton: Joint set to hand the keypoints over in.
        train_subjects: Splits to train on.
        val_subjects: Splits to select the model on; none switches validation off.
        test_subjects: Splits to test on.
        **kwargs: See :class:`datamodules.base.PoseDataModule`.
    """

    prepared_by = "lifting prepare lsp RAW"

    def __init__(
        self,
        store: str = "data/lsp.h5",
        annotations: str | None = None,
        max_risk: float | None = None,
        keypoint_skeleton: str = "lsp14",
        train_subjects: Sequence[str] = ("train",),
        val_subjects: Sequence[str] = (),
        test_subjects: Sequence[str] = ("test",),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            store=store,
            keypoint_skeleton=keypoint_skeleton,
            train_subjects=train_subjects,
            val_subjects=val_subjects,
            test_subjects=test_subjects,
            **kwargs,
        )
        if max_risk is not None and annotations is None:
            raise InputError(
                Phrase("{} needs {}.", Option("data.max_risk"), Option("data.annotations"))
            )
        self.annotation_file = annotations
        self.max_risk = max_risk
        self.depth_pairs: dict[str, DepthPairs] = {}
        self._annotations: dict[str, list[DepthAnnotation]] = {}

    def setup(self, stage: str) -> None:
        """Load the splits a stage needs, and the annotations of their images.

        Raises:
            InputError: If the store or the annotations cannot be read, or do not belong together.
        """
        if self.annotation_file is not None and not self._annotations:
            path = Path(self.annotation_file)
            self._annotations = annotations_by_image(read_relative_depth(path), self.max_risk)
        super().setup(stage)
        if self.annotation_file is None:
            return
        self.fingerprint[Path(self.annotation_file).name] = sha256(self.annotation_file)
        # As many slots in every split, so that batches of all of them have one shape.
        slots = max((len(of_image) for of_image in self._annotations.values()), default=0)
        for split, bank in self.banks.items():
            if split not in self.depth_pairs:
                names = [key.sequence for key in bank.keys]
                self.depth_pairs[split] = depth_pairs(
                    names, self._annotations, skeleton(self.keypoint_skeleton), slots
                )

    def _clips(self, reader: SplitReader, split: str) -> Iterator[LoadedClip]:
        if self.annotation_file is None or split != "train":
            yield from super()._clips(reader, split)
            return
        subjects = self.subjects[split]
        if not any(key.sequence in self._annotations for key in reader.wanted(subjects)):
            what = f"no annotation of an image of {self.store} in {', '.join(subjects)}"
            raise InputError(what, self.annotation_file, "name files that belong together.")
        for clip in super()._clips(reader, split):
            if clip.key.sequence in self._annotations:
                yield clip

    def _gather(self, batch: IndexBatch) -> PoseBatch:
        gathered = super()._gather(batch)
        if self.annotation_file is None:
            return gathered
        self.depth_pairs[batch.split] = self.depth_pairs[batch.split].to(batch.rows.device)
        pairs = self.depth_pairs[batch.split].rows(gathered["clip"])
        if batch.flip is not None:
            pairs = pairs.mirrored(batch.flip, skeleton(self.keypoint_skeleton))
        pairs.into(gathered)
        return gathered
