"""Lifting of people on videos (``lifting video``)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lifting.errors import InputError
from lifting.inference.detectors.factory import DetectorOptions, build_tracker
from lifting.inference.keypoint_files import KeypointTrack, ReadOptions, select_tracks
from lifting.inference.options import LiftOptions
from lifting.inference.prediction import Lifted, lift, lift_track, load_lifter
from lifting.inference.video.outputs import (
    draw_video,
    drawn_person,
    write_keypoints,
    write_poses,
    write_video_page,
)
from lifting.inference.video.reader import Video
from lifting.inference.video.stopping import stoppable
from lifting.inference.video.tracks import detect_tracks, read_video_tracks
from lifting.inference.video.true_poses import TruePoses, read_true_poses
from lifting.methods.bases.lifter import Lifter
from lifting.skeletons import skeleton as joint_set
from lifting.viz.video_page import Thumbnails


@dataclass(frozen=True)
class LiftedVideo:
    """The results of a video.

    Attributes:
        folder: Folder of the files.
        tracks: The keypoints of everyone.
        lifted: Their poses.
        frames: Frames that were drawn.
        damaged: Parts of the video that could not be decoded.
        stopped: Whether Ctrl-C ended it early.
        errors: Distances from the true poses, where these were given.
        no_bvh: Why there is no BVH, where there is none.
    """

    folder: Path
    tracks: list[KeypointTrack]
    lifted: list[Lifted]
    frames: int
    damaged: int
    stopped: bool
    errors: dict[str, float] | None = None
    no_bvh: str = ""


def lift_video(
    video: str,
    checkpoint: str,
    detector: str | None = None,
    boxes: str | None = None,
    library: str = "onnxruntime",
    crop: tuple[int, int] = (192, 256),
    least_confidence: float = 0.1,
    patience: int = 25,
    shortest: int = 10,
    keypoints: str | None = None,
    format: str | None = None,
    source: str | None = None,
    first: int = 0,
    skeleton: str | None = None,
    track: str | None = None,
    out: str | None = None,
    height: int = 720,
    page_frames: int = 400,
    truth: str | None = None,
    **options: Any,
) -> LiftedVideo:
    """Lift the people on a video to 3D, see docs/video.md.

    Ctrl-C while people are detected goes on with those seen so far; while the video is drawn it ends it
    there.

    Args:
        video: The video.
        checkpoint: A checkpoint of any lifter.
        detector: Estimates keypoints: a checkpoint of a detector, or an ONNX model.
        boxes: Tells where people are: an ONNX model (YOLOX), or a JSON list as COCO's results; where
            not given, one person is tracked by its keypoints.
        library: Runs ONNX models: onnxruntime, or rtmlib, which has to be installed.
        crop: Width and height of the crops that a checkpoint was trained on.
        least_confidence: Keypoints of less confidence are missing.
        patience: Frames that a person may be out of sight; who comes back later is a new person.
        shortest: Who is detected on fewer frames is left out.
        keypoints: A file of keypoints instead of a detector, as `lifting lift` reads them.
        format: Its format; by the content where not given.
        source: Which 2D source of a clip store.
        first: The number that the file gives to the first frame.
        skeleton: Joint set of the keypoints, if neither file nor model says.
        track: Lift this person alone.
        out: Folder of what is written; beside the video, named after it, where not given.
        height: Frames that are higher are shown at this height.
        page_frames: Frames on the page at most; 0 for no page.
        truth: True poses, an .npz, to print the errors of the person that is seen longest.
        **options: See :class:`lifting.inference.options.LiftOptions`, ``fps`` being that of the video.

    Raises:
        InputError: If a file or an option is wrong, or nobody is on the video.
    """
    if (detector is None) == (keypoints is None):
        raise InputError("Give either --detector or --keypoints, where the 2D comes from.")
    if boxes is not None and detector is None:
        raise InputError("--boxes says where --detector looks: give both, or leave it out.")
    for option, value, minimum in (
        ("shortest", shortest, 1),
        ("height", height, 32),
        ("page_frames", page_frames, 0),
    ):
        if value < minimum:
            raise InputError(f"--{option} is {value}: give at least {minimum}.")
    source_video = Video(video)
    lift_options = LiftOptions(fps=source_video.fps, **options)
    folder = Path(video).with_name(f"{Path(video).stem}_3d") if out is None else Path(out)
    _refuse_folder(folder, Path(video))
    lifter = load_lifter(checkpoint, lift_options.flip_test)
    true_poses = None if truth is None else read_true_poses(Path(truth), lifter.hparams["skeleton"])
    with stoppable() as stopped:
        if detector is not None:
            tracker = build_tracker(
                DetectorOptions(
                    *(detector, boxes, library, skeleton, crop, least_confidence, patience),
                    lift_options.device,
                )
            )
            # Joints and options that do not fit are known before the video is read.
            try:
                _try_out(lifter, tracker.skeleton, source_video, lift_options)
            except InputError as error:
                raise error.at(checkpoint) from error
            tracks, frames = detect_tracks(
                source_video, tracker, least_confidence, shortest, stopped
            )
            tracks = select_tracks(tracks, track, video)
        else:
            read_options = ReadOptions(skeleton, source=source, format=format)
            tracks = read_video_tracks(
                source_video, Path(keypoints or ""), read_options, first, track
            )
            frames = source_video.frames or 1 + max(int(t.frames[-1]) for t in tracks)
        early = stopped()
    lifted = [lift_track(person, lifter, lift_options, source_video.path) for person in tracks]
    errors = None if true_poses is None else _errors(tracks, lifted, true_poses)
    no_bvh = write_poses(folder / "poses.npz", tracks, lifted)
    if detector is not None:
        write_keypoints(folder / "keypoints.npz", tracks, frames)
    people = [drawn_person(*pair) for pair in zip(tracks, lifted, strict=True)]
    thumbnails = Thumbnails(frames, max(1, page_frames))
    with stoppable() as stopped:
        until = frames if early else None
        drawn = draw_video(source_video, people, thumbnails, folder, height, until, stopped)
        early = early or stopped()
    if page_frames:
        shown_truth = true_poses if len(people) == 1 else None
        write_video_page(folder / "page.html", source_video, people, thumbnails, shown_truth)
    damaged = source_video.damaged
    return LiftedVideo(folder, tracks, lifted, drawn, damaged, early, errors, no_bvh)


def _refuse_folder(folder: Path, video: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError("is no folder", folder, "name another with --out.")
    target = folder / "video.mp4"
    if target.exists() and target.samefile(video):
        raise InputError("would be written over", video, "name another folder with --out.")


def _try_out(lifter: Lifter, joints: str, video: Video, options: LiftOptions) -> None:
    """Lift a few made-up keypoints.

    Raises:
        InputError: If the lifter cannot lift such joints, or an option is wrong.
    """
    size = np.array(video.size, np.float64)
    points = np.random.default_rng(0).random((3, len(joint_set(joints)), 2))
    lift(
        (0.25 + 0.5 * points) * size,
        lifter,
        skeleton=joints,
        size=(size[0], size[1]),
        **vars(options),
    )


def _errors(
    tracks: list[KeypointTrack], lifted: list[Lifted], true_poses: TruePoses
) -> dict[str, float]:
    """Return the errors of the person that is seen longest."""
    longest = max(range(len(tracks)), key=lambda n: len(tracks[n].frames))
    return true_poses.errors(tracks[longest].frames, lifted[longest].pose)


def report(result: LiftedVideo) -> str:
    """Return the results of a video, in lines to print."""
    joint_sets = result.tracks[0].skeleton, result.lifted[0].skeleton
    lines = [
        f"{result.frames:,} frames, {len(result.tracks):,} people "
        f"({joint_sets[0]} to {joint_sets[1]}) in {result.folder}"
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
        lines.append(
            f"  {longest.name} and the truth: {means}, over {result.errors['frames']:,.0f} frames"
        )
    if result.stopped:
        lines.append("Stopped early: what is there is whole, but not all of the video.")
    return "\n".join(lines)
