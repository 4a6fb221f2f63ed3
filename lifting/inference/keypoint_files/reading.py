"""Reading of keypoint files of every format, recognised by its content."""

from dataclasses import replace
from pathlib import Path

from lifting.containers.damage import taking_apart
from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_files import store
from lifting.inference.keypoint_files.believed import believed_tracks
from lifting.inference.keypoint_files.content import (
    FOLDER,
    HDF5,
    Content,
    container_of,
    open_content,
)
from lifting.inference.keypoint_files.plausible_tracks import plausible_tracks
from lifting.inference.keypoint_files.refusals import refuse
from lifting.inference.keypoint_files.table import FORMATS
from lifting.inference.keypoint_files.track import KeypointTrack, Size
from lifting.inference.options import ReadOptions


def read_tracks(path: Path, options: ReadOptions) -> list[KeypointTrack]:
    """Read the people in a keypoint file, or in a folder of one file a frame, by their first frames.

    Keypoints that are not believed (:mod:`lifting.keypoints.confidence`) are missing, and with a warning
    those that nobody can have.

    Raises:
        InputError: If it cannot be read, is in no known format, or contradicts the options.
    """
    if options.format is not None and options.format not in FORMATS:
        raise InputError(
            Phrase("{} is {}: choose {}.", Option("format"), options.format, ", ".join(FORMATS))
        )
    content = open_content(path)
    with taking_apart(path):
        tracks = FORMATS[_format(content, options.format)].read(content, options)
    if not tracks:
        raise InputError("shows nobody", path, "run the detector again.")
    sized = [with_size(_named(track), options.size, path) for track in tracks]
    return plausible_tracks(believed_tracks(sized, options.least_confidence, path), path)


def _named(track: KeypointTrack) -> KeypointTrack:
    """Return a track whose name can be printed and written, whatever the file has."""
    name = "".join(letter if letter.isprintable() else "_" for letter in track.name)
    return track if name == track.name else replace(track, name=name)


def _format(content: Content, named: str | None) -> str:
    """Return the format of content: the one that is named, or the last that recognises it."""
    if named is None:
        for name, known in reversed(FORMATS.items()):
            if content.container in known.containers and known.recognises(content):
                return name
        refuse(content)
    if content.container not in FORMATS[named].containers:
        if content.container == FOLDER:
            raise InputError("is a folder", content.path, f"of format {named} a file is needed.")
        what = f"is not of format {named}"
        raise InputError(
            what, content.path, Phrase("give another {} or omit it.", Option("format"))
        )
    return named


def is_store(path: Path, options: ReadOptions) -> bool:
    """Tell whether a path is read as a clip store, which holds more than keypoints."""
    if options.format not in (None, "store") or not path.is_file():
        return False
    return container_of(path) == HDF5 and (
        options.format is not None or store.recognises(open_content(path))
    )


def with_size(track: KeypointTrack, size: Size | None, path: Path) -> KeypointTrack:
    """Return a track with the size of the images that is said of its file.

    Raises:
        InputError: If the file tells another.
    """
    if size is None or track.size == size:
        return track
    if track.size is not None:
        width, height = track.size
        raise InputError(
            f"images are {width:g} x {height:g} px",
            path,
            Phrase("drop {}, {}.", Option("width"), Option("height")),
        )
    return replace(track, size=size)
