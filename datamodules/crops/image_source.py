"""Annotated images of a dataset, as its reader yields them, and helpers of these readers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datamodules.crops.records import ImageRecord, IndexInfo

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ImageSource:
    """The people on the images of a folder; ``left_out`` counts others by reason, once all are read."""

    info: IndexInfo
    folder: Path
    records: Iterator[ImageRecord]
    left_out: Counter[str]


def join_sources(folder: Path, parts: Sequence[ImageSource]) -> ImageSource:
    """Join sources of one joint set below a folder that holds the images of all of them."""
    left_out: Counter[str] = Counter()

    def records() -> Iterator[ImageRecord]:
        for part in parts:
            where = part.folder.relative_to(folder)
            for record in part.records:
                yield replace(record, path=(where / record.path).as_posix())
            left_out.update(part.left_out)

    origins = dict.fromkeys(part.info.origin for part in parts)
    inputs = {name: digest for part in parts for name, digest in part.info.inputs.items()}
    info = replace(parts[0].info, origin="; ".join(origins), inputs=inputs)
    return ImageSource(info, folder, records(), left_out)


def bounding_box(
    points: Array, labelled: NDArray[np.bool_], margin: float, size: tuple[int, int]
) -> Array:
    """Return the box of the labelled points and a margin, within the image.

    Args:
        points: Pixels ``(K, 2)``.
        labelled: Which of them count, ``(K,)``; at least one.
        margin: Margin on each side, as a fraction of the width and height of the box.
        size: Width and height of the image.
    """
    low, high = points[labelled].min(0), points[labelled].max(0)
    margins = margin * np.maximum(high - low, 1.0)
    return np.concatenate([np.maximum(low - margins, 0), np.minimum(high + margins, size)])


def inside_image(points: Array, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which points lie in an image."""
    inside: NDArray[np.bool_] = np.all((points >= 0) & (points <= size), -1)
    return inside
