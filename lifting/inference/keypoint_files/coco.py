"""Keypoints in COCO's format: annotations, or the results that detectors are evaluated by.

- annotations: ``images`` (id, width, height), ``annotations`` (image_id, keypoints, track_id if people
  are followed), ``categories`` (names of the keypoints);
- results: a list of people (image_id, keypoints, score), where image_id is the number of the frame.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lifting.errors import InputError
from lifting.inference.keypoint_files.linking import Person, points_of, tracks_of
from lifting.inference.keypoint_files.track import Size, Track, Wanted
from lifting.skeletons import SKELETONS

# How sure a keypoint is that COCO labels as missing, hidden or visible.
_VISIBILITY = {0.0: 0.0, 1.0: 0.5, 2.0: 1.0}


def read_coco(path: Path, content: Any, wanted: Wanted) -> list[Track]:
    """Read annotations or results.

    The images of annotations are the frames, in the order of their ids.

    Raises:
        InputError: If the file is not in that format, or its joint set is not known.
    """
    if isinstance(content, dict):
        people, joints = _annotated(path, content, wanted)
    else:
        people, joints = _results(path, content, wanted)
    return tracks_of(people, joints or "coco17", wanted.stills, str(path))


def _annotated(path: Path, content: Any, wanted: Wanted) -> tuple[list[Person], str | None]:
    try:
        sizes = {
            image["id"]: (float(image["width"]), float(image["height"]))
            for image in content["images"]
        }
        order = {number: rank for rank, number in enumerate(sorted(sizes))}
        annotations = list(content["annotations"])
        categories = list(content.get("categories", []))
        named = wanted.skeleton or _by_names(path, categories)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InputError(
            "has no 'images' with id, width and height, or no 'annotations'",
            path,
            "is it in COCO's format?",
        ) from error
    people, joints = [], named
    for person, found in _people(path, annotations, order, sizes, named):
        for point in person.points:
            point[2] = _VISIBILITY.get(point[2], point[2])
        people.append(person)
        joints = joints or found
    return people, joints


def _people(
    path: Path,
    annotations: list[Any],
    order: dict[Any, int],
    sizes: dict[Any, Size],
    named: str | None,
) -> Iterator[tuple[Person, str]]:
    for number, one in enumerate(annotations):
        where = f"{path}: annotation {number}"
        image = one.get("image_id") if isinstance(one, dict) else None
        if not isinstance(image, int | str) or image not in order:
            raise InputError(f"{where} is on none of the 'images'", remedy="get the file again.")
        if one.get("iscrowd") or "keypoints" not in one:
            continue
        points, named = points_of(one["keypoints"], named, where)
        identity = one.get("track_id")
        yield (
            Person(
                order[image],
                points,
                None if identity is None else str(identity),
                sizes[image],
            ),
            named,
        )


def _by_names(path: Path, categories: list[Any]) -> str | None:
    """Return the joint set whose joints have the names that the file gives them."""
    names = next((tuple(c["keypoints"]) for c in categories if "keypoints" in c), None)
    if names is None:
        return None
    for joints in SKELETONS.values():
        if joints.joints == names:
            return joints.name
    raise InputError(
        f"calls its keypoints {', '.join(map(str, names[:3]))} ..., which are the names of no "
        "joint set",
        path,
        "name it with --skeleton.",
    )


def _results(path: Path, content: Any, wanted: Wanted) -> tuple[list[Person], str | None]:
    people, joints = [], wanted.skeleton
    for number, one in enumerate(content):
        where = f"{path}: entry {number}"
        if not isinstance(one, dict) or "keypoints" not in one:
            raise InputError(
                f"{where} has no 'keypoints'", remedy="give the keypoints, not the boxes."
            )
        frame = one.get("image_id")
        if not isinstance(frame, int):
            raise InputError(f"its image_id {frame!r} is no number of a frame.", where)
        points, joints = points_of(one["keypoints"], wanted.skeleton or joints, where)
        people.append(Person(frame, points, size=wanted.size))
    return people, joints
