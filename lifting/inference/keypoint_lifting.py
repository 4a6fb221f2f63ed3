"""Lifting of keypoint files, written as an ``.npz``, a page and files of other programs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lifting.errors import InputError
from lifting.files import write_together
from lifting.inference.defaults import lifter_and_options
from lifting.inference.everyone import lift_everyone
from lifting.inference.keypoint_files import KeypointTrack, read_tracks, select_tracks
from lifting.inference.nominal_size import sized
from lifting.inference.options import LiftOptions, ReadOptions
from lifting.inference.output_options import MOTION, OutputOptions
from lifting.inference.outputs import (
    check_before,
    check_names,
    counted,
    output_files,
    output_paths,
    with_calibrated_size,
)
from lifting.inference.people.choosing import choose_people
from lifting.inference.people_page import write_people_page
from lifting.inference.pose_files import pack_poses
from lifting.inference.prediction import load_lifter
from lifting.inference.result_files import ResultFiles

_NOTHING_MORE = OutputOptions()


@dataclass(frozen=True)
class KeypointResults:
    """Where the results of a keypoint file go to.

    Args:
        out: The ``.npz``; beside the keypoints and named after them, where not given.
        page: The page; beside the .npz, unless that was named.

    Raises:
        InputError: If a name has another ending.
    """

    out: str | None = None
    page: str | None = None

    def __post_init__(self) -> None:
        for option, value, ending in (("out", self.out, ".npz"), ("page", self.page, ".html")):
            if value is not None and Path(value).suffix.lower() != ending:
                raise InputError(f"--{option} {value}: choose a name that ends in {ending}.")

    def paths(self, keypoints: Path) -> tuple[Path, Path | None]:
        """Return the paths of poses and page; whoever names the poses alone gets no page."""
        beside = keypoints.with_name(f"{keypoints.stem}_3d.npz")
        poses = beside if self.out is None else Path(self.out)
        if self.page is not None:
            return poses, Path(self.page)
        return poses, poses.with_suffix(".html") if self.out is None else None


_BESIDE = KeypointResults()


def lift_keypoint_file(
    path: Path,
    checkpoint: str | Path | None = None,
    results: KeypointResults = _BESIDE,
    read_options: ReadOptions | None = None,
    options: LiftOptions | None = None,
    track: str | None = None,
    bvh: bool = False,
    outputs: OutputOptions = _NOTHING_MORE,
) -> None:
    """Lift the people of a keypoint file, write their poses and a page, and print where.

    Args:
        path: The file.
        checkpoint: A lifter's checkpoint, or its name; without one the lifter is the default one, and
            its poses are smoothed.
        results: Where poses and page go to. Names that are left to the command are only written over
            where an earlier lifting wrote them.
        read_options: What is known of the file.
        options: How it is lifted.
        track: Lift this person alone.
        bvh: Write BVH files, as ``formats`` of ``outputs`` does too.
        outputs: Who is lifted, how tall they are, and which files are written beside the .npz.

    Raises:
        InputError: If a file or an option is wrong; nothing is written then.
    """
    read_options = read_options or ReadOptions()
    lifter_name, options = lifter_and_options(
        None if checkpoint is None else str(checkpoint), options or LiftOptions()
    )
    if bvh and read_options.stills:
        raise InputError("--bvh holds motion, and --stills are photographs: give one of them.")
    formats = outputs.wanted(())
    formats = ("bvh", *(name for name in formats if name != "bvh")) if bvh else formats
    check_before(outputs, formats, stills=read_options.stills)
    poses, page = results.paths(path)
    earlier = None
    if results.out is None:
        earlier = ResultFiles(poses, "choose another name with --out.")
        earlier.refuse_foreign([] if page is None or results.page else [page])
        earlier.refuse_foreign(output_paths(poses, [], formats))
    tracks = select_tracks(read_tracks(path, read_options), track, path)
    tracks = choose_people(tracks, outputs.people, path, read_options.stills)
    check_names(tracks, outputs, path)
    if earlier is not None:
        earlier.refuse_foreign(output_paths(poses, [track.name for track in tracks], formats))
    if options.fps is None and any(person.fps is None for person in tracks):
        for name in (name for name in MOTION if name in formats):
            raise InputError(f"does not tell the frames per second of --{name}: give --fps.", path)
    # Whoever names another rate knows better than the file.
    tracks = [t if options.fps in (None, t.fps) else replace(t, times=None) for t in tracks]
    lifter = load_lifter(lifter_name, options.flip_test)
    tracks = sized(with_calibrated_size(tracks, outputs), lifter, path)
    if not read_options.stills:
        tracks = [person.contiguous(path) for person in tracks]
    lifted = lift_everyone(tracks, lifter, options, path, outputs)
    files = output_files(poses, tracks, lifted, formats)
    written = [poses, *files, *([] if page is None else [page])]
    write_together(files | {poses: pack_poses(tracks, lifted, written[1:])})
    if page is not None:
        write_people_page(page, path.name, tracks, lifted, stills=read_options.stills)
    if earlier is not None:
        earlier.remove_left_over(written)
    _report(tracks, poses, list(files), page)


def _report(
    tracks: Sequence[KeypointTrack], poses: Path, files: Sequence[Path], page: Path | None
) -> None:
    """Print what was lifted, and as the last line where to look."""
    joint_sets = Counter(person.skeleton for person in tracks)
    frames = sum(len(person.frames) for person in tracks)
    print(f"{frames:,} frames of {counted(len(tracks))} ({', '.join(joint_sets)}) in {poses}")
    if files:
        more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
        print(f"{files[0]}{more}")
    if page is not None:
        print(f"Open {page.resolve()} in a browser.")
