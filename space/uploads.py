"""Lifting of what is uploaded to the Space: limits, results, and words for what is wrong."""

import re
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lifting.errors import InputError, listening
from lifting.files import beside, write_together
from lifting.inference.app.words import sentence, told
from lifting.inference.everyone import lift_everyone
from lifting.inference.keypoint_files import KeypointTrack, read_tracks
from lifting.inference.nominal_size import sized
from lifting.inference.options import LiftOptions, ReadOptions
from lifting.inference.outputs import counted, output_files
from lifting.inference.people_page import write_people_page
from lifting.inference.pose_files import pack_poses
from lifting.inference.prediction import Lifted, load_lifter
from lifting.methods.bases.lifter import Lifter
from lifting.viz.inline_page import InlinePage

# The lifters that come with the suite and look at a whole recording, the default one first.
LIFTERS = ("person", "person-links")
# Of what one visitor may give: bytes of a file, files, frames of everyone together, people.
LARGEST, MOST_FILES, MOST_FRAMES, MOST_PEOPLE = 20_000_000, 2_000, 6_000, 12
_FAULT = "That failed, by a fault of this page: please report it with the file."
_HEIGHT = 820
# Bytes of the name of a file.
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Answer:
    """What a visitor is shown.

    Attributes:
        text: What was lifted and what may be wrong with it, or why nothing was.
        page: The page to play and turn the poses on, as a frame; empty where there is none.
        files: The files to download.
    """

    text: str
    page: str = ""
    files: tuple[str, ...] = ()


@contextmanager
def lifted(
    files: Sequence[str], lifter: str, read_options: ReadOptions, fps: float | None
) -> Iterator[Answer]:
    """Lift the people in a keypoint file, or in those of one recording; yield the answer.

    Whatever is wrong is told by the text of the answer. Its files are there until the end.

    Args:
        files: The uploaded file; of OpenPose one of each frame.
        lifter: Name of the lifter, of :data:`LIFTERS`.
        read_options: What is known of the file.
        fps: Frames per second, if the file does not tell.
    """
    with tempfile.TemporaryDirectory(prefix="lifting-space-") as folder:
        yield _answer(files, Path(folder), lifter, read_options, fps)


def _answer(
    files: Sequence[str], folder: Path, lifter: str, read_options: ReadOptions, fps: float | None
) -> Answer:
    source = folder / "recording"
    try:
        with listening() as warned:
            source = _gathered([Path(file) for file in files], source)
            text, page, results = _lift(source, folder, lifter, read_options, fps)
    except Exception as error:
        return Answer(_words(error, source))
    text = "\n".join([text, *told([about.naming(source) for about in warned])])
    return Answer(text, InlinePage(page, _HEIGHT).html, tuple(map(str, results)))


def _gathered(files: Sequence[Path], target: Path) -> Path:
    """Copy files into a folder, and return the only one, or the folder of several.

    Raises:
        InputError: If there is none, there are too many, or they are too large.
    """
    if not files:
        raise InputError("There is no file: give one, or choose an example.")
    if len(files) > MOST_FILES:
        raise InputError(f"{len(files):,} files are too many: give {MOST_FILES:,} at most.")
    if sum(file.stat().st_size for file in files) > LARGEST:
        limit = f"{LARGEST / 1e6:.0f} MB"
        raise InputError(f"More than {limit} is too much for this page: give a part of it.")
    if len(files) > 1 and any(file.suffix.lower() != ".json" for file in files):
        raise InputError("Several files must be OpenPose's of one recording: give others singly.")
    target.mkdir()
    copies = [target / _plain(file.name) for file in files]
    for file, copy in zip(files, copies, strict=True):
        with beside(copy) as partial:
            shutil.copyfile(file, partial)
    return copies[0] if len(copies) == 1 else target


def _plain(name: str) -> str:
    """Return a name with nothing in it that is not in names, its end first where it is long."""
    plain = re.sub(r"[^\w.-]+", "_", name).encode()[-_LONGEST_NAME:].decode(errors="ignore")
    return plain.lstrip(".") or "keypoints"


def _lift(
    source: Path, folder: Path, name: str, read_options: ReadOptions, fps: float | None
) -> tuple[str, Path, list[Path]]:
    """Return what was lifted, in words, the page and the other files."""
    if name not in LIFTERS:
        raise InputError(f"There is no lifter '{name}': choose {' or '.join(LIFTERS)}.")
    options = LiftOptions(fps=fps, smooth=None if read_options.stills else "savgol")
    tracks = read_tracks(source, read_options)
    _check_amount(tracks)
    lifter = _lifter(name)
    tracks = sized(tracks, lifter, source)
    if not read_options.stills:
        tracks = [track.contiguous(source) for track in tracks]
        # What is missing in between is lifted, too.
        _check_amount(tracks)
    poses = lift_everyone(tracks, lifter, options, source, bar=False)
    stem = "poses" if source.is_dir() else source.stem
    target, page = folder / f"{stem}_3d.npz", folder / f"{stem}_3d.html"
    frames = sum(len(track.frames) for track in tracks)
    text = f"{frames:,} frames of {counted(len(tracks))} ({tracks[0].skeleton})."
    files = output_files(target, tracks, poses, ("csv",))
    if not read_options.stills:
        motion, reason = _motion(target, tracks, poses)
        files, text = files | motion, " ".join([text, *reason])
    write_together({target: pack_poses(tracks, poses)} | files)
    write_people_page(page, source.name, tracks, poses, stills=read_options.stills)
    return text, page, [target, *files, page]


def _motion(
    target: Path, tracks: Sequence[KeypointTrack], poses: Sequence[Lifted]
) -> tuple[dict[Path, bytes], list[str]]:
    """Return a BVH file per person, or why there is none."""
    if any(each.fps is None for each in poses):
        return {}, ["No BVH, which needs the frames per second."]
    try:
        return output_files(target, tracks, poses, ("bvh",)), []
    except InputError as error:
        return {}, [f"No BVH: {sentence(error)}"]


def _check_amount(tracks: Sequence[KeypointTrack]) -> None:
    frames = sum(len(track.frames) for track in tracks)
    if len(tracks) > MOST_PEOPLE or frames > MOST_FRAMES:
        what = f"{frames:,} frames of {counted(len(tracks))} are too much for this page"
        limits = f"{MOST_FRAMES:,} frames of all together, and {MOST_PEOPLE} people, are lifted"
        raise InputError(f"{what}: {limits}. On your machine there is no limit.")


@lru_cache(maxsize=len(LIFTERS))
def _lifter(name: str) -> Lifter:
    return load_lifter(name)


def _words(error: Exception, source: Path) -> str:
    if isinstance(error, InputError):
        error = error.naming(source)
    text = sentence(error)
    if text is None:
        traceback.print_exception(error, file=sys.stderr)
    return text or _FAULT
