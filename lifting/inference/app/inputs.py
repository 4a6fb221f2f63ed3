"""One function per kind of input: a file in, lifted people out."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lifting.errors import InputError
from lifting.inference.detectors.factory import Detecting, watcher_of
from lifting.inference.detectors.interfaces import Frame, Image
from lifting.inference.people.tracked_people import watch
from lifting.inference.prediction import Lifted, lift
from lifting.methods.bases.lifter import Lifter
from lifting.viz.player import small_jpeg

if TYPE_CHECKING:
    from lifting.inference.keypoint_files import Track

PICTURES = (".jpg", ".jpeg", ".png")
VIDEOS = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg")

# Height of the pictures on a page, that of a photograph, and how many of a video a page holds.
_HEIGHT, _PHOTOGRAPH, _MOST = 360, 720, 900
# Frames that are looked at together.
_TOGETHER = 16


@dataclass(frozen=True)
class Wishes:
    """What is said of an input besides its content, and what is wanted of the poses.

    Attributes:
        skeleton: Joint set of the keypoints, where the file does not tell.
        size: Width and height of the images in pixels, where the file does not tell.
        fps: Frames per second; as in the file where not given.
        format: Format of a keypoint file; by the content where not given.
        stills: Whether the frames are photographs.
        smooth: ``one_euro`` or ``savgol``.
        trajectory: Whether the place of the root is wanted.
    """

    skeleton: str | None = None
    size: tuple[float, float] | None = None
    fps: float | None = None
    format: str | None = None
    stills: bool = False
    smooth: str | None = None
    trajectory: bool = False


@dataclass(frozen=True)
class Person:
    """Somebody who was lifted.

    Attributes:
        track: The keypoints.
        lifted: The poses.
        images: A small picture per frame, JPEG, where there are pictures.
    """

    track: "Track"
    lifted: Lifted
    images: list[bytes] | None = None


@dataclass(frozen=True)
class _Photograph:
    image: Image
    number: int = 0


def lift_file(
    path: Path, lifter: Lifter, detecting: Detecting | None, wishes: Wishes
) -> list[Person]:
    """Lift whoever is in a file, whatever kind it is of.

    Args:
        path: Keypoints, a picture or a video; or the folder that OpenPose wrote.
        lifter: The lifter.
        detecting: What sees people on pictures, if anything does.
        wishes: What else is said.

    Raises:
        InputError: If the file or a wish is wrong; the file is called by its name alone.
    """
    kind = path.suffix.lower()
    with _by_name(path):
        if kind not in (*PICTURES, *VIDEOS):
            return lift_keypoint_file(path, lifter, wishes)
        if detecting is None:
            raise InputError(
                "is a picture or a video, on which nobody looks for people here",
                path.name,
                "start the app with --detector, or give keypoints.",
            )
        seen = lift_photograph if kind in PICTURES else lift_video
        return seen(path, lifter, detecting, wishes)


def lift_keypoint_file(path: Path, lifter: Lifter, wishes: Wishes) -> list[Person]:
    """Lift everyone in a keypoint file of any format.

    Raises:
        InputError: If the file or a wish is wrong.
    """
    from lifting.inference.keypoint_files import Wanted, read_tracks

    wanted = Wanted(wishes.skeleton, wishes.size, wishes.stills)
    tracks = read_tracks(path, wanted, wishes.format)
    if not wishes.stills:
        tracks = [track.whole(path.name) for track in tracks]
    return [Person(track, _lift(track, lifter, wishes)) for track in tracks]


def lift_photograph(
    path: Path, lifter: Lifter, detecting: Detecting, wishes: Wishes
) -> list[Person]:
    """Lift whoever is seen on a photograph.

    Raises:
        InputError: If it is none, or nobody is on it.
    """
    from datamodules.relative_depth.annotation.images import read_picture

    image = read_picture(path)
    picture = {0: small_jpeg(image, _PHOTOGRAPH)}
    return _seen([_Photograph(image)], picture, path, lifter, detecting, wishes)


def lift_video(path: Path, lifter: Lifter, detecting: Detecting, wishes: Wishes) -> list[Person]:
    """Lift whoever is seen on a video.

    Raises:
        InputError: If it is none, or nobody is on it.
    """
    from lifting.inference.video.reader import Video

    video, pictures = Video(path), dict[int, bytes]()

    def frames() -> Iterator[Frame]:
        for frame in video:
            # A page of a long video shows the keypoints alone.
            if frame.number < _MOST:
                pictures[frame.number] = small_jpeg(frame.image, _HEIGHT)
            yield frame

    return _seen(frames(), pictures, path, lifter, detecting, wishes, video.fps)


def _seen(
    frames: Iterable[Frame],
    pictures: dict[int, bytes],
    path: Path,
    lifter: Lifter,
    detecting: Detecting,
    wishes: Wishes,
    fps: float | None = None,
) -> list[Person]:
    """Lift whoever is seen on frames.

    Args:
        frames: The frames.
        pictures: Small pictures of them by number, complete once the frames have been read.
        path: Where they are from.
        lifter: The lifter.
        detecting: What sees people.
        wishes: What else is said.
        fps: Frames per second.

    Raises:
        InputError: If nobody is on them.
    """
    from lifting.inference.keypoint_files.track import checked_track

    sizes: list[tuple[float, float]] = []

    def sized() -> Iterator[Frame]:
        for frame in frames:
            sizes[:] = [(float(frame.image.shape[1]), float(frame.image.shape[0]))]
            yield frame

    watcher = watcher_of(detecting)
    found, _ = watch(sized(), watcher, _TOGETHER, lambda: False, lambda count: None)
    if not found:
        raise InputError("nobody can be seen on it", path.name, "give one of a whole person.")
    people = []
    for number, one in enumerate(found):
        track = checked_track(
            f"person{number}",
            one.points.astype(np.float64),
            one.frames,
            watcher.skeleton,
            sizes[0],
            fps,
        ).whole(path.name)
        numbers = track.frames.tolist()
        images = [pictures[n] for n in numbers] if numbers[-1] in pictures else None
        people.append(Person(track, _lift(track, lifter, wishes), images))
    return people


def _lift(track: "Track", lifter: Lifter, wishes: Wishes) -> Lifted:
    if track.size is None and track.camera is None:
        raise InputError(
            "How large the images are the file does not tell: give their width and height."
        )
    return lift(
        track.keypoints,
        lifter,
        skeleton=track.skeleton,
        confidence=track.confidence,
        fps=track.fps if wishes.fps is None else wishes.fps,
        smooth=wishes.smooth,
        trajectory=wishes.trajectory,
        size=None if track.camera is not None else track.size,
        camera=track.camera,
    )


@contextmanager
def _by_name(path: Path) -> Iterator[None]:
    """Let errors call a file by its name: where it was put for the time being is nobody's business."""
    try:
        yield
    except InputError as error:
        raise error.naming(path) from error
