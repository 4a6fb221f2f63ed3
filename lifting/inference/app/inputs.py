"""Lifting of the app's inputs, one function per kind: keypoint files, photographs, videos."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from datamodules.crops.pixels import read_photograph
from lifting.errors import InputError, listening, warn
from lifting.inference.app.started import tracker_of
from lifting.inference.detectors.interfaces import Frame
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.keypoint_files import KeypointTrack, read_tracks
from lifting.inference.media_kinds import media_kind
from lifting.inference.options import LiftOptions, ReadOptions
from lifting.inference.people.tracked_people import keypoint_tracks, track_people
from lifting.inference.photographs.files import ENDINGS
from lifting.inference.prediction import Lifted, lift_track
from lifting.inference.video.reader import Video, VideoFrame
from lifting.inference.video.tracks import with_times
from lifting.methods.bases.lifter import Lifter
from lifting.viz.player import small_jpeg

VIDEOS = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg")

# Heights of the pictures on a page, pixels.
_VIDEO_HEIGHT, _PHOTOGRAPH_HEIGHT = 360, 720
# Pictures of a video on a page at most.
_MAX_PICTURES = 900
# Frames that go through the detectors together.
_CHUNK = 16


@dataclass(frozen=True)
class LiftedPerson:
    """A person with its poses.

    Attributes:
        track: The keypoints.
        lifted: The poses.
        images: A small picture per frame, JPEG, where there are pictures.
    """

    track: KeypointTrack
    lifted: Lifted
    images: list[bytes] | None = None


def lift_file(
    path: Path,
    lifter: Lifter,
    detector: DetectorOptions | None,
    read_options: ReadOptions,
    options: LiftOptions,
) -> list[LiftedPerson]:
    """Lift the people in a file, whatever kind it is of.

    It holds keypoints, or is a photograph, a video, or the folder that OpenPose wrote.

    Raises:
        InputError: If the file or an option is wrong; the file is called by its name alone.
    """
    kind = path.suffix.lower()
    with _by_its_name(path):
        if kind not in (*ENDINGS, *VIDEOS):
            if media_kind(path) is not None:
                remedy = f"convert it to {', '.join(ENDINGS)} or {VIDEOS[0]}."
                raise InputError("is a picture or a video of a kind that is not read", path, remedy)
            return _lift_keypoint_file(path, lifter, read_options, options)
        if detector is None:
            remedy = "give keypoints, or start the app with a detector."
            raise InputError("is a picture or a video, and the app detects nobody", path, remedy)
        lift_pictures = _lift_photograph if kind in ENDINGS else _lift_video
        return lift_pictures(path, lifter, detector, options)


@contextmanager
def _by_its_name(path: Path) -> Iterator[None]:
    """Call a file by its name in errors and warnings: where it is stored is of no use to the user."""
    try:
        with listening() as warned:
            yield
    except InputError as error:
        raise error.naming(path) from error
    finally:
        for about in warned:
            warn(about.naming(path))


def _lift_keypoint_file(
    path: Path, lifter: Lifter, read_options: ReadOptions, options: LiftOptions
) -> list[LiftedPerson]:
    tracks = read_tracks(path, read_options)
    if not read_options.stills:
        tracks = [track.contiguous(path) for track in tracks]
    return [LiftedPerson(track, lift_track(track, lifter, options, path)) for track in tracks]


def _lift_photograph(
    path: Path, lifter: Lifter, detector: DetectorOptions, options: LiftOptions
) -> list[LiftedPerson]:
    image = read_photograph(path)
    picture = {0: small_jpeg(image, _PHOTOGRAPH_HEIGHT)}
    size = image.shape[1], image.shape[0]
    tracks = _detect([VideoFrame(0, 0, image)], size, None, detector, path)
    return _lift_tracks(tracks, picture, path, lifter, options)


def _lift_video(
    path: Path, lifter: Lifter, detector: DetectorOptions, options: LiftOptions
) -> list[LiftedPerson]:
    video, pictures = Video(path), dict[int, bytes]()

    def frames() -> Iterator[Frame]:
        for frame in video:
            # A page of a long video shows the keypoints alone.
            if frame.number < _MAX_PICTURES:
                pictures[frame.number] = small_jpeg(frame.image, _VIDEO_HEIGHT)
            yield frame

    tracks = _detect(frames(), video.size, video.fps, detector, path)
    tracks = with_times(tracks, video.seconds, video.fps)
    return _lift_tracks(tracks, pictures, path, lifter, options)


def _detect(
    frames: Iterable[Frame],
    size: tuple[int, int],
    fps: float | None,
    detector: DetectorOptions,
    path: Path,
) -> list[KeypointTrack]:
    """Return the tracks of the people on frames.

    Raises:
        InputError: If there is nobody.
    """
    tracker = tracker_of(detector)
    people, _ = track_people(frames, tracker, _CHUNK, lambda: False, lambda count: None)
    if not people:
        raise InputError("nobody can be seen on it", path, "give one of a whole person.")
    least = detector.least_confidence
    return keypoint_tracks(people, tracker.skeleton, size, fps, path, least)


def _lift_tracks(
    tracks: list[KeypointTrack],
    pictures: dict[int, bytes],
    path: Path,
    lifter: Lifter,
    options: LiftOptions,
) -> list[LiftedPerson]:
    """Lift tracks, and add to each the pictures of its frames by their numbers."""
    people = []
    for track in tracks:
        numbers = track.frames.tolist()
        images = [pictures[n] for n in numbers] if numbers[-1] in pictures else None
        people.append(LiftedPerson(track, lift_track(track, lifter, options, path), images))
    return people
