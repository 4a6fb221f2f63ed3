"""Leeds Sports Pose and its extended set, with their photographs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from datamodules.image_readers.common import Found, box_of, picture_size, within
from datamodules.image_records import ImageRecord, IndexInfo
from datamodules.lsp_convert import ACTION, LICENCE, ORIGIN, SPLITS, image_file, locate
from datamodules.lsp_raw import JOINTS, RawImages, read_images
from datamodules.untrusted import sha256
from lifting.errors import InputError

_MARGIN = 0.15


def read_lsp(raw: Path, images: Path | None = None, split: str | None = None) -> Found:
    """Read LSP or LSP-extended, any of the files of :mod:`datamodules.lsp_raw`.

    The box is that of the labelled joints that lie in the image, and 15 percent on each side. In LSP a
    joint that is not seen has a place all the same; in LSP-extended it has none.

    Args:
        raw: The file, or the folder of ``joints.mat`` and ``images``.
        images: The folder of the images, where it is elsewhere.
        split: Put every image in this split, ``train`` or ``test``; where not given, that of the owners.

    Raises:
        InputError: If a file is missing or not as published.
    """
    if split not in (None, *SPLITS):
        raise InputError(f"--split is '{split}': choose one of {', '.join(SPLITS)}.")
    file, folder = locate(raw, images)
    if folder is None:
        raise InputError(f"{raw}: no folder 'images' beside it; name the folder with --images.")
    content = read_images(file)
    if split is not None:
        content = replace(content, train=np.full(len(content.names), split == "train"))
    info = IndexInfo(JOINTS, ORIGIN[content.kind], LICENCE, {file.name: sha256(file)})
    left_out: Counter[str] = Counter()
    if content.left_out:
        left_out["no joint labelled"] += len(content.left_out)
    return Found(info, folder, _records(content, folder, left_out), left_out)


def _records(content: RawImages, folder: Path, left_out: Counter[str]) -> Iterator[ImageRecord]:
    for number, name in enumerate(content.names):
        path = image_file(folder, name)
        size = picture_size(path)
        points, seen = content.keypoints[number], content.visible[number]
        hidden = 1 if content.kind == "LSP" else 0
        visibility = np.where(within(points, size), np.where(seen, 2, hidden), 0)
        if not visibility.any():
            left_out["no joint in the image"] += 1
            continue
        yield ImageRecord(
            path=path.name,
            size=size,
            keypoints=points,
            visibility=visibility,
            box=box_of(points, visibility > 0, _MARGIN, size),
            subject=SPLITS[not content.train[number]],
            action=ACTION,
            sequence=name,
        )
