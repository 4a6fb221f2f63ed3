"""What is made of lifted people: a page to play and turn them, and files to take home."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lifting.errors import InputError
from lifting.files import write_together
from lifting.inference.app.inputs import Person
from lifting.inference.keypoint_command import bvh_files, packed
from lifting.skeletons import skeleton
from lifting.viz.page import write_page
from lifting.viz.player import Clip, PoseTrack

# People that a page shows; all are in the files.
_SHOWN = 20
_FPS = 25.0


@dataclass(frozen=True)
class Results:
    """Where the results lie.

    Attributes:
        page: The page.
        files: What there is to take home, the page too.
        summary: What was lifted, in a line or two.
    """

    page: Path
    files: list[Path]
    summary: str


def write_results(people: Sequence[Person], folder: Path, name: str) -> Results:
    """Write the page and the files of lifted people.

    Args:
        people: At least one.
        folder: Where to.
        name: What the files are called, without ending.

    Raises:
        InputError: If nothing can be written there.
    """
    page, arrays = folder / f"{name}_3d.html", folder / f"{name}_3d.npz"
    tracks, lifted = [p.track for p in people], [p.lifted for p in people]
    count = f"{len(people):,} people" if len(people) > 1 else "1 person"
    frames = sum(len(track.frames) for track in tracks)
    said = [f"{frames:,} {'frames' if frames > 1 else 'frame'} of {count} ({tracks[0].skeleton})."]
    motion: dict[Path, bytes] = {}
    try:
        # Photographs do not move, and of a crowd nobody wants hundreds of files.
        if len(people) < frames and len(people) <= _SHOWN:
            motion = bvh_files(arrays, tracks, lifted)
    except InputError as error:
        said.append(f"No BVH: {error}")
    write_page(page, name, [_clip(person) for person in people[:_SHOWN]])
    write_together({arrays: packed(tracks, lifted)} | motion)
    if len(people) > _SHOWN:
        said.append(f"The first {_SHOWN} are shown; the files hold all.")
    return Results(page, [arrays, *motion, page], " ".join(said))


def _clip(person: Person) -> Clip:
    track, lifted = person.track, person.lifted
    size = None if track.size is None else (round(track.size[0]), round(track.size[1]))
    return Clip(
        track.name,
        [PoseTrack("3D", lifted.pose, skeleton(lifted.skeleton), lifted.known)],
        fps=lifted.fps or _FPS,
        keypoints=np.where(track.confidence[..., None] > 0, track.keypoints, np.nan),
        keypoint_joints=skeleton(track.skeleton),
        images=person.images,
        image_size=size,
        frames=track.frames.tolist(),
    )
