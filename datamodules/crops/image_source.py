"""What the readers of images share."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datamodules.crops.pixels import FORMATS
from datamodules.crops.records import ImageRecord, IndexInfo
from datamodules.safe_load import existing
from lifting.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """What a reader finds.

    Attributes:
        info: What the index is to say of itself.
        folder: The folder of the images.
        records: The records.
        left_out: Why people are left out, and how many; complete once the records are read.
    """

    info: IndexInfo
    folder: Path
    records: Iterator[ImageRecord]
    left_out: Counter[str]


def joined(folder: Path, parts: Sequence[Found]) -> Found:
    """Return what several readers found, of one joint set and below one folder.

    Args:
        folder: A folder that holds the images of all of them.
        parts: What they found.
    """
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
    return Found(info, folder, records(), left_out)


def folder_of(path: Path) -> Path:
    """Return the path if it names a folder.

    Raises:
        InputError: If it does not.
    """
    if not path.is_dir():
        raise InputError("there is no such folder", path, "check the path.")
    return path


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: If it is missing or damaged.
    """
    try:
        return json.loads(existing(path).read_text())
    except (ValueError, RecursionError) as error:
        raise InputError("damaged or not a JSON file", path, "get it again.") from error


def picture_size(path: Path) -> tuple[int, int]:
    """Return width and height of an image, from its header alone.

    Raises:
        InputError: If it is missing or damaged.
    """
    try:
        with Image.open(existing(path), formats=FORMATS) as image:
            return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError("damaged or no picture", path, "get the file again.") from error


def box_of(
    points: Array, labelled: NDArray[np.bool_], margin: float, size: tuple[int, int]
) -> Array:
    """Return the box of the labelled points and a margin, within the image.

    Args:
        points: Pixels ``(K, 2)``.
        labelled: Which of them count, ``(K,)``; at least one.
        margin: How much wider and higher, as a share, on each side.
        size: Width and height of the image.
    """
    low, high = points[labelled].min(0), points[labelled].max(0)
    more = margin * np.maximum(high - low, 1.0)
    return np.concatenate([np.maximum(low - more, 0), np.minimum(high + more, size)])


def within(points: Array, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which points lie in an image."""
    inside: NDArray[np.bool_] = np.all((points >= 0) & (points <= size), -1)
    return inside
