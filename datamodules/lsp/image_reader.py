"""Reader of the photographs of Leeds Sports Pose and its extended set."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datamodules.crops.image_source import ImageSource, bounding_box, inside_image
from datamodules.crops.pixels import image_size
from datamodules.crops.records import ImageRecord, IndexInfo
from datamodules.lsp.raw import (
    ACTION,
    JOINTS,
    LICENCE,
    ORIGIN,
    SPLITS,
    RawImages,
    image_file,
    locate,
    read_images,
)
from datamodules.safe_load import sha256
from lifting.errors import InputError, Option, Phrase

_MARGIN = 0.15


def read_lsp(
    raw: Path, images: Path | None = None, split: str | None = None, held_out: int = 0
) -> ImageSource:
    """Read LSP or LSP-extended, any of the files of :mod:`datamodules.lsp.raw`.

    The box is that of the labelled joints that lie in the image, and 15 percent on each side. In LSP a
    joint that is not seen has coordinates all the same; in LSP-extended it has none.

    Args:
        raw: The file, or the folder of ``joints.mat`` and ``images``.
        images: The folder of the images, where it is elsewhere.
        split: Put every image in this split, ``train`` or ``test``; where not given, that of the owners.
        held_out: Put so many images of ``train`` into ``val``, spread evenly over the file.

    Raises:
        InputError: If a file is missing or not as published, or nothing is left to train on.
    """
    if split not in (None, *SPLITS):
        raise InputError(
            Phrase("{} is '{}': choose one of {}.", Option("split"), split, ", ".join(SPLITS))
        )
    file, folder = locate(raw, images)
    if folder is None:
        raise InputError("no folder 'images' beside it", raw, "name the folder with --images.")
    content = read_images(file)
    if split is not None:
        content = replace(content, train=np.full(len(content.names), split == "train"))
    splits = [SPLITS[not train] for train in content.train]
    for number in _spread(np.flatnonzero(content.train), held_out):
        splits[number] = "val"
    info = IndexInfo(JOINTS, ORIGIN[content.kind], LICENCE, {file.name: sha256(file)})
    left_out: Counter[str] = Counter()
    if content.left_out:
        left_out["no joint labelled"] += len(content.left_out)
    return ImageSource(info, folder, _records(content, splits, folder, left_out), left_out)


def _spread(numbers: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    if not 0 <= count < max(len(numbers), 1):
        raise InputError(
            Phrase(
                "{} is {}, of {} images: give fewer, 0 or more.",
                Option("held_out"),
                count,
                len(numbers),
            )
        )
    chosen: NDArray[np.intp] = numbers[
        (np.arange(count) * 2 + 1) * len(numbers) // (2 * count or 1)
    ]
    return chosen


def _records(
    content: RawImages, splits: list[str], folder: Path, left_out: Counter[str]
) -> Iterator[ImageRecord]:
    for number, name in enumerate(content.names):
        path = image_file(folder, name)
        size = image_size(path)
        points, seen = content.keypoints[number], content.visible[number]
        hidden = 1 if content.kind == "LSP" else 0
        visibility = np.where(inside_image(points, size), np.where(seen, 2, hidden), 0)
        if not visibility.any():
            left_out["no joint in the image"] += 1
            continue
        yield ImageRecord(
            path=path.name,
            size=size,
            keypoints=points,
            visibility=visibility,
            box=bounding_box(points, visibility > 0, _MARGIN, size),
            subject=splits[number],
            action=ACTION,
            sequence=name,
        )
