"""Files of 3D poses as a page, a video or a picture."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lifting.errors import InputError, Option, Phrase
from lifting.inference.outputs import counted
from lifting.inference.pose_reading import read_people, select_people
from lifting.viz.clip_video import write_clip_video
from lifting.viz.figures import save_figure
from lifting.viz.page import write_page
from lifting.viz.people_figure import people_figure
from lifting.viz.people_page import MOST_PEOPLE, ShownPerson, people_clip
from lifting.viz.player import NOMINAL_FPS
from lifting.viz.video import write_rotation

# Poses of a picture.
_COLUMNS = 6


def view_file(
    file: Path,
    out: Path | None,
    skeleton: str | None,
    track: str | None,
    fps: float | None,
    rows: tuple[int, int | None, int],
) -> str:
    """Show the people of a file of 3D poses, and say in a line what is where.

    Args:
        file: An .npz or .npy.
        out: The page, video or picture; a page beside the file where not given.
        skeleton: Joint set of the poses, if the file does not say.
        track: Show this person alone.
        fps: Frames per second, if the file does not say.
        rows: Number of the first frame, frames at most, if not all, and how many to go on each time.

    Raises:
        InputError: If the file or an option is wrong; nothing is written then.
    """
    people, stored = read_people(file, skeleton)
    people = select_people(people, track, file)
    chosen = [cut for person in people if len((cut := _cut(person, *rows)).frames)]
    if not chosen:
        last = max(int(person.frames[-1]) for person in people)
        raise InputError(
            Phrase("{} {}: the last frame is {}.", Option("start"), rows[0], last), file
        )
    path = file.with_name(f"{file.stem}_view.html") if out is None else out
    _WRITERS[path.suffix.lower()](path, file.name, chosen, fps or stored or NOMINAL_FPS)
    frames = sum(len(person.frames) for person in chosen)
    left_out = f", the {MOST_PEOPLE} seen longest" if len(chosen) > MOST_PEOPLE else ""
    return (
        f"{frames:,} frames of {counted(len(chosen))}{left_out} ({chosen[0].joints.name}) in {path}"
    )


def _cut(person: ShownPerson, start: int, count: int | None, every: int) -> ShownPerson:
    """Return every n-th frame of a person from a number on, and no more than asked."""
    rows = np.flatnonzero(person.frames >= start)[::every][:count]
    return replace(
        person,
        frames=person.frames[rows],
        pose=person.pose[rows],
        known=None if person.known is None else person.known[rows],
        trajectory=None if person.trajectory is None else person.trajectory[rows],
    )


def _write_html(path: Path, name: str, people: Sequence[ShownPerson], fps: float) -> None:
    write_page(path, name, [people_clip(name, people, fps, level=True)])


def _write_video(path: Path, name: str, people: Sequence[ShownPerson], fps: float) -> None:
    clip = people_clip(name, people, fps)
    if len(clip.methods) > 1:
        write_clip_video(path, clip)
        return
    (track,) = clip.methods
    single = len(track.poses) == 1
    poses = track.poses[0] if single else track.poses
    write_rotation(
        path, poses, None, track.joints, fps=NOMINAL_FPS if single else clip.fps, title=name
    )


def _write_png(path: Path, name: str, people: Sequence[ShownPerson], fps: float) -> None:
    chosen = sorted(people, key=lambda person: -len(person.frames))[:_COLUMNS]
    each = _COLUMNS // len(chosen)
    shown = []
    for person in chosen:
        count = len(person.frames)
        take = np.unique(np.linspace(0, count - 1, each).round().astype(int))
        known = np.ones(person.pose.shape[:2], bool) if person.known is None else person.known
        who = f"{person.name}\n" if len(chosen) > 1 else ""
        shown += [(person.pose[n], known[n], f"{who}frame {person.frames[n]}") for n in take]
    poses, knowns, titles = zip(*shown, strict=True)
    figure = people_figure(np.stack(poses), np.stack(knowns), chosen[0].joints, titles)
    figure.suptitle(name, fontsize=9)
    save_figure(figure, path)


_WRITERS: dict[str, Callable[[Path, str, Sequence[ShownPerson], float], None]] = {
    ".html": _write_html,
    ".mp4": _write_video,
    ".gif": _write_video,
    ".png": _write_png,
}
