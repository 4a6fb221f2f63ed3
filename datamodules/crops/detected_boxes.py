"""Detected boxes of people in place of the annotated ones.

A JSON list as COCO's results: ``{"image_id": 785, "bbox": [left, top, width, height], "score": 0.99}``.
``image_id`` is the number that the image is named by, as in COCO, or its path, as the index has it.
"""

from pathlib import Path, PurePosixPath

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from datamodules.crops.records import ImageRecords
from datamodules.safe_load import load_json
from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError
from lifting.imaging.boxes import iou

# A box with a lower IoU with the annotated one is that of another person.
MIN_IOU = 0.3

_Boxes = dict[str, list[list[float]]]


def read_boxes(path: Path) -> _Boxes:
    """Read the boxes (left, top, right, bottom) of every image.

    Raises:
        InputError: If the file is missing or not as described above.
    """
    content = load_json(path)
    boxes: _Boxes = {}
    try:
        for each in content:
            left, top, width, height = (float(x) for x in each["bbox"])
            boxes.setdefault(str(each["image_id"]), []).append(
                [left, top, left + width, top + height]
            )
    except DATA_ERRORS as error:
        raise InputError(
            "no list of boxes with 'image_id' and 'bbox' as COCO's results are", path, "repair it."
        ) from error
    return boxes


def take_boxes(
    records: ImageRecords, path: Path
) -> tuple[Float[Tensor, "N 4"], Bool[Tensor, " N"]]:
    """Return for each record the detected box that overlaps its own most, and whether there is one.

    Where none overlaps by 0.3 (intersection over union), the record keeps its own.

    Raises:
        InputError: If the file cannot be read, or no box belongs to any record.
    """
    detected_boxes, own = read_boxes(path), records.columns["box"]
    boxes, taken = own.clone(), torch.zeros(len(records), dtype=torch.bool)
    for row, image in enumerate(records.paths):
        stem = PurePosixPath(image).stem
        names = [image, str(int(stem))] if stem.isdecimal() else [image]
        candidates = [box for name in names for box in detected_boxes.get(name, [])]
        if not candidates:
            continue
        detected = torch.tensor(candidates)
        score = iou(detected, own[row].expand(len(detected), 4))
        best = int(score.argmax())
        if score[best] >= MIN_IOU:
            boxes[row], taken[row] = detected[best], True
    if not taken.any():
        raise InputError(
            f"no box overlaps a person of {records.folder}", path, "use boxes of these."
        )
    return boxes, taken
