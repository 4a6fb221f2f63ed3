"""Lifting keypoints of one's own in one call: pixels of any detector and one checkpoint in, 3D out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from datamodules.examples.bank import LoadedClip, PoseBank
from datamodules.store.clips import ClipKey
from lifting.cameras import Camera, nominal_camera
from lifting.errors import InputError
from lifting.inference.devices import device_of
from lifting.inference.smoothing import smooth as smoothed
from lifting.inference.trajectory import fit_root
from lifting.keypoints.gaps import fill_gaps
from lifting.keypoints.validation import GivenKeypoints, as_given
from lifting.methods.bases.checkpointed import load_frozen
from lifting.methods.bases.lifter import Lifter
from lifting.skeletons import convert, convert_confidence, skeleton
from lifting.skeletons.occlusion import Status
from lifting.windows import Windows

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Lifted:
    """The lifted poses of one person.

    Attributes:
        pose: Root-relative millimetres, camera frame, ``(T, J, 3)``; NaN where a method that completes
            what is occluded saw too little.
        known: Whether each joint rests on a keypoint that was seen, ``(T, J)``, and not on one that was
            filled in from other frames or completed.
        skeleton: Joint set of the poses.
        trajectory: Place of the root, millimetres, camera frame, ``(T, 3)``, or None if not asked for.
        fps: Frames per second, if given.
    """

    pose: Array
    known: NDArray[np.bool_]
    skeleton: str
    trajectory: Array | None = None
    fps: float | None = None


def load_lifter(checkpoint: str | Path, flip_test: bool = False) -> Lifter:
    """Load the lifter a checkpoint is of, whichever it is.

    Args:
        checkpoint: A checkpoint of the suite, trained or imported.
        flip_test: Average each prediction with that of the mirrored input.

    Raises:
        InputError: If it is no checkpoint, or of a method that lifts nothing.
    """
    return load_frozen(checkpoint, Lifter, flip_test=flip_test)


def lift(
    keypoints: ArrayLike,
    checkpoint: str | Path | Lifter,
    *,
    skeleton: str = "coco17",
    size: tuple[float, float] | None = None,
    camera: Camera | None = None,
    confidence: ArrayLike | None = None,
    fps: float | None = None,
    flip_test: bool = False,
    smooth: str | None = None,
    trajectory: bool = False,
    dilation: int = 1,
    batch_frames: int = 4096,
    device: str | None = None,
) -> Lifted:
    """Lift the keypoints of one person.

    Keypoints are missing where they are NaN or their confidence is 0. A method that completes what is
    occluded does so; for the others they are interpolated over time, joint by joint.

    Args:
        keypoints: Pixels of consecutive frames ``(T, K, 2)``, or with a third column of confidences, or
            of a single frame ``(K, 2)``.
        checkpoint: A lifter's checkpoint, or what :func:`load_lifter` made of it.
        skeleton: Joint set of the keypoints; they are converted by name to what the checkpoint needs.
        size: Width and height of the image, pixels.
        camera: The camera, if it is known, instead of its image size.
        confidence: ``(T, K)``, 0 to 1; all are sure where it is not given.
        fps: Frames per second.
        flip_test: Average with the prediction of the mirrored input, at twice the time.
        smooth: ``one_euro``, which sees the past only and lags, or ``savgol``.
        trajectory: Say where the root is: as the method finds it, or else where the pose projects best
            onto the keypoints. Without a known camera its distance is a guess.
        dilation: Distance between neighbouring frames of a window, as in training.
        batch_frames: Frames that go through the network together; what bounds the memory.
        device: ``cpu`` or ``cuda``; a GPU is taken where there is one.

    Raises:
        InputError: If keypoints, checkpoint or options are wrong or do not go together.
    """
    if isinstance(checkpoint, Lifter):
        if flip_test:
            raise InputError("flip_test is set when a lifter is loaded: give it to load_lifter.")
        method, where = checkpoint.eval(), type(checkpoint).__name__
    else:
        method, where = load_lifter(checkpoint, flip_test), str(checkpoint)
    for option, least in {"dilation": dilation, "batch_frames": batch_frames}.items():
        if least < 1:
            raise InputError(f"{option} is {least}: give at least 1.")
    if fps is not None and not 0 < fps < float("inf"):
        raise InputError(f"fps is {fps}: give frames per second.")
    lens = _camera(size, camera)
    given = as_given(keypoints, confidence, skeleton)
    points, sure = _for_method(given, method, where)
    if camera is None:
        points, lens = _as_large_as_in_training(points, lens, method)
    windows = method.windows(dilation)
    found = _predict(method.to(device_of(device)), points, sure, lens, windows, batch_frames)
    pose, known = found["pose"].float(), _known(method, found, sure > 0)
    place = _place(method, found, points, sure, lens) if trajectory else None
    if smooth is not None:
        fps = None if fps is None else float(fps)
        pose = smoothed(pose, smooth, fps)
        place = place if place is None else smoothed(place[:, None], smooth, fps)[:, 0]
    return Lifted(
        pose.numpy(),
        known.numpy(),
        method.hparams["skeleton"],
        None if place is None else place.numpy(),
        fps,
    )


def _camera(size: tuple[float, float] | None, camera: Camera | None) -> Camera:
    if (size is None) == (camera is None):
        raise InputError("Give either size, the image's width and height in pixels, or the camera.")
    if camera is not None:
        if camera.size.ndim != 1:
            raise InputError("camera holds several cameras: give that of the recording alone.")
        return camera.to(torch.float32)
    try:
        width, height = (float(length) for length in size or ())
    except (TypeError, ValueError) as error:
        raise InputError(f"size is {size}: give width and height in pixels.") from error
    if not (0 < width < float("inf") and 0 < height < float("inf")):
        raise InputError(f"size is {size}: give width and height in pixels.")
    return nominal_camera(width, height).to(torch.float32)


def _as_large_as_in_training(
    points: Float[Tensor, "T K 2"], lens: Camera, method: Lifter
) -> tuple[Float[Tensor, "T K 2"], Camera]:
    """Return keypoints and camera of the image, made as large as those that pixels were learnt of."""
    if method.image_side is None:
        return points, lens
    factor = method.image_side / lens.size.amax()
    scaled = nominal_camera(*(factor * lens.size).tolist())
    return factor * points, scaled.to(torch.float32)


def _for_method(given: GivenKeypoints, method: Lifter, where: str) -> tuple[Tensor, Tensor]:
    """Return pixels and confidences in the joint set of the method, with gaps filled."""
    theirs, mine = given.skeleton, method.hparams["keypoint_skeleton"]
    try:
        points = convert(fill_gaps(given.points, given.seen), theirs, mine)
        sure = convert_confidence(given.confidence.where(given.seen, 0.0), theirs, mine)
    except InputError as error:
        raise InputError(f"lifts keypoints of '{mine}'. {error}", where) from error
    lost = points.isnan().any(-1).any(0)
    if lost.any() and not method.completes:
        joints = [skeleton(mine).joints[joint] for joint in lost.nonzero().flatten().tolist()]
        raise InputError(
            f"In no frame is there anything to tell {', '.join(joints)} from: give other keypoints, or "
            "a checkpoint that completes what is occluded (OcclusionCompletion)."
        )
    return points.nan_to_num(0.0).float(), sure.float()


@torch.inference_mode()
def _predict(
    method: Lifter,
    points: Float[Tensor, "T K 2"],
    sure: Float[Tensor, "T K"],
    camera: Camera,
    windows: Windows,
    batch_frames: int,
) -> dict[str, Tensor]:
    """Return what the method predicts of every frame, in order."""
    clip = LoadedClip(
        ClipKey(subject="", action="", sequence="", camera="", fps=0.0, frames=len(points)),
        camera,
        torch.cat([points, sure[..., None]], -1),
        pose=None,
        selected=torch.ones(len(points), dtype=torch.bool),
        frames=torch.arange(len(points)),
    )
    keypoint_skeleton, pose_skeleton = (
        skeleton(method.hparams[option]) for option in ("keypoint_skeleton", "skeleton")
    )
    bank = PoseBank([clip], windows, keypoint_skeleton, pose_skeleton, [""], [""])
    bank.to(method.device)
    parts = []
    for rows in bank.rows.split(max(1, batch_frames // windows.length)):
        prediction = method.predict_step(bank.batch(rows.to(method.device)), 0)
        parts.append({name: value.cpu() for name, value in prediction.items()})
    joined = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    order = joined["frame"].argsort()
    return {name: value[order] for name, value in joined.items()}


def _known(
    method: Lifter, found: dict[str, Tensor], seen: Bool[Tensor, "T K"]
) -> Bool[Tensor, "T J"]:
    if "status" in found:
        status = found["status"]
        return (status == Status.LIFTED) | (status == Status.DEPTH_COMPLETED)
    names = method.hparams["keypoint_skeleton"], method.hparams["skeleton"]
    try:
        return convert_confidence(seen.float(), *names) > 0
    except InputError:
        # The pose has joints that no keypoint stands for: they rest on all of them.
        return seen.all(-1, keepdim=True).expand(-1, len(skeleton(names[1])))


def _place(
    method: Lifter, found: dict[str, Tensor], points: Tensor, sure: Tensor, camera: Camera
) -> Float[Tensor, "T 3"]:
    if "trajectory" in found:
        return found["trajectory"].float()
    theirs, mine = (skeleton(method.hparams[k]) for k in ("keypoint_skeleton", "skeleton"))
    shared = [joint for joint in mine.joints if joint in theirs.joints]
    if len(shared) < 2:
        raise InputError(
            f"No trajectory of '{mine.name}' poses can be told from '{theirs.name}' keypoints, which "
            "share no joints: leave trajectory out."
        )
    of_points, of_pose = theirs.indices(shared), mine.indices(shared)
    seen = sure[:, of_points] > 0
    if not method.completes:
        seen = torch.ones_like(seen)
    return fit_root(found["pose"].float()[:, of_pose], points[:, of_points], seen, camera)
