"""Lifting of the people on a video, drawn beside its frames."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lifting.errors import InputError, located
from lifting.inference.defaults import lifter_and_options
from lifting.inference.detectors.factory import build_tracker
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.everyone import lift_everyone
from lifting.inference.keypoint_files import KeypointTrack, select_tracks
from lifting.inference.options import LiftOptions, ReadOptions, pop_options
from lifting.inference.output_options import OutputOptions, with_person_height
from lifting.inference.outputs import check_before, check_names, counted, output_paths
from lifting.inference.people.choosing import choose_people
from lifting.inference.prediction import Lifted, lift, load_lifter
from lifting.inference.result_files import ResultFiles
from lifting.inference.video.options import POSES, VideoOptions
from lifting.inference.video.outputs import (
    draw_video,
    drawn_person,
    motion_files,
    write_keypoints,
    write_poses,
    write_video_page,
)
from lifting.inference.video.reader import Video
from lifting.inference.video.stopping import stoppable
from lifting.inference.video.tracks import detect_tracks, read_video_tracks, with_times
from lifting.inference.video.true_poses import TruePoses, read_true_poses
from lifting.methods.bases.lifter import Lifter
from lifting.skeletons import skeleton as joint_set
from lifting.viz.video_page import Thumbnails

KEYPOINTS, VIDEO, PAGE = "keypoints.npz", "video.mp4", "page.html"


@dataclass(frozen=True)
class LiftedVideo:
    """The results of a video.

    Attributes:
        video: The video.
        folder: Folder of the files.
        files: The files, the page last.
        tracks: The keypoints of everyone.
        lifted: Their poses.
        frames: Frames that were drawn.
        damaged: Parts of the video that could not be decoded.
        stopped: Whether Ctrl-C ended it early.
        errors: Distances from the true poses, where these were given.
        no_bvh: Why there is no BVH, where there is none.
    """

    video: Path
    folder: Path
    files: list[Path]
    tracks: list[KeypointTrack]
    lifted: list[Lifted]
    frames: int
    damaged: int
    stopped: bool
    errors: dict[str, float] | None = None
    no_bvh: str = ""


def lift_video(video: str, checkpoint: str | None = None, **options: Any) -> LiftedVideo:
    """Lift the people on a video to 3D by any lifter, see docs/video.md.

    Ctrl-C while people are detected goes on with those seen so far; while the video is drawn it ends it
    there. Options are those of :class:`lifting.inference.video.options.VideoOptions`,
    :class:`lifting.inference.detectors.options.DetectorOptions`,
    :class:`lifting.inference.output_options.OutputOptions` and
    :class:`lifting.inference.options.LiftOptions`, ``fps`` being that of the video. Without a checkpoint
    the lifter is the default one, and its poses are smoothed.

    Raises:
        InputError: If a file or an option is wrong, or nobody is on the video.
    """
    options = with_person_height(options)
    video_options = pop_options(VideoOptions, options)
    detector = pop_options(DetectorOptions, options, "device")
    _check_sources(video_options.keypoints, detector)
    outputs = pop_options(OutputOptions, options)
    formats = outputs.wanted(("bvh",))
    source = Video(video)
    check_before(outputs, formats, (float(source.size[0]), float(source.size[1])))
    checkpoint, lift_options = lifter_and_options(
        checkpoint, LiftOptions(fps=source.fps, **options)
    )
    folder = Path(video_options.out or source.path.with_name(f"{source.path.stem}_3d"))
    results, others = _results(folder, source.path, video_options)
    # Whoever waits for the detector should not have waited in vain.
    named: list[str] | None = None if video_options.keypoints is None else []
    results.refuse_foreign(output_paths(results.poses, named, formats))
    lifter = load_lifter(checkpoint, lift_options.flip_test)
    truth = None
    if video_options.truth is not None:
        truth = read_true_poses(Path(video_options.truth), lifter.hparams["skeleton"])
    with stoppable() as stopped:
        if video_options.keypoints is None:
            tracker = build_tracker(detector)
            # Joints and options that do not fit are known before the video is read.
            with located(checkpoint):
                _try_out(lifter, tracker.skeleton, source, lift_options)
            tracks, frames = detect_tracks(
                source, tracker, detector.least_confidence, video_options.shortest, stopped
            )
            tracks = select_tracks(tracks, video_options.track, video)
            seconds = source.seconds
        else:
            path = Path(video_options.keypoints)
            tracks = _read_tracks(source, path, video_options, detector)
            frames = source.frames or 1 + max(int(track.frames[-1]) for track in tracks)
            seconds = source.read_seconds()
        tracks = with_times(tracks, seconds, source.fps)
        tracks = choose_people(tracks, outputs.people, video)
        check_names(tracks, outputs, video)
        results.refuse_foreign(output_paths(results.poses, [t.name for t in tracks], formats))
        early = stopped()
    lifted = lift_everyone(tracks, lifter, lift_options, source.path, outputs)
    errors = None if truth is None else _errors(tracks, lifted, truth)
    motion, no_bvh = motion_files(results.poses, tracks, lifted, formats)
    if video_options.keypoints is None:
        write_keypoints(folder / KEYPOINTS, tracks)
    write_poses(results.poses, tracks, lifted, motion, others)
    people = [drawn_person(*pair) for pair in zip(tracks, lifted, strict=True)]
    thumbnails = Thumbnails(frames, max(1, video_options.page_frames))
    with stoppable() as stopped:
        until = frames if early else None
        height = int(video_options.height)
        played = draw_video(source, people, thumbnails, folder / VIDEO, height, until, stopped)
        early = early or stopped()
    if video_options.page_frames:
        shown_truth = truth if len(people) == 1 else None
        write_video_page(folder / PAGE, source, tracks, lifted, thumbnails, played, shown_truth)
    files = [results.poses, *motion, *others]
    results.remove_left_over(files)
    return LiftedVideo(
        *(source.path, folder, files, tracks, lifted, len(played.times)),
        *(source.damaged, early, errors, no_bvh),
    )


def _results(folder: Path, video: Path, options: VideoOptions) -> tuple[ResultFiles, list[Path]]:
    """Return the files of the results, and those of them that are named whoever is on the video.

    Raises:
        InputError: If the video or a file of others would be written over.
    """
    remedy = "name another folder with --out."
    if folder.exists() and not folder.is_dir():
        raise InputError("is no folder", folder, "name another with --out.")
    target = folder / VIDEO
    if target.exists() and target.samefile(video):
        raise InputError("would be written over", video, remedy)
    results = ResultFiles(folder / POSES, remedy)
    # What was detected is kept beside what is lifted from a file.
    names = [KEYPOINTS, VIDEO, *([PAGE] if options.page_frames else [])]
    paths = [folder / name for name in names]
    if options.keypoints is not None and not paths[0].exists():
        del paths[0]
    results.refuse_foreign(paths)
    return results, paths


def _check_sources(keypoints: str | None, detector: DetectorOptions) -> None:
    """Refuse to read and to detect keypoints at once.

    Raises:
        InputError: If both are asked for.
    """
    if keypoints is not None and detector.detector is not None:
        raise InputError("Give either --detector or --keypoints, where the 2D comes from.")
    if keypoints is not None and detector.boxes is not None:
        raise InputError("--boxes says where a detector looks, and --keypoints needs none.")


def _read_tracks(
    video: Video, path: Path, options: VideoOptions, detector: DetectorOptions
) -> list[KeypointTrack]:
    read_options = ReadOptions(
        detector.skeleton,
        source=options.source,
        format=options.format,
        least_confidence=detector.least_confidence,
    )
    return read_video_tracks(video, path, read_options, options.first, options.track)


def _try_out(lifter: Lifter, joints: str, video: Video, options: LiftOptions) -> None:
    """Lift a few made-up keypoints.

    Raises:
        InputError: If the lifter cannot lift such joints, or an option is wrong.
    """
    random = np.random.default_rng(0).random((3, len(joint_set(joints)), 2))
    points = (0.25 + 0.5 * random) * video.size
    lift(points, lifter, skeleton=joints, size=video.size, **vars(options))


def _errors(
    tracks: list[KeypointTrack], lifted: list[Lifted], true_poses: TruePoses
) -> dict[str, float]:
    """Return the errors of the person that is seen longest."""
    longest = max(range(len(tracks)), key=lambda n: len(tracks[n].frames))
    return true_poses.errors(tracks[longest].frames, lifted[longest].pose)


def report(result: LiftedVideo) -> str:
    """Return the results of a video, in lines to print; the last one is where to look."""
    joint_sets = result.tracks[0].skeleton, result.lifted[0].skeleton
    lines = [
        f"{result.video.name}: {result.frames:,} frames, {counted(len(result.tracks))} "
        f"({joint_sets[0]} to {joint_sets[1]})"
    ]
    for track in result.tracks:
        filled = int((~track.seen).all(1).sum())
        gaps = f", {filled:,} of them filled in" if filled else ""
        lines.append(f"  {track.name}: frames {track.frames[0]:,} to {track.frames[-1]:,}{gaps}")
    if result.damaged:
        lines.append(f"  {result.damaged:,} damaged parts of the video were left out")
    if result.no_bvh:
        lines.append(f"  No BVH: {result.no_bvh}")
    if result.errors is not None:
        longest = max(result.tracks, key=lambda track: len(track.frames))
        means = ", ".join(f"{k} {v:.1f} mm" for k, v in result.errors.items() if k != "frames")
        count = f"{result.errors['frames']:,.0f} frames"
        lines.append(f"  {longest.name} and the truth: {means}, over {count}")
    if result.stopped:
        lines.append("Stopped early: what is there is whole, but not all of the video.")
    lines.append(f"{', '.join(path.name for path in result.files)} are in {result.folder}")
    lines.append(f"Open {result.files[-1].resolve()} in a browser.")
    return "\n".join(lines)
