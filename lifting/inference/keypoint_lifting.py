"""Lifting of keypoint files, written as an ``.npz`` and files of other programs."""

from collections import Counter
from pathlib import Path

from lifting.errors import InputError
from lifting.files import write_together
from lifting.inference.everyone import lift_everyone
from lifting.inference.keypoint_files import read_tracks, select_tracks
from lifting.inference.options import LiftOptions, ReadOptions
from lifting.inference.output_options import MOTION, OutputOptions
from lifting.inference.outputs import check_before, check_names, output_files
from lifting.inference.people.choosing import choose_people
from lifting.inference.pose_files import pack_poses
from lifting.inference.prediction import load_lifter

_NOTHING_MORE = OutputOptions()


def lift_keypoint_file(
    path: Path,
    checkpoint: str | Path,
    out: Path,
    read_options: ReadOptions,
    options: LiftOptions,
    track: str | None = None,
    bvh: bool = False,
    outputs: OutputOptions = _NOTHING_MORE,
) -> None:
    """Lift the people of a keypoint file, write their poses, and print how many they are.

    Args:
        path: The file.
        checkpoint: A lifter's checkpoint, or its name.
        out: The .npz of everyone.
        read_options: What is known of the file.
        options: How it is lifted.
        track: Lift this person alone.
        bvh: Write BVH files, as ``formats`` of ``outputs`` does too.
        outputs: Who is lifted, how tall they are, and which files are written beside the .npz.

    Raises:
        InputError: If a file or an option is wrong; nothing is written then.
    """
    if bvh and read_options.stills:
        raise InputError("--bvh holds motion, and --stills are photographs: give one of them.")
    formats = outputs.wanted(())
    formats = ("bvh", *(name for name in formats if name != "bvh")) if bvh else formats
    check_before(outputs, formats, stills=read_options.stills)
    tracks = select_tracks(read_tracks(path, read_options), track, path)
    tracks = choose_people(tracks, outputs.people, path, read_options.stills)
    check_names(tracks, outputs, path)
    if options.fps is None and any(person.fps is None for person in tracks):
        for name in (name for name in MOTION if name in formats):
            raise InputError(f"does not tell the frames per second of --{name}: give --fps.", path)
    lifter = load_lifter(checkpoint, options.flip_test)
    if not read_options.stills:
        tracks = [person.contiguous(path) for person in tracks]
    lifted = lift_everyone(tracks, lifter, options, path, outputs)
    files = output_files(out, tracks, lifted, formats)
    write_together(files | {out: pack_poses(tracks, lifted, files)})
    joint_sets = Counter(person.skeleton for person in tracks)
    frames = sum(len(person.frames) for person in tracks)
    print(f"{frames:,} frames of {len(tracks):,} people ({', '.join(joint_sets)}) in {out}")
    if files:
        more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
        print(f"{next(iter(files))}{more}")
