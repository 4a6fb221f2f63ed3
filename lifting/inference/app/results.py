"""Results of lifted people: a page to play and turn them, and files to download."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lifting.errors import InputError
from lifting.files import write_together
from lifting.inference.app.inputs import LiftedPerson
from lifting.inference.outputs import counted, output_files
from lifting.inference.pose_files import pack_poses
from lifting.skeletons import skeleton
from lifting.viz.page import write_page
from lifting.viz.player import NOMINAL_FPS, Clip, PoseTrack

# People that a page shows at most; all are in the files.
_MAX_SHOWN = 20
# Share of the keypoints that are missing which is worth a sentence.
_MANY = 0.05


@dataclass(frozen=True)
class Results:
    """The results of a job.

    Attributes:
        page: The page.
        files: The files to download, the page too.
        summary: What was lifted, in a line or two.
        bytes: How much they take up.
    """

    page: Path
    files: list[Path]
    summary: str
    bytes: int


def write_results(people: Sequence[LiftedPerson], folder: Path, name: str) -> Results:
    """Write the page and the files of lifted people.

    Raises:
        InputError: If nothing can be written there.
    """
    page, arrays = folder / f"{name}_3d.html", folder / f"{name}_3d.npz"
    tracks, lifted = [p.track for p in people], [p.lifted for p in people]
    frames = sum(len(track.frames) for track in tracks)
    unit = "frames" if frames > 1 else "frame"
    summary = [f"{frames:,} {unit} of {counted(len(people))} ({tracks[0].skeleton})."]
    seen = np.concatenate([track.seen.ravel() for track in tracks])
    if (missing := 1 - seen.mean()) >= _MANY:
        summary.append(f"{missing:.0%} of the keypoints are missing, or of too little confidence.")
    motion: dict[Path, bytes] = {}
    try:
        # Photographs do not move, and a crowd would be hundreds of files.
        if len(people) < frames and len(people) <= _MAX_SHOWN:
            motion = output_files(arrays, tracks, lifted, ("bvh",))
    except InputError as error:
        summary.append(f"No BVH: {error}")
    write_page(page, name, [_clip(person) for person in people[:_MAX_SHOWN]])
    write_together({arrays: pack_poses(tracks, lifted)} | motion)
    if len(people) > _MAX_SHOWN:
        summary.append(f"The first {_MAX_SHOWN} are shown; the files hold all.")
    files = [arrays, *motion, page]
    return Results(page, files, " ".join(summary), sum(file.stat().st_size for file in files))


def _clip(person: LiftedPerson) -> Clip:
    track, lifted = person.track, person.lifted
    size = None if track.size is None else (round(track.size[0]), round(track.size[1]))
    return Clip(
        track.name,
        [PoseTrack("3D", lifted.pose, skeleton(lifted.skeleton), lifted.known)],
        fps=lifted.fps or NOMINAL_FPS,
        keypoints=np.where(track.seen[..., None], track.keypoints, np.nan),
        keypoint_joints=skeleton(track.skeleton),
        images=person.images,
        image_size=size,
        frames=track.frames.tolist(),
    )
