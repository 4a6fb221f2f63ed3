"""Writers of the results of a video: keypoints, poses, the video beside them, and a page."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lifting.errors import InputError
from lifting.files import beside, write_together
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.outputs import output_files
from lifting.inference.people_page import write_people_page
from lifting.inference.pose_files import pack_poses
from lifting.inference.prediction import Lifted
from lifting.inference.progress import progress_bar
from lifting.inference.video.reader import Video
from lifting.inference.video.true_poses import TruePoses
from lifting.keypoints.gaps import fill_gaps
from lifting.skeletons import skeleton
from lifting.viz.player import PlayedVideo, PoseTrack
from lifting.viz.side_by_side import DrawnPerson, SideBySide
from lifting.viz.timed_video import timed_video
from lifting.viz.video_page import Thumbnails


def motion_files(
    path: Path, tracks: list[KeypointTrack], lifted: list[Lifted], formats: Sequence[str]
) -> tuple[dict[Path, bytes], str]:
    """Return everyone's files of some formats, and why there is no BVH, if there is none."""
    others = output_files(path, tracks, lifted, [name for name in formats if name != "bvh"])
    if "bvh" not in formats:
        return others, ""
    try:
        return output_files(path, tracks, lifted, ("bvh",)) | others, ""
    except InputError as error:
        return others, str(error)


def write_poses(
    path: Path,
    tracks: list[KeypointTrack],
    lifted: list[Lifted],
    motion: dict[Path, bytes],
    others: Sequence[Path] = (),
) -> None:
    """Write the poses and the motion of everyone; ``others`` are written later by the same lifting."""
    write_together(motion | {path: pack_poses(tracks, lifted, [*motion, *others])})


def write_keypoints(path: Path, tracks: Sequence[KeypointTrack]) -> None:
    """Write what was detected, so that it need not be detected again: one person after another."""
    lengths = [len(track.frames) for track in tracks]
    confidence = np.concatenate([track.confidence for track in tracks])
    points = np.concatenate([track.keypoints for track in tracks])
    content: dict[str, Any] = {
        "keypoints": np.concatenate([points, confidence[..., None]], -1).astype(np.float32),
        "frame": np.concatenate([track.frames for track in tracks]),
        "track": np.repeat(np.arange(len(tracks)), lengths),
        "tracks": np.array([track.name for track in tracks]),
        "skeleton": np.array(tracks[0].skeleton),
        "size": np.array(tracks[0].size),
        "fps": np.array(tracks[0].fps),
        "time": np.concatenate([track.seconds(track.fps) for track in tracks]),
    }
    with beside(path, make_folder=True) as partial, partial.open("wb") as stream:
        np.savez_compressed(stream, **content)


def drawn_person(track: KeypointTrack, lifted: Lifted) -> DrawnPerson:
    """Return a person as drawn: keypoints that were not seen are filled in."""
    filled = fill_gaps(torch.from_numpy(track.keypoints), torch.from_numpy(track.seen)).numpy()
    sets = skeleton(track.skeleton), skeleton(lifted.skeleton)
    first = int(track.frames[0])
    return DrawnPerson(
        track.name, first, filled, track.seen, sets[0], lifted.pose, lifted.known, sets[1]
    )


def draw_video(
    video: Video,
    people: Sequence[DrawnPerson],
    thumbnails: Thumbnails,
    path: Path,
    height: int,
    until: int | None,
    stopped: Callable[[], bool],
) -> PlayedVideo:
    """Write the video beside its poses, and return it as a page plays it.

    Frames above ``height`` are shrunk to it, and each that is drawn goes to the thumbnails. It ends
    before the frame ``until``, if one is given, or with the frame just drawn if ``stopped`` says so.
    """
    picture = SideBySide(video.size, people, height)
    out = timed_video(path, picture.size, video.time_base, video.fps)
    with progress_bar() as bar, out as written:
        task = bar.add_task("drawing", total=until or video.frames or None)
        for frame in video:
            if frame.number == until:
                break
            written.add(picture.draw(frame.image, frame.number), frame.pts)
            thumbnails.add(frame.image, frame.number)
            bar.advance(task)
            if stopped():
                break
    return PlayedVideo(path.name, np.array(written.times), picture.share, drawn=True)


def write_video_page(
    path: Path,
    video: Video,
    tracks: Sequence[KeypointTrack],
    lifted: Sequence[Lifted],
    thumbnails: Thumbnails,
    played: PlayedVideo,
    truth: TruePoses | None,
) -> None:
    """Write a page of everyone, which plays the drawn video where it lies beside it.

    The true poses are those of the one person, if they are known.
    """
    true_track = None
    if truth is not None:
        poses = truth.first_frames(len(played.times))
        true_track = PoseTrack("truth", poses, skeleton(truth.skeleton))
    write_people_page(
        path,
        video.path.name,
        tracks,
        lifted,
        pictures=thumbnails,
        video=played,
        truth=true_track,
    )
