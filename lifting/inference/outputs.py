"""Lifted people as a user asks for them: at their height, and as files of other programs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lifting.errors import InputError, Option, Phrase, did_you_mean, located, require
from lifting.export.bvh import bvh_text
from lifting.export.c3d import c3d_bytes
from lifting.export.motion import Motion
from lifting.export.pose_table import angle_csv, pose_csv
from lifting.export.trc import trc_text
from lifting.files import name_of, on_disk
from lifting.inference.camera_files import read_calibration
from lifting.inference.keypoint_files import KeypointTrack, no_such_person
from lifting.inference.output_options import MOTION, OutputOptions
from lifting.inference.prediction import Lifted
from lifting.keypoints.frame_times import even_rate, uneven
from lifting.skeletons.standing_height import standing_height

# Bytes of a person's name in that of a file.
_LONGEST_NAME = 80


def at_heights(
    tracks: Sequence[KeypointTrack], lifted: list[Lifted], options: OutputOptions, where: object
) -> list[Lifted]:
    """Return people scaled so that they stand as tall as they are said to be.

    Poses and trajectories are scaled alike, by one factor a person. Whose height is not told, or too
    little of whom is known to measure it, stays as lifted.

    Args:
        tracks: Whose poses they are.
        lifted: The poses.
        options: Their heights.
        where: The file, for errors.

    Raises:
        InputError: If somebody is named who is not there.
    """
    check_names(tracks, options, where)
    heights = options.heights
    scaled = []
    for track, poses in zip(tracks, lifted, strict=True):
        metres = heights.get(track.name, heights.get(None))
        if metres is not None:
            poses = _at_height(poses, metres)
        scaled.append(poses)
    return scaled


def _at_height(poses: Lifted, metres: float) -> Lifted:
    factor = poses.pose.dtype.type(1000 * metres / standing_height(poses.pose, poses.skeleton))
    if not np.isfinite(factor):
        return poses
    root = None if poses.trajectory is None else poses.trajectory * factor
    spread = None if poses.spread is None else poses.spread * factor
    return replace(poses, pose=poses.pose * factor, trajectory=root, spread=spread)


def with_calibrated_size(
    tracks: Sequence[KeypointTrack], options: OutputOptions
) -> list[KeypointTrack]:
    """Return tracks with the size of the camera's calibration where none is known.

    Raises:
        InputError: If the calibration cannot be read.
    """
    size = None if options.camera is None else read_calibration(options.camera).size
    unknown = [size is not None and t.size is None and t.camera is None for t in tracks]
    return [replace(t, size=size) if u else t for t, u in zip(tracks, unknown, strict=True)]


def check_names(tracks: Sequence[KeypointTrack], options: OutputOptions, where: object) -> None:
    """Refuse heights of people who are not there.

    Raises:
        InputError: If there are such.
    """
    names = [track.name for track in tracks]
    for name in options.heights:
        if name is not None and name not in names:
            meant = did_you_mean(name, names) or Phrase(
                "name those in {}.", Option("person_height")
            )
            raise no_such_person(name, names, where, meant)


def counted(people: int) -> str:
    """Return how many people there are, in words.

    Example:
        >>> counted(1), counted(1200)
        ('1 person', '1,200 people')
    """
    return "1 person" if people == 1 else f"{people:,} people"


def check_before(
    options: OutputOptions,
    formats: Sequence[str],
    size: tuple[float, float] | None = None,
    stills: bool = False,
) -> None:
    """Refuse what cannot be used or written, before anything is detected or lifted.

    Args:
        options: The options.
        formats: What is written.
        size: Width and height of the images, if known.
        stills: The frames are photographs.

    Raises:
        InputError: If a package is not installed, photographs would be motion, or the calibration of the
            camera cannot be read or is of other images.
    """
    if options.camera is not None:
        calibration = read_calibration(options.camera)
        if size is not None:
            calibration.camera(size)
    if stills and (motion := [name for name in formats if name in MOTION]):
        what = f"{', '.join(motion)} hold motion, and these are photographs"
        raise InputError(what, remedy=Phrase("give {} csv,angles.", Option("formats")))
    if "c3d" in formats:
        require("c3d", "C3D", "c3d")


def output_files(
    target: Path,
    tracks: Sequence[KeypointTrack],
    lifted: Sequence[Lifted],
    formats: Sequence[str],
) -> dict[Path, bytes]:
    """Return the files of some formats, named after the ``.npz`` and, where there is one each, people.

    Args:
        target: The ``.npz``; ``walk_3d.npz`` gives ``walk_3d_anna.trc`` and ``walk_3d.csv``.
        tracks: Whose poses they are.
        lifted: The poses.
        formats: Names of :data:`lifting.inference.output_options.FORMATS`.

    Raises:
        InputError: If a format needs the frames per second, a package or, as BVH does, every joint.
    """
    people = [_motion(*pair) for pair in zip(tracks, lifted, strict=True)]
    # Of everyone together, so that they stay in step.
    times = [person.times for person in people if person.times is not None]
    rate = even_rate(np.unique(np.concatenate(times))) if times else None
    files: dict[Path, bytes] = {}
    for name in (name for name in MOTION if name in formats):
        moving = people if name == "trc" else [person.even(rate) for person in people]
        paths = _paths_of_people(target, [person.name for person in people], name)
        files |= {p: _content(each, name, p) for p, each in zip(paths, moving, strict=True)}
    for path, name in _paths_of_all(target, formats).items():
        files[path] = (pose_csv(people) if name == "csv" else angle_csv(people)).encode()
    return files


def output_paths(
    target: Path, names: Sequence[str] | None, formats: Sequence[str]
) -> Iterator[Path]:
    """Yield where :func:`output_files` puts the files of people, before they are lifted.

    Args:
        target: The ``.npz``.
        names: Names of the people; None where they are yet to be detected, for the files in the folder
            that have the names of such.
        formats: Names of :data:`lifting.inference.output_options.FORMATS`.
    """
    yield from _paths_of_all(target, formats)
    for format_name in (name for name in MOTION if name in formats):
        if names is not None:
            yield from _paths_of_people(target, names, format_name)
        elif target.parent.is_dir():
            detected = re.compile(rf"{re.escape(target.stem)}_person\d+\.{format_name}")
            yield from (p for p in target.parent.iterdir() if detected.fullmatch(p.name))


def _paths_of_all(target: Path, formats: Sequence[str]) -> dict[Path, str]:
    """Return the files that hold everyone, with their formats."""
    paths = {target.with_suffix(".csv"): "csv"}
    paths[target.with_name(f"{target.stem}_angles.csv")] = "angles"
    return {path: name for path, name in paths.items() if name in formats}


def _motion(track: KeypointTrack, poses: Lifted) -> Motion:
    own = poses.pose, poses.known, poses.skeleton, poses.fps, poses.trajectory
    return Motion(track.name, track.frames, *own, uneven(track.times, poses.fps))


def _paths_of_people(target: Path, names: Sequence[str], format_name: str) -> list[Path]:
    """Return a file for each person, none of them twice, wherever capitals are the same letters."""
    paths: dict[str, Path] = {}
    for person in names:
        # A name may be a path of a store, which is no name of a file, or longer than one can be.
        plain = re.sub(r"[^\w.-]+", "_", person).encode()[:_LONGEST_NAME]
        stem = name = f"{target.stem}_{on_disk(plain.decode(errors='ignore'))}"
        number = len(paths)
        while name.casefold() in paths:
            name = f"{stem}_{number}"
            number += 1
        paths[name.casefold()] = target.with_name(f"{name}.{format_name}")
    return list(paths.values())


def _content(person: Motion, format_name: str, path: Path) -> bytes:
    if format_name == "trc":
        return trc_text(person, name_of(path)).encode()
    if format_name == "c3d":
        return c3d_bytes(person)
    with located(person.name):
        text = bvh_text(person.pose, person.skeleton, person.fps, person.trajectory)
    return text.encode("ascii")
