"""Conversion of a dataset of images into an index file, with a report."""

from collections.abc import Callable, Iterator
from pathlib import Path

from datamodules.crops.image_source import ImageSource, join_sources
from datamodules.crops.index import write_index
from datamodules.crops.records import ImageRecord, gather_records
from datamodules.h36m.image_reader import read_fetch, read_mmpose
from datamodules.image_sets.coco import read_coco
from datamodules.image_sets.mpii import read_mpii
from datamodules.image_sets.shelf import read_shelf
from datamodules.lsp.image_reader import read_lsp
from datamodules.mpi_inf_3dhp.image_reader import read_mpi
from datamodules.panoptic.image_reader import read_panoptic
from lifting.errors import InputError, Option, Phrase, wrong_value

# The annotation of training and validation, below a folder, and where the images of each are.
_BOTH = {
    "coco": {
        "train": ("person_keypoints_train2017.json", "train2017"),
        "val": ("person_keypoints_val2017.json", "val2017"),
    },
    "mpii": {"train": ("train.json", "images"), "val": ("valid.json", "images")},
}

KINDS = ("coco", "mpii", "lsp", "h36m", "panoptic", "mpi_inf_3dhp", "shelf")


def find(
    kind: str,
    raw: Path,
    images: Path | None = None,
    split: str | None = None,
    joints: str = "coco17",
    every: int | None = None,
    alone: bool = True,
    held_out: int = 0,
) -> ImageSource:
    """Read a dataset.

    Args:
        kind: One of ``KINDS``.
        raw: Its annotation: a file, or a folder where that is what is published. Of coco and mpii a
            folder is that of the files of training and validation, which come into one index.
        images: The folder of its images, where it is not that of the annotation; beside a folder of
            annotation, what holds ``train2017`` and ``val2017`` (coco) or ``images`` (mpii).
        split: The split its people are in: ``train``, ``val`` or ``test`` (coco, mpii, lsp).
        joints: Joint set of the annotation (coco).
        every: Take every n-th frame (h36m, panoptic); by default all, and every 15th.
        alone: Whether to take frames with exactly one person only (panoptic).
        held_out: Put so many images of ``train`` into ``val`` (lsp).

    Raises:
        InputError: If the dataset is not known, or not as published.
    """
    if kind not in KINDS:
        raise InputError(f"There is no dataset '{kind}'", remedy=f"known are {', '.join(KINDS)}.")
    if every is not None and every < 1:
        raise wrong_value("every", every, "give at least 1.")
    if held_out and kind != "lsp":
        raise InputError(
            Phrase("{} is of lsp: {} says itself who is in which split.", Option("held_out"), kind)
        )
    beside = raw.parent if images is None else images
    if kind in _BOTH and raw.is_dir():
        if split is not None:
            raise InputError(
                Phrase(
                    "{} is {}, but a folder has both: name a file, or no split.",
                    Option("split"),
                    split,
                )
            )
        parts = [
            find(kind, raw / annotation, beside / of, name, joints)
            for name, (annotation, of) in _BOTH[kind].items()
        ]
        return join_sources(beside, parts)
    if kind in _BOTH and split not in ("train", "val", "test"):
        raise InputError(
            "say whether these are train, val or test", f"--split {split or ''}".rstrip()
        )
    readers: dict[str, Callable[[], ImageSource]] = {
        "coco": lambda: read_coco(raw, beside, str(split), joints),
        "mpii": lambda: read_mpii(raw, beside, str(split)),
        "lsp": lambda: read_lsp(raw, images, split, held_out),
        "h36m": lambda: read_fetch(raw, every or 1) if raw.is_dir() else read_mmpose(raw, beside),
        "panoptic": lambda: read_panoptic(raw, every or 15, alone),
        "mpi_inf_3dhp": lambda: read_mpi(raw, beside),
        "shelf": lambda: read_shelf(raw),
    }
    return readers[kind]()


def convert(
    source: ImageSource, out: Path | None, progress: Callable[[str], None] = lambda _: None
) -> str:
    """Write the index of a dataset.

    Args:
        source: The dataset, as :func:`find` returns it.
        out: The index; ``index.h5`` in the folder of the images where not given.
        progress: Called with the path of each image.

    Returns:
        The report.

    Raises:
        InputError: If an image is missing or a record wrong; nothing is written then.
    """

    def shown() -> Iterator[ImageRecord]:
        for record in source.records:
            progress(record.path)
            yield record

    path = source.folder / "index.h5" if out is None else out
    records = gather_records(source.info, source.folder, shown())
    write_index(path, records)
    lines = [str(path), records.describe()]
    if source.left_out:
        why = ", ".join(f"{reason} ({count:,})" for reason, count in source.left_out.most_common())
        lines.append(f"  left out   {why}")
    return "\n".join(lines)
