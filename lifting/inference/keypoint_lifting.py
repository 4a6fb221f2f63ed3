"""Lifting of keypoint files, written as an ``.npz`` and BVH files."""

from collections import Counter
from pathlib import Path

from rich.progress import Progress

from lifting.errors import InputError
from lifting.files import write_together
from lifting.inference.keypoint_files import read_tracks, select_tracks
from lifting.inference.options import LiftOptions, ReadOptions
from lifting.inference.pose_files import bvh_files, pack_poses
from lifting.inference.prediction import lift_track, load_lifter


def lift_keypoint_file(
    path: Path,
    checkpoint: str | Path,
    out: Path,
    read_options: ReadOptions,
    options: LiftOptions,
    track: str | None = None,
    bvh: bool = False,
) -> None:
    """Lift the people of a keypoint file, write their poses, and print how many they are.

    With ``bvh`` one BVH file per person as well, beside the .npz.

    Raises:
        InputError: If a file or an option is wrong; nothing is written then.
    """
    if bvh and read_options.stills:
        raise InputError("--bvh holds motion, and --stills are photographs: give one of them.")
    tracks = select_tracks(read_tracks(path, read_options), track, path)
    if bvh and options.fps is None and any(person.fps is None for person in tracks):
        raise InputError("does not tell the frames per second of --bvh: give --fps.", path)
    lifter = load_lifter(checkpoint, options.flip_test)
    if not read_options.stills:
        tracks = [person.contiguous(path) for person in tracks]
    # A block, not a bare loop: the bar must have gone when an error is printed.
    with Progress(disable=len(tracks) == 1) as bar:
        lifted = [
            lift_track(person, lifter, options, path)
            for person in bar.track(tracks, description="lifting")
        ]
    files = bvh_files(out, tracks, lifted) if bvh else {}
    write_together(files | {out: pack_poses(tracks, lifted)})
    joint_sets = Counter(person.skeleton for person in tracks)
    frames = sum(len(person.frames) for person in tracks)
    print(f"{frames:,} frames of {len(tracks):,} people ({', '.join(joint_sets)}) in {out}")
    if files:
        more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
        print(f"{next(iter(files))}{more}")
