"""COCO keypoints (Lin et al., ECCV 2014), and whatever else is annotated in its format."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from datamodules.crops.image_source import ImageSource
from datamodules.crops.records import ImageRecord, IndexInfo
from datamodules.image_sets.categories import PersonCategories, person_categories
from datamodules.safe_load import existing_folder, load_json, sha256
from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError
from lifting.skeletons import skeleton

# Where a pixel's number stands for its centre.
_CENTRE = 0.5


def read_coco(annotation: Path, images: Path, split: str, joints: str = "coco17") -> ImageSource:
    """Read ``person_keypoints_*.json``.

    People of a crowd, those without keypoints, a labelled joint or a box, and whatever is of a category
    that is no person, are left out. Boxes are cut to the image. COCO counts keypoints in pixels from 0;
    half a pixel brings them to the centre of theirs. The split is the subject of every record.

    Raises:
        InputError: If a file is missing or not as COCO's.
    """
    content = load_json(annotation)
    try:
        sizes = {
            image["id"]: (str(image["file_name"]), (int(image["width"]), int(image["height"])))
            for image in content["images"]
        }
        people = list(content["annotations"])
    except DATA_ERRORS as error:
        what = "has no 'images' with id, file_name, width and height, or no 'annotations'"
        raise InputError(what, annotation, "use COCO's keypoint files.") from error
    info = IndexInfo(
        skeleton(joints).name,
        f"COCO keypoints or its format, {annotation.name}",
        "COCO: annotations CC BY 4.0; photographs belong to the users of Flickr who took them",
        {annotation.name: sha256(annotation)},
    )
    left_out: Counter[str] = Counter()
    categories = person_categories(content.get("categories"), joints, annotation)
    records = _records(annotation, people, sizes, split, categories, left_out)
    return ImageSource(info, existing_folder(images), records, left_out)


def _records(
    annotation: Path,
    people: list[Any],
    sizes: dict[Any, tuple[str, tuple[int, int]]],
    split: str,
    categories: PersonCategories,
    left_out: Counter[str],
) -> Iterator[ImageRecord]:
    joints = len(skeleton(categories.joints or "coco17"))
    for number, person in enumerate(people):
        where = f"{annotation}: annotation {number}"
        if isinstance(person, dict):
            other = categories.other(person.get("category_id"))
            if other is not None or "keypoints" not in person:
                left_out["no keypoints" if other is None else f"'{other}', no person"] += 1
                continue
        try:
            path, size = sizes[person["image_id"]]
            flat = np.array(person["keypoints"], np.float64)
            left, top, width, height = (float(x) for x in person["bbox"])
            crowd = bool(person.get("iscrowd", 0))
        except DATA_ERRORS as error:
            raise InputError(
                "lacks 'keypoints', 'bbox' or its image", where, "get the file again."
            ) from error
        if flat.shape != (3 * joints,):
            what = f"has {flat.size} numbers of keypoints, expected {3 * joints}"
            raise InputError(what, where, "name another joint set, or the file of the body alone.")
        points = flat.reshape(-1, 3)
        box = np.array([left, top, left + width, top + height])
        box[:2], box[2:] = np.maximum(box[:2], 0), np.minimum(box[2:], size)
        if crowd:
            left_out["a crowd"] += 1
        elif not points[:, 2].any():
            left_out["no joint labelled"] += 1
        elif not (box[:2] < box[2:]).all():
            left_out["no box"] += 1
        else:
            yield ImageRecord(
                path=path,
                size=size,
                keypoints=points[:, :2] + _CENTRE,
                visibility=points[:, 2].astype(np.int64),
                box=box,
                subject=split,
                action="photograph",
                sequence=Path(path).stem,
            )
