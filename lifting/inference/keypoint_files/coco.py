"""Reader of COCO's formats, annotations or results of detectors.

- annotations: ``images`` (id, width, height), ``annotations`` (image_id, keypoints, category_id, and
  track_id if people are tracked), ``categories`` (names of the keypoints);
- results: a list of people (image_id, keypoints, category_id, score), where image_id is the number of
  the frame; Detectron2's ``coco_instances_results.json`` is one.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datamodules.image_sets.categories import PersonCategories, person_categories
from lifting.errors import InputError, Option, Phrase, warn
from lifting.inference.keypoint_files.believed import link_people
from lifting.inference.keypoint_files.content import Content
from lifting.inference.keypoint_files.linking import FramePerson, parse_points
from lifting.inference.keypoint_files.track import KeypointTrack, Size
from lifting.inference.options import ReadOptions

# Confidence of a keypoint that COCO labels as missing, hidden or visible.
_VISIBILITY = {0.0: 0.0, 1.0: 0.5, 2.0: 1.0}
# Of results, which name no categories; COCO's.
_PERSON = 1


def recognises(content: Content) -> bool:
    """Tell whether json is COCO's annotations or results."""
    data = content.data
    if isinstance(data, dict):
        return "annotations" in data and "images" in data
    return (
        isinstance(data, list)
        and bool(data)
        and all(isinstance(one, dict) and "image_id" in one for one in data)
    )


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read annotations or results; what is not a person is left out, with a warning.

    The images of annotations are the frames, in the order of their ids.

    Raises:
        InputError: If the file is not in that format, or its joint set is not known.
    """
    path, left_out = content.path, Counter[str]()
    if isinstance(content.data, dict):
        people, joints = _annotated(path, content.data, options, left_out)
    else:
        people, joints = _results(path, content.data, options, left_out)
    if not people and left_out:
        others = ", ".join(f"{count:,} {what}" for what, count in left_out.items())
        remedy = Phrase(
            "give a file of people's keypoints, or name their joint set with {}.",
            Option("skeleton"),
        )
        raise InputError(f"has no keypoints of people, but {others}", path, remedy)
    if left_out:
        others = ", ".join(f"{count:,} {what}" for what, count in left_out.items())
        warn(InputError(f"left out are {others}", path))
    return link_people(people, joints or "coco17", options, path)


def _annotated(
    path: Path, content: Any, options: ReadOptions, left_out: Counter[str]
) -> tuple[list[FramePerson], str | None]:
    try:
        sizes = {
            image["id"]: (float(image["width"]), float(image["height"]))
            for image in content["images"]
        }
        order = {number: rank for rank, number in enumerate(sorted(sizes))}
        annotations = list(content["annotations"])
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InputError(
            "lacks 'images' with id and size, or 'annotations'", path, "is it COCO's?"
        ) from error
    categories = person_categories(content.get("categories", []), options.skeleton, path)
    people, joints = [], categories.joints
    for person, joint_set in _people(path, annotations, order, sizes, categories, left_out):
        for point in person.points:
            point[2] = _VISIBILITY.get(point[2], point[2])
        people.append(person)
        joints = joints or joint_set
    return people, joints


def _people(
    path: Path,
    annotations: list[Any],
    order: dict[Any, int],
    sizes: dict[Any, Size],
    categories: PersonCategories,
    left_out: Counter[str],
) -> Iterator[tuple[FramePerson, str]]:
    named = categories.joints
    for number, entry in enumerate(annotations):
        where = f"{path}: annotation {number}"
        image = entry.get("image_id") if isinstance(entry, dict) else None
        if not isinstance(image, int | str) or image not in order:
            raise InputError(f"{where} is on none of the 'images'", remedy="get the file again.")
        if entry.get("iscrowd"):
            continue
        if (other := categories.other(entry.get("category_id"))) is not None:
            left_out[f"of '{other}'"] += 1
            continue
        if "keypoints" not in entry:
            left_out["without keypoints"] += 1
            continue
        points, named = parse_points(entry["keypoints"], named, where)
        identity = None if entry.get("track_id") is None else str(entry["track_id"])
        yield FramePerson(order[image], points, identity, sizes[image]), named


def _results(
    path: Path, content: Any, options: ReadOptions, left_out: Counter[str]
) -> tuple[list[FramePerson], str | None]:
    entries = content if isinstance(content, list) else [None]
    of_coco = any(isinstance(e, dict) and e.get("category_id") == _PERSON for e in entries)
    people, joints = [], options.skeleton
    for number, entry in enumerate(entries):
        where = f"{path}: entry {number}"
        if not isinstance(entry, dict):
            raise InputError("is no detection with 'keypoints'", where, "is it COCO's?")
        category = entry.get("category_id", _PERSON)
        if of_coco and category != _PERSON:
            left_out[f"of category {category}"] += 1
            continue
        if "keypoints" not in entry:
            left_out["boxes without keypoints" if "bbox" in entry else "without keypoints"] += 1
            continue
        frame = entry.get("image_id")
        if not isinstance(frame, int):
            raise InputError(f"its image_id {frame!r} is no number of a frame.", where)
        points, joints = parse_points(entry["keypoints"], joints, where)
        people.append(FramePerson(frame, points, size=options.size))
    return people, joints
