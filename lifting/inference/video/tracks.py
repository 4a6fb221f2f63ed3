"""Whom a video shows: detected on its frames, or read from a file of keypoints."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.progress import Progress

from lifting.errors import InputError
from lifting.inference.detectors.interfaces import Watcher
from lifting.inference.people.tracked_people import Person, watch

if TYPE_CHECKING:
    from lifting.inference.keypoint_files import Track, Wanted
    from lifting.inference.video.reader import Video

# Frames that go through finder and reader together.
_TOGETHER = 8


def detected(
    film: "Video",
    watcher: Watcher,
    least_confidence: float,
    shortest: int,
    stopped: Callable[[], bool],
) -> "tuple[list[Track], int]":
    """Return everyone who is detected on a video, and how many of its frames were looked at.

    Args:
        film: The video.
        watcher: What sees people.
        least_confidence: Keypoints less sure are missing.
        shortest: Who is seen on fewer frames is nobody.
        stopped: Whether to go on with what was seen so far.

    Raises:
        InputError: If there is nobody.
    """
    with Progress(transient=True) as bar:
        task = bar.add_task("detecting", total=film.frames or None)
        people, count = watch(
            film, watcher, _TOGETHER, stopped, lambda done: bar.advance(task, done)
        )
    long = [one for one in people if len(one.frames) >= shortest]
    if not long:
        most = max((len(one.frames) for one in people), default=0)
        raise InputError(
            f"{film.path}: nobody was seen on its {count:,} frames; is it a video of people, and the "
            "detector for such?"
            if not most
            else f"{film.path}: nobody was seen on {shortest} frames, but on {most}; lower --shortest."
        )
    return _named(film, watcher.skeleton, long, least_confidence), count


def _named(film: "Video", skeleton: str, people: Sequence[Person], least: float) -> "list[Track]":
    from lifting.inference.keypoint_files.track import checked_track

    width, height = film.size
    tracks = []
    for number, one in enumerate(people):
        points = one.points.astype(np.float64)
        points[points[..., 2] < least] = 0
        size = float(width), float(height)
        track = checked_track(f"person{number}", points, one.frames, skeleton, size, film.fps)
        tracks.append(_trimmed(track.whole(str(film.path))))
    return tracks


def given(
    film: "Video",
    path: Path,
    wanted: "Wanted",
    kind: str | None,
    first: int,
    name: str | None = None,
) -> "list[Track]":
    """Return everyone in a file of keypoints of a video.

    Args:
        film: The video.
        path: The file, or OpenPose's folder.
        wanted: What is said of it besides.
        kind: Its format; by the content where not given.
        first: The number that it gives to the first frame.
        name: Whom alone to return.

    Raises:
        InputError: If it cannot be read, or is of another video.
    """
    from lifting.inference.keypoint_files import read_tracks

    width, height = (float(side) for side in film.size)
    try:
        tracks = read_tracks(path, wanted, kind)
    except InputError:
        # Shares of the image's size need it; all else fails again.
        tracks = read_tracks(path, replace(wanted, size=(width, height)), kind)
    tracks = chosen(tracks, name, str(path))
    for one in tracks:
        if one.size not in (None, (width, height)):
            raise InputError(
                f"its images are not {width:g} x {height:g} pixels as those of {film.path}",
                path,
                "name the keypoints of this video.",
            )
    moved = [replace(t, frames=t.frames - first, size=(width, height)) for t in tracks]
    lowest, highest = (f(f(t.frames) for t in moved) for f in (min, max))
    if lowest < 0 or (film.frames and highest >= film.frames):
        raise InputError(
            f"has frames {lowest + first} to {highest + first}, but {film.path} has "
            f"{film.frames:,}",
            path,
            "say with --first which number its first frame has, or name the keypoints "
            "of this video.",
        )
    try:
        return [_trimmed(one.whole(str(path))) for one in moved]
    except InputError as error:
        raise InputError(
            "shows somebody on so few frames that they are no video",
            path,
            f"name the keypoints of {film.path}.",
        ) from error


def chosen(tracks: "list[Track]", name: str | None, where: str) -> "list[Track]":
    """Return the tracks of a name; all, where none is given.

    Args:
        tracks: Everyone.
        name: Whom to return.
        where: What shows them, for messages.

    Raises:
        InputError: If nobody has that name.
    """
    kept = [one for one in tracks if name in (None, one.name)]
    if not kept:
        some = ", ".join(one.name for one in tracks[:10])
        raise InputError(f"shows no '{name}', but {some}", where, "name one of them with --track.")
    return kept


def _trimmed(track: "Track") -> "Track":
    """Return a track from the first to the last frame on which anything is seen."""
    there = np.flatnonzero((track.confidence > 0).any(1))
    part = slice(there[0], there[-1] + 1) if len(there) else slice(0, len(track.frames))
    return replace(
        track,
        frames=track.frames[part],
        keypoints=track.keypoints[part],
        confidence=track.confidence[part],
    )
