"""Reader of Ultralytics' pose models: ``Results.to_json`` of frames, and the labels of ``save_txt``.

- json: of a frame a list of ``name``, ``class``, ``confidence``, ``box``, ``track_id`` and ``keypoints``
  with lists ``x``, ``y`` and ``visible``; of a video a list of those. What the models are not sure of
  lies at (0, 0). With ``normalize=True`` they are shares of the image;
- a folder of ``NAME_FRAME.txt``: a line a person with class, box (x, y, width, height), the keypoints,
  (x, y) or (x, y, confidence), perhaps the confidence of the person, and perhaps its track; all but the
  last two are shares of the image. Files of labels for training have COCO's 0, 1 and 2 for confidences.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lifting.errors import InputError, Option, Phrase, warn
from lifting.inference.keypoint_files.believed import link_people
from lifting.inference.keypoint_files.content import FOLDER, Content
from lifting.inference.keypoint_files.frame_names import frame_numbers
from lifting.inference.keypoint_files.linking import FramePerson, parse_points
from lifting.inference.keypoint_files.track import Array, KeypointTrack
from lifting.inference.options import ReadOptions
from lifting.keypoints.validation import SMALLEST_IMAGE
from lifting.skeletons import SKELETONS

_PERSON = "person"
# Class and box; after the keypoints may come the confidence of the person and its track.
_BEFORE, _AFTER = 5, 2


def recognises(content: Content) -> bool:
    """Tell whether something is of Ultralytics' models."""
    data = content.data
    if content.container == FOLDER:
        labels = _files(content, ".txt")
        return bool(labels) and any(
            map(_is_label, labels[0].read_text(encoding="utf-8-sig", errors="replace").split("\n"))
        )
    return isinstance(data, list) and any(_is_frame(_decoded(entry)) for entry in [data, *data])


def _is_frame(frame: object) -> bool:
    if not isinstance(frame, list) or not frame:
        return False
    return all(isinstance(one, dict) and {"name", "class", "box"} <= set(one) for one in frame)


def _decoded(entry: object) -> object:
    """Return a frame that is JSON in JSON, as lists of ``to_json`` are."""
    if not isinstance(entry, str) or not entry.startswith("["):
        return entry
    try:
        return json.loads(entry)
    except (ValueError, RecursionError):
        return entry


def _is_label(line: str) -> bool:
    numbers = line.split()
    try:
        return len(numbers) > _BEFORE and np.isfinite(np.array(numbers, np.float64)).all().item()
    except ValueError:
        return False


def _files(content: Content, suffix: str) -> list[Path]:
    return [path for path in content.data if path.suffix.lower() == suffix]


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read everyone in a file, or in a folder of labels.

    Raises:
        InputError: If it is not in that format, holds boxes alone, or shares of images of an unknown
            size.
    """
    path = content.path
    if content.container == FOLDER:
        people, joints = _labels(content, options)
    else:
        people, joints = _results(content, options)
    size = options.size
    if people and max(np.abs(person.points[:, :2]).max() for person in people) < SMALLEST_IMAGE:
        if size is None:
            remedy = Phrase("give {} and {}.", Option("width"), Option("height"))
            raise InputError("holds shares of width and height", path, remedy)
        for person in people:
            person.points[:, :2] *= np.array(size)
    return link_people(people, joints or "coco17", options, path)


def _results(content: Content, options: ReadOptions) -> tuple[list[FramePerson], str | None]:
    path, joints, data = content.path, options.skeleton, content.data
    frames = [data] if _is_frame(data) else [_decoded(entry) for entry in data]
    entries = [one for frame in frames if isinstance(frame, list) for one in frame]
    # Of a model that knows several classes people alone; of one of its own whatever it knows.
    names = Counter(one.get("name") for one in entries if isinstance(one, dict))
    alone = _PERSON in names and len(names) > 1
    people = []
    for number, frame in enumerate(frames):
        where = f"{path}: frame {number}"
        if not isinstance(frame, list):
            raise InputError("is no list of people", where, "save the results again.")
        for one in frame:
            if not isinstance(one, dict) or (alone and one.get("name") != _PERSON):
                continue
            points, joints = _points(one, joints, where)
            who = one.get("track_id")
            identity = str(who) if isinstance(who, int) else None
            people.append(FramePerson(number, points, identity, options.size))
    if alone:
        others = ", ".join(f"{n:,} of '{name}'" for name, n in names.items() if name != _PERSON)
        warn(InputError(f"left out are {others}", path))
    return people, joints


def _points(one: Any, joints: str | None, where: str) -> tuple[Array, str]:
    keypoints = one.get("keypoints")
    if not isinstance(keypoints, dict):
        what = "holds boxes of Ultralytics' without keypoints"
        raise InputError(what, where, "run a model that detects poses, as yolo11n-pose.")
    try:
        x, y = (np.array(keypoints[axis], np.float64) for axis in "xy")
        visible = keypoints.get("visible")
        scores = np.ones(len(x)) if visible is None else np.array(visible, np.float64)
        points = np.stack([x, y, scores], -1)
    except (TypeError, KeyError, ValueError) as error:
        remedy = "save the results again."
        raise InputError("its 'keypoints' are no lists 'x' and 'y'", where, remedy) from error
    points[(points[:, :2] == 0).all(-1), 2] = 0
    return parse_points(points.ravel(), joints, where)


def _labels(content: Content, options: ReadOptions) -> tuple[list[FramePerson], str | None]:
    paths = _files(content, ".txt")
    numbers = frame_numbers([path.stem for path in paths], content.path)
    rows = list(_rows(paths))
    count = {len(row) for _, row in rows}
    if len(count) > 1:
        raise InputError("has lines of several lengths", content.path, "give labels of one model.")
    joints, columns, more = _layout(content.path, count.pop() if count else _BEFORE, options)
    people = []
    for path, row in rows:
        flat = row[_BEFORE : len(row) - more]
        points = flat.reshape(-1, columns)
        if columns == 2:
            points = np.concatenate([points, np.ones((len(points), 1))], -1)
        points = points.copy()
        points[(points[:, :2] == 0).all(-1), 2] = 0
        # What is whole and comes last is a track, what is not is how sure the model is of the person.
        last = row[-1] if more else 0.5
        identity = f"{last:g}" if last == int(last) else None
        people.append(FramePerson(numbers[path.stem], points, identity, options.size))
    return people, joints


def _rows(paths: list[Path]) -> Iterator[tuple[Path, Array]]:
    for path in paths:
        for number, line in enumerate(
            path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), 1
        ):
            where = f"{path}: line {number}"
            if not line.strip():
                continue
            if not _is_label(line):
                what = "is no line of class, box and keypoints"
                raise InputError(what, where, "are these the labels of a pose model?")
            yield path, np.array(line.split(), np.float64)


def _layout(path: Path, length: int, options: ReadOptions) -> tuple[str, int, int]:
    """Return the joint set of lines so long, the numbers per keypoint, and of what comes after."""
    numbers = length - _BEFORE
    wanted = [options.skeleton] if options.skeleton else ["coco17"]
    for name in wanted:
        for columns in (3, 2):
            more = numbers - columns * len(SKELETONS[name].joints if name in SKELETONS else ())
            if 0 <= more <= _AFTER:
                return name, columns, more
    if numbers <= _AFTER:
        what = "holds boxes of Ultralytics' without keypoints"
        raise InputError(what, path, "run a model that detects poses, as yolo11n-pose.")
    what = (
        f"has lines of {numbers} numbers after the box, which are not the keypoints of {wanted[0]}"
    )
    raise InputError(what, path, Phrase("name the joint set with {}.", Option("skeleton")))
