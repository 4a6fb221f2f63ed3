"""Page of lifted people, of a video or a keypoint file: to play and turn, beside their 2D keypoints."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.prediction import Lifted
from lifting.skeletons import skeleton
from lifting.viz.page import write_page
from lifting.viz.people_page import MOST_PEOPLE, ShownPerson, people_clip
from lifting.viz.player import NOMINAL_FPS, PlayedVideo, PoseTrack
from lifting.viz.video_page import Thumbnails

# Frames per second of photographs.
_FPS_OF_STILLS = 1.0


def write_people_page(
    path: Path,
    title: str,
    tracks: Sequence[KeypointTrack],
    lifted: Sequence[Lifted],
    *,
    stills: bool = False,
    pictures: Thumbnails | None = None,
    video: PlayedVideo | None = None,
    truth: PoseTrack | None = None,
) -> None:
    """Write a page of lifted people, of bounded size.

    The 2D keypoints stand beside the poses: on the video where there is one beside the page, else on
    the pictures, else alone. Where trajectories are known several people are in one room together; else,
    and if asked for on the page, side by side. A page takes the six people who are on most frames, and
    says so.

    Args:
        path: The page.
        title: Its heading.
        tracks: The keypoints of everyone.
        lifted: Their poses, in the same order and on the same frames.
        stills: The frames are photographs.
        pictures: Pictures of frames of the video, from frame 0 on.
        video: A video in the folder of the page, with the time of every frame from 0 on.
        truth: True poses of every frame from 0 on, of the one person.

    Raises:
        InputError: If the page cannot be written.
    """
    people = [shown_person(*pair) for pair in zip(tracks, lifted, strict=True)]
    rates = [rate for rate in (*(x.fps for x in lifted), *(x.fps for x in tracks)) if rate]
    size = next((track.size for track in tracks if track.size is not None), None)
    clip = people_clip(
        title,
        people,
        _FPS_OF_STILLS if stills else next(iter(rates), NOMINAL_FPS),
        None if size is None else (round(size[0]), round(size[1])),
        pictures,
        video,
        truth,
        level=not stills,
    )
    write_page(path, title, [clip], intro=_intro(people, clip.level is not None))


def shown_person(track: KeypointTrack, lifted: Lifted) -> ShownPerson:
    """Return a person as a page shows them: keypoints that were not seen are left out."""
    return ShownPerson(
        track.name,
        track.frames,
        lifted.pose,
        skeleton(lifted.skeleton),
        lifted.known,
        lifted.trajectory,
        np.where(track.seen[..., None], track.keypoints, np.nan),
        skeleton(track.skeleton),
    )


def _intro(people: Sequence[ShownPerson], levelled: bool) -> str:
    sets = dict.fromkeys(p.keypoint_joints.name for p in people if p.keypoint_joints is not None)
    text = f"Lifted to 3D from 2D keypoints ({', '.join(sets)})."
    if levelled:
        text += " The camera is tilted: people are drawn upright where they stand."
    if len(people) > MOST_PEOPLE:
        text += f" The {MOST_PEOPLE} of {len(people):,} people who are on most frames are shown."
    return text
