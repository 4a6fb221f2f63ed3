"""One frame of a keypoint file with the frames around it, or one pose written as JSON."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from datamodules.store.clips import ClipStore
from lifting.containers.json_files import parse_json
from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_files.believed import believed_tracks
from lifting.inference.keypoint_files.reading import is_store, read_tracks, with_size
from lifting.inference.keypoint_files.store import find_clip, read_clip
from lifting.inference.keypoint_files.track import (
    Array,
    KeypointTrack,
    select_tracks,
    track_from_points,
)
from lifting.inference.options import ReadOptions
from lifting.keypoints.confidence import confidence_of
from lifting.skeletons import skeleton


@dataclass(frozen=True)
class TrackFrame:
    """One frame of a track.

    Attributes:
        track: The person, over all frames of the recording.
        row: Which of them it is.
        truth: The true pose in the camera frame, millimetres ``(J, 3)``, where it is known.
        truth_skeleton: Its joint set.
    """

    track: KeypointTrack
    row: int = 0
    truth: Array | None = None
    truth_skeleton: str | None = None

    @property
    def frame(self) -> int:
        """Number of the frame."""
        return int(self.track.frames[self.row])


def read_track_frame(
    path: Path, options: ReadOptions, name: str | None = None, frame: int | None = None
) -> TrackFrame:
    """Read one frame of a person from a keypoint file, or of a clip from a store.

    Where no person (or clip, as subject/sequence/camera) is named, it is of the first; where no number
    is given, it is the first that shows the person.

    Raises:
        InputError: If it cannot be read, or the person or the frame is not there.
    """
    if is_store(path, options):
        return _read_from_store(path, options, name, frame)
    tracks = select_tracks(read_tracks(path, options), name, path)
    if frame is not None and name is None:
        # Of several people whoever is there.
        tracks = [track for track in tracks if frame in track.frames] or tracks
    return _track_frame(path, tracks[0], _row(path, tracks[0], frame), options)


def _track_frame(path: Path, track: KeypointTrack, row: int, options: ReadOptions) -> TrackFrame:
    if options.stills:
        return TrackFrame(track.rows(slice(row, row + 1)))
    # Frames that the file leaves out are missing to the lifter too.
    contiguous = track.contiguous(path)
    return TrackFrame(contiguous, int(track.frames[row] - contiguous.frames[0]))


def _row(path: Path, track: KeypointTrack, frame: int | None) -> int:
    if frame is None:
        return int(track.seen.any(1).argmax())
    rows = np.flatnonzero(track.frames == frame)
    if not len(rows):
        span = f"it is on frames {track.frames[0]} to {track.frames[-1]}."
        raise InputError(f"'{track.name}' is not on frame {frame}", path, span)
    return int(rows[0])


def _read_from_store(
    path: Path, options: ReadOptions, name: str | None, frame: int | None
) -> TrackFrame:
    with ClipStore(path) as store:
        key, source = find_clip(store, options, name)
        track = with_size(read_clip(store, key, source), options.size, path)
        [track] = believed_tracks([track], options.least_confidence, path)
        pose = store.pose(key)
        row = _row(path, track, frame)
        truth = None if pose is None else pose[row].astype(np.float64)
        return replace(
            _track_frame(path, track, row, options), truth=truth, truth_skeleton=store.info.skeleton
        )


def parse_pose(text: str, options: ReadOptions, where: object = Option("pose")) -> TrackFrame:
    """Read one pose from JSON.

    Args:
        text: A list of ``[x, y]`` or ``[x, y, confidence]``, one per joint of the joint set and null for
            one that is not seen; or an object with the same by name of the joint, where joints may be
            left out.
        options: Joint set, of COCO where not given, and size of the image.
        where: What to call it in messages.

    Raises:
        InputError: If it is none of these.
    """
    joints = skeleton(options.skeleton or "coco17")
    try:
        content = parse_json(text, where)
    except InputError as error:
        is_json = isinstance(error.__cause__, InputError)
        what = error.what if is_json else "is not valid JSON"
        raise InputError(f"{what}: give [[x, y], ...] or {{joint: [x, y]}}.", where) from error
    if isinstance(content, dict):
        has_not = f"which '{joints.name}' has not; its joints are {', '.join(joints.joints)}."
        if unknown := [name for name in content if name not in joints.joints]:
            raise InputError(f"names '{unknown[0]}', {has_not}", where)
        content = [content.get(name) for name in joints.joints]
    if not isinstance(content, list) or len(content) != len(joints):
        count = f"{len(content)} points" if isinstance(content, list) else "no list of points"
        what = f"has {count}, '{joints.name}' has {len(joints)} joints"
        raise InputError(what, where, Phrase("name another {}.", Option("skeleton")))
    points = np.stack([_point(entry, number, where) for number, entry in enumerate(content)])
    points[:, 2] = confidence_of(points[:, 2], where)
    frames = np.zeros(1, np.int64)
    track = track_from_points("pose", points[None], frames, joints.name, options.size)
    [track] = believed_tracks([track], options.least_confidence, where)
    return TrackFrame(track)


def _point(entry: Any, number: int, where: object) -> Array:
    if entry is None:
        return np.full(3, np.nan)
    plain = isinstance(entry, list) and all(type(x) in (int, float) and abs(x) < 1e9 for x in entry)
    if not plain or len(entry) not in (2, 3):
        raise InputError(f"point {number} is not [x, y], [x, y, confidence] or null.", where)
    return np.array([*entry, 1.0][:3], np.float64)
