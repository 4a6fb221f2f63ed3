"""MPII Human Pose (Andriluka et al., CVPR 2014), in the JSON files that HRNet trains on."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from datamodules.crops.image_source import ImageSource
from datamodules.crops.pixels import image_size
from datamodules.crops.records import ImageRecord, IndexInfo
from datamodules.safe_load import existing_folder, load_json, sha256
from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError
from lifting.files import on_disk
from lifting.skeletons import skeleton

JOINTS = "mpii16"

# A person of scale 1 is as high as this, and stands that much lower than the published centre.
_HEIGHT, _LOWER = 200.0, 15.0
# MATLAB counts pixels from 1: the centre of the first is at 0.5.
_CENTRE = -0.5


def read_mpii(annotation: Path, images: Path, split: str) -> ImageSource:
    """Read ``train.json``, ``valid.json`` or ``trainval.json``.

    The box is a square as high as a person of the published scale about the published centre, 15 px
    times the scale further down, as in HRNet. It may reach beyond the image. The subject of every record
    is the split.

    Raises:
        InputError: If a file is missing or not as described.
    """
    content = load_json(annotation)
    if not isinstance(content, list):
        raise InputError(
            "no list of people", annotation, "use train.json, valid.json or trainval.json of HRNet."
        )
    info = IndexInfo(
        JOINTS,
        "MPII Human Pose, Andriluka et al., CVPR 2014, http://human-pose.mpi-inf.mpg.de",
        "Simplified BSD for the annotations; photographs from YouTube, for research",
        {annotation.name: sha256(annotation)},
    )
    left_out: Counter[str] = Counter()
    records = _records(annotation, content, images, split, left_out)
    return ImageSource(info, existing_folder(images), records, left_out)


def _records(
    annotation: Path, content: list[Any], images: Path, split: str, left_out: Counter[str]
) -> Iterator[ImageRecord]:
    joints = len(skeleton(JOINTS))
    for number, person in enumerate(content):
        try:
            path, scale = str(person["image"]), float(person["scale"])
            points = np.array(person["joints"], np.float64).reshape(joints, 2)
            seen = np.array(person["joints_vis"], np.int64).reshape(joints)
            centre = np.array(person["center"], np.float64).reshape(2)
        except DATA_ERRORS as error:
            what = f"person {number} lacks image, scale, center, or {joints} joints and joints_vis"
            raise InputError(what, annotation, "get the file again.") from error
        # A joint that is not labelled is at (-1, -1) or (0, 0).
        labelled = (points > 0).all(-1)
        if not labelled.any():
            left_out["no joint labelled"] += 1
            continue
        middle = centre + np.array([0, _LOWER * scale]) + _CENTRE
        half = _HEIGHT * scale / 2
        yield ImageRecord(
            path=path,
            size=image_size(images / on_disk(path)),
            keypoints=points + _CENTRE,
            visibility=np.where(labelled, np.where(seen > 0, 2, 1), 0),
            box=np.concatenate([middle - half, middle + half]),
            subject=split,
            action="photograph",
            sequence=Path(path).stem,
        )
