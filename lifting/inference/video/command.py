"""``scripts/lift_video.py``: a video in, a moving 3D person out."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jsonargparse import ArgumentParser

from lifting.errors import InputError, guarded
from lifting.inference.detectors.factory import Detecting, watcher_of
from lifting.inference.prediction import Lifted, lift, load_lifter
from lifting.inference.video.outputs import (
    draw,
    shown,
    write_keypoints,
    write_poses,
    write_video_page,
)
from lifting.inference.video.stopping import stoppable
from lifting.inference.video.tracks import chosen, detected, given
from lifting.methods.bases.lifter import Lifter
from lifting.skeletons import skeleton as joint_set
from lifting.viz.video_page import Thumbnails

if TYPE_CHECKING:
    from lifting.inference.keypoint_files import Track
    from lifting.inference.video.reader import Video
    from lifting.inference.video.true_poses import TruePoses


@dataclass(frozen=True)
class LiftedVideo:
    """What was made of a video.

    Attributes:
        folder: Where it lies.
        tracks: The keypoints of everyone.
        lifted: Their poses.
        frames: Frames that were drawn.
        damaged: Parts of the video that could not be decoded.
        stopped: Whether Ctrl-C ended it early.
        errors: Distances from the true poses, where these were given.
        unmoved: Why there is no BVH, where there is none.
    """

    folder: Path
    tracks: "list[Track]"
    lifted: list[Lifted]
    frames: int
    damaged: int
    stopped: bool
    errors: dict[str, float] | None = None
    unmoved: str = ""


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
    flip_test: bool = False,
    smooth: str | None = None,
    trajectory: bool = False,
    dilation: int = 1,
    batch_frames: int = 4096,
    device: str | None = None,
) -> LiftedVideo:
    """Lift the people on a video to 3D, see docs/video.md.

    Ctrl-C while people are detected goes on with those seen so far; while the video is drawn it ends it
    there.

    Args:
        video: The video.
        checkpoint: A checkpoint of any lifter.
        detector: What reads keypoints: a checkpoint of a detector, or an ONNX model.
        boxes: What says where people are: an ONNX model (YOLOX), or a JSON list as COCO's results; where
            not given, one person is followed by its keypoints.
        library: What runs ONNX models: onnxruntime, or rtmlib, which has to be installed.
        crop: Width and height of the crops that a checkpoint was trained on.
        least_confidence: Keypoints less sure are missing.
        patience: Frames that a person may be out of sight; who comes back later is somebody new.
        shortest: Who is detected on fewer frames is left out.
        keypoints: A file of keypoints instead of a detector, as `python -m lifting predict` reads them.
        format: Its format; by the content where not given.
        source: Which 2D source of a clip store.
        first: The number that the file gives to the first frame.
        skeleton: Joint set of the keypoints, where neither file nor model tells.
        track: Lift this person alone.
        out: Folder of what is written; beside the video, named after it, where not given.
        height: Frames that are higher are shown at this height.
        page_frames: Frames on the page at most; 0 for no page.
        truth: True poses, an .npz, to print the errors of the person that is seen longest.
        flip_test: Average with the prediction of the mirrored keypoints, at twice the time.
        smooth: one_euro, which lags, or savgol.
        trajectory: Say where the root is as well.
        dilation: Distance between neighbouring frames of a window, as in training.
        batch_frames: Frames that go through the lifter together, which bounds the memory.
        device: cpu or cuda; a GPU is taken where there is one.

    Raises:
        InputError: If a file or an option is wrong, or nobody is on the video.
    """
    from lifting.inference.keypoint_files import Wanted
    from lifting.inference.video.reader import Video
    from lifting.inference.video.true_poses import read_true_poses

    if (detector is None) == (keypoints is None):
        raise InputError("Give either --detector or --keypoints, where the 2D comes from.")
    if boxes is not None and detector is None:
        raise InputError("--boxes says where --detector looks: give both, or leave it out.")
    for option, value, least in (
        ("shortest", shortest, 1),
        ("height", height, 32),
        ("page_frames", page_frames, 0),
    ):
        if value < least:
            raise InputError(f"--{option} is {value}: give at least {least}.")
    film = Video(video)
    folder = Path(video).with_name(f"{Path(video).stem}_3d") if out is None else Path(out)
    _refuse_folder(folder, Path(video))
    method = load_lifter(checkpoint, flip_test)
    known = None if truth is None else read_true_poses(Path(truth), method.hparams["skeleton"])
    options = {"smooth": smooth, "trajectory": trajectory, "dilation": dilation}
    options |= {"batch_frames": batch_frames, "device": device}
    run = _Run(film, method, checkpoint, options)
    with stoppable() as stopped:
        if detector is not None:
            ways = Detecting(
                *(detector, boxes, library, skeleton, crop, least_confidence, patience, device)
            )
            watcher = watcher_of(ways)
            # Joints and options that do not fit are known before the video is read.
            run.try_out(watcher.skeleton)
            tracks, frames = detected(film, watcher, least_confidence, shortest, stopped)
            tracks = chosen(tracks, track, video)
        else:
            wanted = Wanted(skeleton, None, False, source)
            tracks = given(film, Path(keypoints or ""), wanted, format, first, track)
            frames = film.frames or 1 + max(int(one.frames[-1]) for one in tracks)
        early = stopped()
    lifted = [run.lift(one) for one in tracks]
    errors = None if known is None else _compare(tracks, lifted, known)
    unmoved = write_poses(folder / "poses.npz", tracks, lifted)
    if detector is not None:
        write_keypoints(folder / "keypoints.npz", tracks, frames)
    people = [shown(*pair) for pair in zip(tracks, lifted, strict=True)]
    thumbnails = Thumbnails(frames, max(1, page_frames))
    with stoppable() as stopped:
        drawn = draw(film, people, thumbnails, folder, height, frames if early else None, stopped)
        early = early or stopped()
    if page_frames:
        truth_shown = None if known is None or len(people) > 1 else known
        write_video_page(folder / "page.html", film, people, thumbnails, truth_shown)
    return LiftedVideo(folder, tracks, lifted, drawn, film.damaged, early, errors, unmoved)


def _refuse_folder(folder: Path, video: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError("is no folder", folder, "name another with --out.")
    target = folder / "video.mp4"
    if target.exists() and target.samefile(video):
        raise InputError("would be written over", video, "name another folder with --out.")


@dataclass(frozen=True)
class _Run:
    """A lifter, and how it is to lift what is on a video."""

    film: "Video"
    method: Lifter
    checkpoint: str
    options: dict[str, Any]

    def lift(self, one: "Track") -> Lifted:
        lens = {"size": one.size} if one.camera is None else {"camera": one.camera}
        try:
            return lift(
                one.keypoints,
                self.method,
                skeleton=one.skeleton,
                confidence=one.confidence,
                fps=self.film.fps,
                **lens,
                **self.options,
            )
        except InputError as error:
            raise error.at(one.name).at(self.film.path) from error

    def try_out(self, joints: str) -> None:
        """Lift a few made-up keypoints.

        Raises:
            InputError: If the lifter cannot lift such joints, or an option is wrong.
        """
        size = np.array(self.film.size, np.float64)
        places = np.random.default_rng(0).random((3, len(joint_set(joints)), 2))
        try:
            lift(
                (0.25 + 0.5 * places) * size,
                self.method,
                skeleton=joints,
                size=(size[0], size[1]),
                fps=self.film.fps,
                **self.options,
            )
        except InputError as error:
            raise error.at(self.checkpoint) from error


def _compare(tracks: "list[Track]", lifted: list[Lifted], known: "TruePoses") -> dict[str, float]:
    """Return the errors of the person that is seen longest."""
    longest = max(range(len(tracks)), key=lambda n: len(tracks[n].frames))
    return known.errors(tracks[longest].frames, lifted[longest].pose)


def report(made: LiftedVideo) -> str:
    """Return what was made of a video, in lines to print."""
    kinds = made.tracks[0].skeleton, made.lifted[0].skeleton
    lines = [
        f"{made.frames:,} frames, {len(made.tracks):,} people ({kinds[0]} to {kinds[1]}) in "
        f"{made.folder}"
    ]
    for one in made.tracks:
        filled = int((one.confidence == 0).all(1).sum())
        gaps = f", {filled:,} of them filled in" if filled else ""
        lines.append(f"  {one.name}: frames {one.frames[0]:,} to {one.frames[-1]:,}{gaps}")
    if made.damaged:
        lines.append(f"  {made.damaged:,} damaged parts of the video were left out")
    if made.unmoved:
        lines.append(f"  No BVH: {made.unmoved}")
    if made.errors is not None:
        longest = max(made.tracks, key=lambda one: len(one.frames))
        told = ", ".join(f"{k} {v:.1f} mm" for k, v in made.errors.items() if k != "frames")
        lines.append(
            f"  {longest.name} and the truth: {told}, over {made.errors['frames']:,.0f} frames"
        )
    if made.stopped:
        lines.append("Stopped early: what is there is whole, but not all of the video.")
    return "\n".join(lines)


def main() -> None:
    """Run the command; status 130 where Ctrl-C ended it early."""
    parser = ArgumentParser(description="Lift the people on a video to 3D, see docs/video.md.")
    parser.add_argument("video", help="The video.")
    parser.add_function_arguments(lift_video, skip={"video"}, as_positional=False)

    def command() -> None:
        made = lift_video(**parser.parse_args().as_dict())
        print(report(made))
        if made.stopped:
            sys.exit(130)

    guarded(command)
