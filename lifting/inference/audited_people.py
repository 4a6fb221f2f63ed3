"""People to audit: lifted poses with their keypoints and cameras, of a file or of a run."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from datamodules.store.clips import ClipStore
from lifting.cameras import Camera
from lifting.inference.keypoint_files import KeypointTrack, no_such_person
from lifting.inference.nominal_size import with_nominal_size
from lifting.inference.prediction import image_camera
from lifting.inference.saved_predictions import data_of_run, predictions_of_run
from lifting.runs.folder import CONFIG
from lifting.skeletons import skeleton
from lifting.viz.people_page import ShownPerson


class Seen(NamedTuple):
    """A person, and the camera before whom, if known."""

    person: ShownPerson
    camera: Camera | None = None


def with_keypoints(
    people: Sequence[ShownPerson], tracks: Sequence[KeypointTrack], where: object
) -> list[Seen]:
    """Return people with the keypoints they were lifted from, found by name and frame.

    Of a single one in both files the names may differ.

    Where their file does not tell the camera, it is the nominal one that lifting takes.

    Args:
        people: The lifted people.
        tracks: The people of the keypoint file.
        where: The keypoint file, for errors.

    Raises:
        InputError: If one of the people is not in it.
    """
    sized, _ = with_nominal_size(tracks)
    by_name = {track.name: track for track in sized}
    if len(people) == len(sized) == 1:
        # Nobody else may be meant, and files of other programs have other names.
        by_name = {people[0].name: sized[0]}
    seen = []
    for person in people:
        if person.name not in by_name:
            raise no_such_person(person.name, list(by_name), where)
        track = by_name[person.name]
        at = np.searchsorted(track.frames, person.frames).clip(max=len(track.frames) - 1)
        there = track.seen[at] & (track.frames[at] == person.frames)[:, None]
        points = np.where(there[..., None], track.keypoints[at], np.nan)
        joints = skeleton(track.skeleton)
        known = track.camera is not None
        camera = image_camera(None if known else track.size, track.camera)
        seen.append(Seen(replace(person, keypoints=points, keypoint_joints=joints), camera))
    return seen


def people_of_run(folder: Path) -> tuple[list[Seen], list[Seen]]:
    """Return the clips that a run predicted, and their true poses, where the store has them.

    Raises:
        InputError: If nothing was predicted, or the store is not there or another one.
    """
    predictions, data = predictions_of_run(folder), data_of_run(folder / CONFIG)
    root = predictions.content.get("trajectory")
    predicted, true = [], []
    with ClipStore(data.store) as store:
        for number in np.unique(predictions.content["clip"]).tolist():
            rows = predictions.rows_of(predictions.clips[number])
            frames = predictions.beside(rows, data, store)
            person = ShownPerson(
                predictions.clips[number],
                frames.frames,
                frames.predicted,
                frames.joints,
                trajectory=None if root is None else root[rows],
                keypoints=frames.keypoints,
                keypoint_joints=frames.keypoint_joints,
            )
            predicted.append(Seen(person, None if root is None else store.camera(frames.key)))
            if frames.truth is not None:
                true.append(Seen(replace(person, pose=frames.truth, trajectory=None)))
    return predicted, true
