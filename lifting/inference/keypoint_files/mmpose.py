"""Reader of MMPose's json: of its inferencer and of its demos, of videos and of single images.

- the demos' ``--save-predictions``: ``meta_info`` and ``instance_info``;
- the inferencer's ``pred_out_dir``: of a video a list of ``frame_id`` and ``instances``, of an image the
  list of its instances, one file an image; what it returns has them under ``predictions``;
- an instance has ``keypoints`` (K, 2) and ``keypoint_scores``; in MMPose 0.x ``keypoints`` (K, 3).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lifting.containers.json_files import load_json
from lifting.errors import InputError
from lifting.inference.keypoint_files.believed import link_people
from lifting.inference.keypoint_files.content import FOLDER, Content
from lifting.inference.keypoint_files.frame_names import frame_numbers
from lifting.inference.keypoint_files.joint_names import match_joints, take_joints
from lifting.inference.keypoint_files.linking import FramePerson, parse_points
from lifting.inference.keypoint_files.track import Array, KeypointTrack
from lifting.inference.options import ReadOptions

# Joint sets by the names of MMPose's datasets, where those of its joints are not ours.
_DATASETS = {"h36m": "h36m17", "mpii": "mpii16", "lsp": "lsp14", "mpi_inf_3dhp": "mpi3dhp17"}


def recognises(content: Content) -> bool:
    """Tell whether something is MMPose's."""
    if content.container == FOLDER:
        paths = _files(content)
        return bool(paths) and _is_frame(load_json(paths[0]))
    data = content.data
    if isinstance(data, dict):
        return isinstance(data.get("instance_info", data.get("predictions")), list)
    return isinstance(data, list) and (_is_frame(data) or any(map(_is_frame, data)))


def _is_frame(data: object) -> bool:
    """Tell whether something is a frame, or the people in one; of a frame without any it is unknown."""
    if isinstance(data, dict):
        return isinstance(data.get("instances"), list)
    return isinstance(data, list) and any(
        isinstance(person, dict)
        and ("keypoint_scores" in person or {"keypoints", "bbox"} <= set(person))
        and "image_id" not in person
        for person in data
    )


def _files(content: Content) -> list[Path]:
    return [path for path in content.data if path.suffix.lower() == ".json"]


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read everyone in a file, or in a folder of one file an image.

    Raises:
        InputError: If it is not in that format, or holds poses in 3D.
    """
    path, people, joints = content.path, [], options.skeleton
    meta = content.data.get("meta_info") if isinstance(content.data, dict) else None
    places = None
    if joints is None and isinstance(meta, dict):
        joints, places = _joint_set(meta, path)
    for frame, instances, where in _frames(content):
        if not isinstance(instances, list):
            raise InputError("has no list of 'instances'", where, "save the predictions again.")
        for instance in instances:
            points = _points(instance, where)
            if places is not None:
                if len(places[0]) != len(points):
                    what = f"has {len(points)} keypoints, where meta_info names {len(places[0])}"
                    raise InputError(what, where, "save the predictions again.")
                points = take_joints(points, places[1])
            else:
                points, joints = parse_points(points.ravel(), joints, where)
            identity = instance.get("track_id")
            who = str(identity) if isinstance(identity, int) and identity >= 0 else None
            people.append(FramePerson(frame, points, who, options.size))
    return link_people(people, joints or "coco17", options, path)


def _joint_set(
    meta: dict[str, Any], path: Path
) -> tuple[str | None, tuple[list[str], list[int | None]] | None]:
    """Return the joint set of ``meta_info``, and the names of the file with their order in it."""
    dataset = meta.get("dataset_name")
    if dataset in _DATASETS:
        return _DATASETS[dataset], None
    names = meta.get("keypoint_id2name")
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        return None, None
    try:
        ordered = [names[key] for key in sorted(names, key=int)]
    except (TypeError, ValueError):
        return None, None
    joints, places = match_joints(ordered, path)
    return joints, (ordered, places)


def _frames(content: Content) -> Iterator[tuple[int, Any, str]]:
    """Yield of each frame its number, the people, and what to call it."""
    if content.container == FOLDER:
        paths = _files(content)
        numbers = frame_numbers([path.stem for path in paths], content.path)
        for path in paths:
            yield numbers[path.stem], load_json(path), str(path)
        return
    data = content.data
    if isinstance(data, dict):
        data = data.get("instance_info", data.get("predictions"))
    if not isinstance(data, list):
        raise InputError("has no 'instance_info' or 'predictions'", content.path, "is it MMPose's?")
    if data and all(isinstance(entry, dict) and "instances" not in entry for entry in data):
        yield 0, data, str(content.path)
        return
    for number, entry in enumerate(data):
        where = f"{content.path}: entry {number}"
        if isinstance(entry, dict):
            frame = entry.get("frame_id", number)
            if not isinstance(frame, int):
                raise InputError(f"its frame_id {frame!r} is no number of a frame.", where)
            yield frame, entry.get("instances"), where
        else:
            yield number, entry, where


def _points(instance: Any, where: str) -> Array:
    """Return points and scores ``(K, 3)`` of a person."""
    try:
        points = np.array(instance["keypoints"], np.float64)
        scores = instance.get("keypoint_scores")
        scores = None if scores is None else np.array(scores, np.float64).ravel()
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InputError("has no 'keypoints'", where, "save the predictions again.") from error
    # Some versions keep the axis of the instances.
    points = points[0] if points.ndim == 3 and len(points) == 1 else points
    if points.ndim == 2 and points.shape[1] == 3 and scores is not None:
        what = "holds poses in 3D, which are lifted already"
        raise InputError(what, where, "save the keypoints of the 2D estimator.")
    if points.ndim == 2 and points.shape[1] == 2:
        scores = np.ones(len(points)) if scores is None else scores
        if scores.shape != (len(points),):
            raise InputError("its 'keypoint_scores' are not one per keypoint", where, "save again.")
        points = np.concatenate([points, scores[:, None]], -1)
    if points.ndim != 2 or points.shape[1] != 3:
        raise InputError("its 'keypoints' are not [x, y] each", where, "save them again.")
    return points
