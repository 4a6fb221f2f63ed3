"""What is written of a video: what was detected on it, the video beside its poses, and a page."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from rich.progress import Progress

from lifting.errors import InputError
from lifting.files import beside, write_together
from lifting.inference.keypoint_command import bvh_files, packed
from lifting.inference.prediction import Lifted
from lifting.keypoints.gaps import fill_gaps
from lifting.skeletons import skeleton
from lifting.viz.page import write_page
from lifting.viz.player import PoseTrack
from lifting.viz.side_by_side import DrawnPerson, SideBySide
from lifting.viz.timed_video import timed_video
from lifting.viz.video_page import Thumbnails, video_clip

if TYPE_CHECKING:
    from lifting.inference.keypoint_files import Track
    from lifting.inference.video.reader import Video
    from lifting.inference.video.true_poses import TruePoses


def write_poses(path: Path, tracks: "list[Track]", lifted: list[Lifted]) -> str:
    """Write the poses of everyone, and beside them their motion, a BVH file per person.

    Args:
        path: The .npz.
        tracks: The keypoints of everyone.
        lifted: Their poses.

    Returns:
        Why there is no motion, or nothing.
    """
    motion: dict[Path, bytes] = {}
    why = ""
    try:
        motion = bvh_files(path, tracks, lifted)
    except InputError as error:
        why = str(error)
    write_together(motion | {path: packed(tracks, lifted)})
    return why


def write_keypoints(path: Path, tracks: "Sequence[Track]", frames: int) -> None:
    """Write what was detected, so that it need not be detected again: frame by frame, everyone.

    Args:
        path: Where to.
        tracks: Everyone.
        frames: Frames of the video.
    """
    joints = skeleton(tracks[0].skeleton)
    points = np.zeros((len(tracks), frames, len(joints), 3), np.float32)
    for row, one in enumerate(tracks):
        points[row, one.frames] = np.concatenate([one.keypoints, one.confidence[..., None]], -1)
    content: dict[str, Any] = {"keypoints": points, "skeleton": np.array(joints.name)}
    content |= {"size": np.array(tracks[0].size), "fps": np.array(tracks[0].fps)}
    with beside(path, make_folder=True) as partial, partial.open("wb") as stream:
        np.savez_compressed(stream, **content)


def shown(track: "Track", lifted: Lifted) -> DrawnPerson:
    """Return somebody as drawn: what was not seen of the keypoints is filled in."""
    seen = track.confidence > 0
    filled = fill_gaps(torch.from_numpy(track.keypoints), torch.from_numpy(seen)).numpy()
    sets = skeleton(track.skeleton), skeleton(lifted.skeleton)
    first = int(track.frames[0])
    return DrawnPerson(track.name, first, filled, seen, sets[0], lifted.pose, lifted.known, sets[1])


def draw(
    film: "Video",
    people: Sequence[DrawnPerson],
    thumbnails: Thumbnails,
    folder: Path,
    height: int,
    until: int | None,
    stopped: Callable[[], bool],
) -> int:
    """Write the video beside its poses, and return how many frames it has.

    Args:
        film: The video.
        people: Who is on it.
        thumbnails: Gets every frame that is drawn.
        folder: Where to.
        height: Frames that are higher are shrunk to this height.
        until: Number of the frame to end before; all are drawn where not given.
        stopped: Whether to end with the frame just drawn.
    """
    picture = SideBySide(film.size, people, height)
    out = timed_video(folder / "video.mp4", picture.size, film.time_base, film.fps)
    with Progress(transient=True) as bar, out as written:
        task = bar.add_task("drawing", total=until or film.frames or None)
        for frame in film:
            if frame.number == until:
                break
            written.add(picture.draw(frame.image, frame.number), frame.pts)
            thumbnails.add(frame.image, frame.number)
            bar.advance(task)
            if stopped():
                break
    return written.frames


def write_video_page(
    path: Path,
    film: "Video",
    people: Sequence[DrawnPerson],
    thumbnails: Thumbnails,
    known: "TruePoses | None",
) -> None:
    """Write a page of the frames of which there are thumbnails.

    Args:
        path: Where to.
        film: The video.
        people: Who is on it.
        thumbnails: Pictures of its frames.
        known: The true poses of the one person, if they are known.
    """
    truth = None
    if known is not None:
        count = len(thumbnails.images) * thumbnails.stride
        truth = PoseTrack("truth", known.every(count), skeleton(known.skeleton))
    name = film.path.name
    clip = video_clip(name, people, thumbnails, film.size, film.fps, truth)
    write_page(path, name, [clip], intro="Lifted to 3D from the keypoints of the video.")
