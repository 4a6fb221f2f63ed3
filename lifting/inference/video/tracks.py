"""Tracks of the people on a video: detected on its frames, or read from a keypoint file."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lifting.errors import InputError, Option, Phrase
from lifting.inference.detectors.interfaces import PersonTracker
from lifting.inference.keypoint_files import KeypointTrack, read_tracks, select_tracks
from lifting.inference.options import ReadOptions
from lifting.inference.people.tracked_people import keypoint_tracks, track_people
from lifting.inference.progress import progress_bar
from lifting.inference.video.reader import Video

# Frames that go through the detectors together.
_CHUNK = 8


def detect_tracks(
    video: Video,
    tracker: PersonTracker,
    min_confidence: float,
    min_frames: int,
    stopped: Callable[[], bool],
) -> tuple[list[KeypointTrack], int]:
    """Return everyone who is detected on enough frames of a video, and how many of its frames were read.

    Keypoints of less than ``min_confidence`` are missing; ``stopped`` says whether to end early.

    Raises:
        InputError: If there is nobody.
    """
    with progress_bar() as bar:
        task = bar.add_task("detecting", total=video.frames or None)
        people, count = track_people(
            video, tracker, _CHUNK, stopped, lambda done: bar.advance(task, done)
        )
    kept = [person for person in people if len(person.frames) >= min_frames]
    if not kept:
        most = max((len(person.frames) for person in people), default=0)
        what: str = Phrase(
            "nobody was seen on {} frames, but on {}; lower {}.",
            min_frames,
            most,
            Option("shortest"),
        )
        if count == 1:
            what = "is one picture; lift photographs by `lifting photo`."
        elif not most:
            what = f"nobody was seen on its {count:,} frames; does it show people?"
        raise InputError(what, video.path)
    shape = video.size, video.fps, video.path
    return keypoint_tracks(kept, tracker.skeleton, *shape, min_confidence), count


def with_times(
    tracks: Sequence[KeypointTrack], seconds: Sequence[float], fps: float
) -> list[KeypointTrack]:
    """Return tracks with the times of a video's frames, and its frames per second.

    Args:
        tracks: The tracks, on frames of the video.
        seconds: Of its frames, from 0 on; those that could not be decoded follow at the rate.
        fps: Frames per second.
    """
    last = max(int(track.frames[-1]) for track in tracks)
    beyond = np.arange(1, last + 2 - len(seconds)) / fps + (seconds[-1] if seconds else 0.0)
    times = np.concatenate([seconds, beyond])
    return [replace(track, times=times[track.frames], fps=fps) for track in tracks]


def read_video_tracks(
    video: Video, path: Path, options: ReadOptions, first: int, name: str | None = None
) -> list[KeypointTrack]:
    """Return everyone in a keypoint file of a video, or whoever is named.

    ``first`` is the number that the file gives to the first frame.

    Raises:
        InputError: If it cannot be read, or is of another video.
    """
    width, height = (float(side) for side in video.size)
    try:
        tracks = read_tracks(path, options)
    except InputError:
        # Landmarks relative to the image need its size; all else fails again.
        tracks = read_tracks(path, replace(options, width=width, height=height))
    tracks = select_tracks(tracks, name, path)
    if any(track.size not in (None, (width, height)) for track in tracks):
        what = f"its images are not {width:g} x {height:g} pixels as those of {video.path}"
        raise InputError(what, path, "name the keypoints of this video.")
    tracks = [replace(t, frames=t.frames - first, size=(width, height)) for t in tracks]
    lowest, highest = (limit(limit(t.frames) for t in tracks) for limit in (min, max))
    if lowest < 0 or (video.frames and highest >= video.frames):
        numbers = f"{lowest + first} to {highest + first}"
        what = f"has frames {numbers}, but {video.path} has {video.frames:,}"
        raise InputError(
            what, path, Phrase("say with {} which number its first frame has.", Option("first"))
        )
    try:
        return [track.contiguous(path).trimmed() for track in tracks]
    except InputError as error:
        what = "shows somebody on so few frames that they are no video"
        raise InputError(what, path, f"name the keypoints of {video.path}.") from error
