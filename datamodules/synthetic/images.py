"""Images of the procedural human, for machines that have no dataset of images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import Progress

from datamodules.crops.datamodule import ImageDataModule
from datamodules.crops.index import read_index, write_index
from datamodules.crops.pixels import Pixels
from datamodules.crops.records import ImageRecords, IndexInfo, gather_records
from datamodules.h36m.poses import TEST_SUBJECTS, TRAIN_SUBJECTS, VAL_SUBJECTS
from datamodules.synthetic.procedural.body import SKELETON
from datamodules.synthetic.procedural.clips import CAMERAS, SEQUENCES, SUBJECTS
from datamodules.synthetic.rendered.scenes import RenderedPixels, generate_records
from lifting.errors import InputError, Option, Phrase, UnavailableError, wrong_value
from lifting.files.turns import make_once

DRESSED = ("by_side", "alike")
_LICENCE = "Apache-2.0; no recorded person is in it"


class SyntheticImages(ImageDataModule):
    """The procedural human before four cameras, rendered while training: no image is kept on disk.

    Keypoints, poses and cameras are exact, and visibility is that of the rendered image. Subjects,
    actions and cameras have the names of Human3.6M.

    Args:
        folder: Where the index is kept; its name holds what it depends on.
        images_per_clip: Images of each of 30 sequences of a subject before each of four cameras.
        generator_seed: Seed of bodies, motions, cameras, clothes, backgrounds and occluders.
        occluded: Fraction of images with an occluder before the person.
        dressed: ``by_side``: a subject wears the same clothes everywhere, and left and right differ in
            colour; ``alike``: clothes are drawn for every image, left and right alike, as photographs
            have it. Left and right are much harder to tell apart then.
        subjects: Subjects to generate.
        train_subjects: Subjects to train on.
        val_subjects: Subjects to select the model on; none switches validation off.
        test_subjects: Subjects to test on.
        **kwargs: See :class:`datamodules.crops.datamodule.ImageDataModule`.
    """

    def __init__(
        self,
        folder: str = "data",
        images_per_clip: int = 12,
        generator_seed: int = 0,
        occluded: float = 0.35,
        dressed: str = "by_side",
        subjects: Sequence[str] = SUBJECTS,
        train_subjects: Sequence[str] = TRAIN_SUBJECTS,
        val_subjects: Sequence[str] = VAL_SUBJECTS,
        test_subjects: Sequence[str] = TEST_SUBJECTS,
        **kwargs: Any,
    ) -> None:
        if images_per_clip < 1:
            raise wrong_value("data.images_per_clip", images_per_clip, "give at least 1.")
        if not 0 <= occluded <= 1:
            raise wrong_value("data.occluded", occluded, "give a fraction from 0 to 1.")
        if dressed not in DRESSED:
            raise InputError(
                Phrase(
                    "{} is {}: choose one of {}.",
                    Option("data.dressed"),
                    dressed,
                    ", ".join(DRESSED),
                )
            )
        name = f"synthetic_images_seed{generator_seed}_{images_per_clip}per_clip"
        alike = dressed == "alike"
        name += f"_{occluded:g}occluded{'_alike' * alike}"
        super().__init__(
            index=f"{folder}/{name}_{'_'.join(subjects)}.h5",
            train_subjects=train_subjects,
            val_subjects=val_subjects,
            test_subjects=test_subjects,
            **kwargs,
        )
        self.generated = list(subjects)
        self.images_per_clip = images_per_clip
        self.generator_seed = generator_seed
        self.occluded = occluded
        # Augmentation exchanges the clothes of those dressed by side; a flip test does not.
        self.mirrored_alike = alike
        self.info = IndexInfo(SKELETON.name, "procedural human, version 1, painted", _LICENCE)

    def prepare_data(self) -> None:
        """Generate the index, unless there is one that this version of the generator made."""
        make_once(Path(self.index), self._is_current, self._generate)

    def _generate(self) -> None:
        count = len(self.generated) * len(SEQUENCES) * len(CAMERAS) * self.images_per_clip
        records = generate_records(
            self.generator_seed,
            self.generated,
            self.images_per_clip,
            self.occluded,
            self.mirrored_alike,
        )
        folder = Path(self.index).parent
        # As a context, so that the bar has gone when an error is printed.
        with Progress() as bar:
            shown = bar.track(records, total=count, description="Posing people")
            gathered = gather_records(self.info, folder, shown, images_exist=False)
        write_index(Path(self.index), gathered)

    def _is_current(self) -> bool:
        try:
            return read_index(self.index).info == self.info
        except UnavailableError:
            raise
        except InputError:
            return False

    def _read(self) -> ImageRecords:
        return read_index(self.index)

    def _pixels(self, records: ImageRecords) -> Pixels:
        return RenderedPixels(records, self.generator_seed, self.occluded, self.mirrored_alike)
