"""Lifting of a person's keypoints by a checkpoint: pixels of any detector in, 3D poses out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from datamodules.examples.bank import LoadedClip, PoseBank
from datamodules.store.clips import ClipKey
from lifting.cameras import Camera, nominal_camera
from lifting.errors import InputError, located, warn
from lifting.inference.defaults import LIFTER
from lifting.inference.devices import device_of
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.keypoint_smoothing import smoothed
from lifting.inference.options import LiftOptions
from lifting.inference.smoothing import smooth
from lifting.inference.trajectory import fit_root
from lifting.inference.window_choice import windows_of
from lifting.keypoints.frame_times import checked_times, uneven
from lifting.keypoints.gaps import fill_gaps
from lifting.keypoints.threshold import LEAST_CONFIDENCE, check_least_confidence
from lifting.keypoints.validation import PersonKeypoints, plausible, validate_keypoints
from lifting.methods.bases.checkpointed import load_frozen
from lifting.methods.bases.lifter import Lifter
from lifting.skeletons import convert, convert_confidence, skeleton
from lifting.skeletons.occlusion import Status
from lifting.windows import Windows

Array = NDArray[np.float32]

# Standard deviations from which keypoints are unlike those of training.
STRANGE = 4.0


@dataclass(frozen=True)
class Lifted:
    """The lifted poses of one person.

    Attributes:
        pose: Root-relative millimetres, camera frame, ``(T, J, 3)``; NaN where a method that completes
            what is occluded saw too little.
        known: Whether each joint rests on a keypoint that was seen, ``(T, J)``, and not on one that was
            filled in from other frames or completed.
        skeleton: Joint set of the poses.
        trajectory: Position of the root, millimetres, camera frame, ``(T, 3)``, or None if not asked
            for.
        fps: Frames per second, if given.
        spread: Of a lifter that draws hypotheses, the root mean square distance of each joint from its
            mean over them, millimetres, ``(T, J)``, before any smoothing; None of others.
    """

    pose: Array
    known: NDArray[np.bool_]
    skeleton: str
    trajectory: Array | None = None
    fps: float | None = None
    spread: Array | None = None


def load_lifter(checkpoint: str | Path = LIFTER, flip_test: bool = False) -> Lifter:
    """Load the lifter a checkpoint is of, whichever it is.

    ``flip_test`` averages each prediction with that of the mirrored input.

    Raises:
        InputError: If it is no checkpoint, or of a method that lifts nothing.
    """
    return load_frozen(checkpoint, Lifter, flip_test=flip_test)


def lift(
    keypoints: ArrayLike,
    checkpoint: str | Path | Lifter = LIFTER,
    *,
    skeleton: str = "coco17",
    size: tuple[float, float] | None = None,
    camera: Camera | None = None,
    confidence: ArrayLike | None = None,
    least_confidence: float = LEAST_CONFIDENCE,
    times: ArrayLike | None = None,
    **options: Any,
) -> Lifted:
    """Lift the keypoints of one person.

    Keypoints are missing where they are NaN, of little confidence, or guessed outside of the image
    (:mod:`lifting.keypoints.confidence`). A method that completes what is
    occluded does so; for the others they are interpolated over time, joint by joint.

    Args:
        keypoints: Pixels of consecutive frames ``(T, K, 2)``, or with a third column of confidences, or
            of a single frame ``(K, 2)``.
        checkpoint: A lifter's checkpoint, or what :func:`load_lifter` returned.
        skeleton: Joint set of the keypoints; they are converted by name to what the checkpoint needs.
        size: Width and height of the image, pixels.
        camera: The camera, if it is known, instead of its image size.
        confidence: ``(T, K)``, 0 to 1; 1 everywhere where it is not given.
        least_confidence: Keypoints of less confidence are missing; at 0 all count that have any.
        times: Seconds of the frames, which smoothing goes by where these do not follow at ``fps``.
        **options: See :class:`lifting.inference.options.LiftOptions`.

    Raises:
        InputError: If keypoints, checkpoint or options are wrong or do not go together.
    """
    lift_options = LiftOptions(**options)
    if isinstance(checkpoint, Lifter):
        lifter, where = checkpoint, type(checkpoint).__name__
    else:
        lifter, where = load_lifter(checkpoint, lift_options.flip_test), str(checkpoint)
    if lift_options.flip_test and not lifter.hparams["flip_test"]:
        raise InputError("flip_test is set when a lifter is loaded: give it to load_lifter.")
    lifter.eval()
    camera = image_camera(size, camera)
    check_least_confidence(least_confidence)
    sides = image_size(camera)
    person = validate_keypoints(keypoints, confidence, skeleton, sides, least_confidence)
    person = plausible(person, sides)
    seconds = uneven(checked_times(times, len(person.points)), lift_options.fps)
    person = smoothed(person, lift_options.smooth_keypoints, lift_options.fps, seconds)
    points, scores = _for_lifter(person, lifter, where)
    # What is told apart from what is known: of whole frames that were filled in, it is all of it.
    there = ~points.isnan().any(-1)
    points = points.nan_to_num(0.0)
    told = there.to(scores) if lifter.takes_missing else scores
    warn_of_strange_inputs(lifter, points, camera, where)
    fps = None if lift_options.fps is None else float(lift_options.fps)
    windows = windows_of(lifter, len(points), fps, lift_options.dilation)
    lifter.to(device_of(lift_options.device))
    outputs = _predict(lifter, points, told, camera, windows, lift_options.batch_frames)
    pose, known = outputs["pose"].float(), known_joints(lifter, outputs, scores > 0)
    root = None
    if lift_options.trajectory:
        root = _root_position(lifter, outputs, points, told, camera)
    if lift_options.smooth is not None:
        rhythm = lift_options.smooth, fps, seconds
        pose = smooth(pose, *rhythm)
        root = None if root is None else smooth(root[:, None], *rhythm)[:, 0]
    return Lifted(
        pose.numpy(),
        known.numpy(),
        lifter.hparams["skeleton"],
        None if root is None else root.numpy(),
        fps,
        outputs["spread"].float().numpy() if "spread" in outputs else None,
    )


def lift_track(track: KeypointTrack, lifter: Lifter, options: LiftOptions, where: object) -> Lifted:
    """Lift the person of one track, at the frame rate of the options or else of the track.

    Raises:
        InputError: If neither camera nor size of the images are known, or keypoints, lifter and options
            do not go together; it names file and person.
    """
    if track.size is None and track.camera is None:
        what = "does not tell how large the images are"
        raise InputError(what, where, "give their width and height.")
    fps = track.fps if options.fps is None else options.fps
    with located(f"{where}: {track.name}"):
        return lift(
            track.keypoints,
            lifter,
            skeleton=track.skeleton,
            size=None if track.camera is not None else track.size,
            camera=track.camera,
            confidence=track.confidence,
            # Of a track those that are not believed are missing already.
            least_confidence=0.0,
            times=track.times,
            **vars(options) | {"fps": fps},
        )


def image_camera(size: tuple[float, float] | None, camera: Camera | None) -> Camera:
    """Return the camera that is known, or one that stands for it where the size of the image is.

    Raises:
        InputError: Unless one of both is given.
    """
    if (size is None) == (camera is None):
        raise InputError("Give either size, the image's width and height in pixels, or the camera.")
    if camera is not None:
        if camera.size.ndim != 1:
            raise InputError("camera holds several cameras: give that of the recording alone.")
        return camera.to(torch.float32)
    try:
        width, height = (float(length) for length in size or ())
    except (TypeError, ValueError):
        width = height = 0.0
    if not (0 < width < float("inf") and 0 < height < float("inf")):
        raise InputError(f"size is {size}: give width and height in pixels.")
    return nominal_camera(width, height).to(torch.float32)


def image_size(camera: Camera) -> tuple[float, float]:
    """Return width and height of the images of one camera, pixels."""
    width, height = camera.size.tolist()
    return width, height


def warn_of_strange_inputs(
    lifter: Lifter, points: Float[Tensor, "T K 2"], camera: Camera, where: str
) -> bool:
    """Warn if keypoints lie far from where they were in training, and return whether they do."""
    if lifter.input_range is None:
        return False
    joint, deviations = lifter.input_range.farthest(points[None], camera[None])
    if deviations < STRANGE:
        return False
    name = skeleton(lifter.hparams["keypoint_skeleton"]).joints[joint]
    what = f"{name.replace('_', ' ')} lies {deviations:.1f} standard deviations from where it was"
    remedy = (
        f"{type(lifter).__name__} knows people only where and as large as they were there, so expect "
        "wrong poses, or take a lifter with the view of the person."
    )
    warn(InputError(f"{what} in the training images", where, remedy), stacklevel=3)
    return True


def _for_lifter(
    person: PersonKeypoints, lifter: Lifter, where: str
) -> tuple[Float[Tensor, "T K 2"], Float[Tensor, "T K"]]:
    """Return pixels and confidences in the joint set of the lifter, with gaps filled; NaN if missing."""
    source, target = person.skeleton, lifter.hparams["keypoint_skeleton"]
    # A lifter that is told what is missing has only frames without anybody filled in.
    nobody = ~person.seen.any(-1, keepdim=True)
    to_fill = nobody if lifter.takes_missing else torch.ones_like(nobody)
    filled = fill_gaps(person.points, person.seen)
    seen = person.points.where(person.seen[..., None], torch.nan)
    try:
        points = convert(torch.where(to_fill[..., None], filled, seen), source, target)
        confidence = convert_confidence(person.confidence.where(person.seen, 0.0), source, target)
    except InputError as error:
        raise InputError(f"lifts keypoints of '{target}'. {error}", where) from error
    lost = points.isnan().any(-1).any(0)
    if lost.any() and not (lifter.completes or lifter.takes_missing):
        joints = skeleton(target).joints
        names = ", ".join(joints[joint] for joint in lost.nonzero().flatten().tolist())
        what = f"In no frame is there anything to tell {names} from: give other keypoints"
        raise InputError(f"{what}, or complete them by OcclusionCompletion.")
    return points.float(), confidence.float()


@torch.inference_mode()
def _predict(
    lifter: Lifter,
    points: Float[Tensor, "T K 2"],
    confidence: Float[Tensor, "T K"],
    camera: Camera,
    windows: Windows,
    batch_frames: int,
) -> dict[str, Tensor]:
    """Return what the lifter predicts of every frame, in order."""
    clip = LoadedClip(
        ClipKey(subject="", action="", sequence="", camera="", fps=0.0, frames=len(points)),
        camera,
        torch.cat([points, confidence[..., None]], -1),
        pose=None,
        selected=torch.ones(len(points), dtype=torch.bool),
        frames=torch.arange(len(points)),
    )
    keypoint_skeleton, pose_skeleton = (
        skeleton(lifter.hparams[option]) for option in ("keypoint_skeleton", "skeleton")
    )
    bank = PoseBank([clip], windows, keypoint_skeleton, pose_skeleton, [""], [""])
    bank.to(lifter.device)
    parts = []
    for rows in bank.rows.split(max(1, batch_frames // windows.length)):
        prediction = lifter.predict_step(bank.batch(rows.to(lifter.device)), 0)
        parts.append({name: value.cpu() for name, value in prediction.items()})
    joined = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    order = joined["frame"].argsort()
    return {name: value[order] for name, value in joined.items()}


def known_joints(
    lifter: Lifter, outputs: dict[str, Tensor], seen: Bool[Tensor, "T K"]
) -> Bool[Tensor, "T J"]:
    """Return which joints of poses rest on keypoints that were seen."""
    if "status" in outputs:
        status = outputs["status"]
        return (status == Status.LIFTED) | (status == Status.DEPTH_COMPLETED)
    names = lifter.hparams["keypoint_skeleton"], lifter.hparams["skeleton"]
    try:
        return convert_confidence(seen.float(), *names) > 0
    except InputError:
        # The pose has joints that no keypoint stands for: they rest on all of them.
        return seen.all(-1, keepdim=True).expand(-1, len(skeleton(names[1])))


def _root_position(
    lifter: Lifter,
    outputs: dict[str, Tensor],
    points: Float[Tensor, "T K 2"],
    confidence: Float[Tensor, "T K"],
    camera: Camera,
) -> Float[Tensor, "T 3"]:
    if "trajectory" in outputs:
        return outputs["trajectory"].float()
    keypoint_set, pose_set = (
        skeleton(lifter.hparams[k]) for k in ("keypoint_skeleton", "skeleton")
    )
    shared = [joint for joint in pose_set.joints if joint in keypoint_set.joints]
    if len(shared) < 2:
        sets = f"'{pose_set.name}' and '{keypoint_set.name}'"
        raise InputError(f"{sets} share too few joints to tell a trajectory: leave it out.")
    in_keypoints, in_pose = keypoint_set.indices(shared), pose_set.indices(shared)
    seen = confidence[:, in_keypoints] > 0
    if not (lifter.completes or lifter.takes_missing):
        # Gaps were filled in.
        seen = torch.ones_like(seen)
    return fit_root(outputs["pose"].float()[:, in_pose], points[:, in_keypoints], seen, camera)
