"""Lifting of a person's keypoints while they come in, frame by frame."""

import math
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.inference.defaults import LIVE_LIFTER
from lifting.inference.devices import device_of
from lifting.inference.live_history import KeypointHistory
from lifting.inference.prediction import (
    image_camera,
    image_size,
    known_joints,
    load_lifter,
    warn_of_strange_inputs,
)
from lifting.inference.smoothing import OneEuro
from lifting.keypoints.confidence import believed, confidence_of
from lifting.keypoints.threshold import LEAST_CONFIDENCE, check_least_confidence
from lifting.keypoints.validation import (
    PersonKeypoints,
    implausible_in,
    validate_keypoints,
    warn_of,
    without,
)
from lifting.methods.bases.lifter import Lifter
from lifting.skeletons import convert, convert_confidence
from lifting.skeletons import skeleton as joint_set


class LiveLifter:
    """Lifts the keypoints of one person as they come, with a lifter that sees no future.

    What it returns is what the lifter predicts of the whole recording: the window of past frames is the
    same, and before there are enough the first is repeated, as at the edge of a clip. Where a keypoint
    is missing and the lifter is not told so, it stays where it was last seen; a file is interpolated
    instead, up to where it is seen again.

    Several people have a ``LiveLifter`` each, which may share the lifter.

    Args:
        checkpoint: A lifter's checkpoint or the name of a model, or what
            :func:`lifting.inference.prediction.load_lifter` returned.
        skeleton: Joint set of the keypoints; they are converted by name to what the lifter needs.
        size: Width and height of the image, pixels.
        camera: The camera, if it is known, instead of its image size.
        fps: Frames per second of the lifter's windows, by default those it was trained on. Frames that
            come at other times are interpolated to it; where neither is known, they are taken as they
            come.
        max_gap: Seconds after which a person who was not seen is somebody new.
        smooth: ``one_euro``, which sees the past only and lags, or None.
        least_confidence: Keypoints of less confidence are missing; at 0 all count that have any.
        device: cpu or cuda; a GPU is taken where there is one.

    Attributes:
        lifter: The lifter.
        skeleton: Joint set of the poses.
        joints: Names of its joints.
        known: Whether each joint of the last pose rests on a keypoint that was seen in its frame,
            ``(J,)``.

    Raises:
        InputError: If the lifter looks ahead, or something is out of range.

    Example:
        >>> from lifting.methods import VideoPose3D
        >>> lifter = VideoPose3D(taps=[3, 3], channels=16, causal=True)
        >>> live = LiveLifter(lifter, skeleton="coco17", size=(640, 480))
        >>> pose = live.push(100 + 200 * np.random.rand(17, 2), time=0.04)
        >>> pose.shape, live.skeleton
        ((17, 3), 'h36m17')
    """

    def __init__(
        self,
        checkpoint: str | Path | Lifter = LIVE_LIFTER,
        *,
        skeleton: str = "coco17",
        size: tuple[float, float] | None = None,
        camera: Camera | None = None,
        fps: float | None = None,
        max_gap: float = 0.5,
        smooth: str | None = None,
        least_confidence: float = LEAST_CONFIDENCE,
        device: str | None = None,
    ) -> None:
        lifter = checkpoint if isinstance(checkpoint, Lifter) else load_lifter(checkpoint)
        where = type(lifter).__name__ if isinstance(checkpoint, Lifter) else str(checkpoint)
        if (ahead := frames_ahead(lifter)) > 0:
            what = f"looks {ahead} frames ahead, which are not there yet"
            raise InputError(what, where, f"name a causal lifter, such as {LIVE_LIFTER}.")
        for name, value in (("fps", fps), ("max_gap", max_gap)):
            if value is not None and not 0 < value < math.inf:
                raise InputError(f"{name} is {value}: give a number above 0.")
        if smooth not in (None, "one_euro"):
            raise InputError(f"smooth is {smooth}, which sees the future: give one_euro or None.")
        check_least_confidence(least_confidence)
        self._least_confidence = least_confidence
        self._smoother = None if smooth is None else OneEuro()
        self.lifter = lifter.eval().to(device_of(device))
        self.skeleton: str = lifter.hparams["skeleton"]
        self.joints = joint_set(self.skeleton).joints
        self._source, self._target = skeleton, lifter.hparams["keypoint_skeleton"]
        self._keypoints, self._joints = (len(joint_set(name)) for name in (skeleton, self.skeleton))
        self.known: NDArray[np.bool_] = np.zeros(self._joints, np.bool_)
        self._where, self._warned, self._warned_of_impossible = where, False, False
        # What does not go together is known before the first frame.
        try:
            convert(torch.zeros(self._keypoints, 2), self._source, self._target)
        except InputError as error:
            raise InputError(f"lifts keypoints of '{self._target}'. {error}", where) from error
        self._camera = image_camera(size, camera)
        rate = lifter.frame_rate if fps is None else fps
        self._history = KeypointHistory(lifter.windows(1).receptive_field, rate, max_gap)

    def reset(self) -> None:
        """Begin anew, as with the first frame."""
        self._history.clear()
        if self._smoother is not None:
            self._smoother.reset()
        self.known = np.zeros(self._joints, np.bool_)

    def push(
        self, keypoints: ArrayLike, time: float, confidence: ArrayLike | None = None
    ) -> Float[ndarray, "J 3"]:
        """Take the keypoints of the next frame, and return the pose at its time.

        Args:
            keypoints: Pixels ``(K, 2)``, or with a third column of confidences; missing where they are
                NaN or of confidence 0, which may be all.
            time: When the frame was taken, seconds from any beginning.
            confidence: ``(K,)``, 0 to 1; 1 everywhere where it is not given.

        Returns:
            Root-relative millimetres, camera frame, in the joint set :attr:`skeleton`; NaN where too
            little was seen so far.

        Raises:
            InputError: If the keypoints are not pixels of that joint set, or the time is not later than
                that of the frame before.
        """
        last = self._history.last_time
        if not (math.isfinite(time) and time > last):
            what = f"The time is {time} s, that of the frame before {last} s"
            raise InputError(f"{what}: give frames in their order, or reset.")
        points, scores = self._validated(keypoints, confidence)
        begins = self._history.add(float(time), points, scores)
        pose = self._lift()
        if self._smoother is None:
            return pose
        there = bool(np.isfinite(pose).all())
        if begins or not there:
            self._smoother.reset()
        if not there:
            return pose
        return self._smoother(pose.astype(np.float64), time - last).astype(np.float32)

    def _validated(
        self, keypoints: ArrayLike, confidence: ArrayLike | None
    ) -> tuple[Float[ndarray, "K 2"], Float[ndarray, " K"]]:
        """Return pixels and confidences of a frame, on which there may be nobody."""
        size, least = image_size(self._camera), self._least_confidence
        if _shows_nobody(keypoints, confidence, self._keypoints, size, least):
            return np.zeros((self._keypoints, 2)), np.zeros(self._keypoints)
        person = validate_keypoints(keypoints, confidence, self._source, size, least)
        if len(person.points) > 1:
            raise InputError(f"keypoints are of {len(person.points)} frames: give one by one.")
        person = self._plausible(person)
        return person.points[0].numpy(), person.confidence.where(person.seen, 0.0)[0].numpy()

    def _plausible(self, person: PersonKeypoints) -> PersonKeypoints:
        """Return somebody without the keypoints that nobody can have; the first time with a warning."""
        found = implausible_in(person, image_size(self._camera))
        if found and not self._warned_of_impossible:
            warn_of(found[:1], "keypoints")
            self._warned_of_impossible = True
        return without(person, found)

    @torch.inference_mode()
    def _lift(self) -> Float[ndarray, "J 3"]:
        """Return the pose of the last frame."""
        lifter, camera = self.lifter, self._camera
        held, scores = map(torch.from_numpy, self._history.window())
        seen = scores > 0
        if lifter.takes_missing:
            # As in a file: frames without anybody alone are filled in.
            held = held.where((seen | ~seen.any(-1, keepdim=True))[..., None], torch.nan)
        points = convert(held, self._source, self._target).float()
        scores = convert_confidence(scores, self._source, self._target).float()
        there = ~points.isnan().any(-1)
        if not (there.all() or lifter.completes or (lifter.takes_missing and there[-1].any())):
            self.known = np.zeros(self._joints, np.bool_)
            return np.full((self._joints, 3), np.nan, np.float32)
        points = points.nan_to_num(0.0)
        if not self._warned:
            self._warned = warn_of_strange_inputs(lifter, points, camera, self._where)
        told = there.to(scores) if lifter.takes_missing else scores
        window = _one_window(points, told, camera, lifter.device)
        outputs = {name: x.cpu() for name, x in lifter.predict_step(window, 0).items()}
        pose = outputs["pose"].float()
        known = known_joints(lifter, outputs, scores[-1:] > 0)
        self.known = (known & pose.isfinite().all(-1))[0].numpy()
        return pose[0].numpy()


def frames_ahead(lifter: Lifter) -> int:
    """Return how many frames after its own a lifter looks at."""
    windows = lifter.windows(1)
    ahead = windows.receptive_field - 1 - windows.left
    # Where the frames of a chunk see each other, the first sees all that follow.
    return ahead + (windows.chunk - 1 if getattr(lifter, "seq2seq", False) else 0)


def _shows_nobody(
    keypoints: ArrayLike,
    confidence: ArrayLike | None,
    count: int,
    size: tuple[float, float],
    least: float,
) -> bool:
    """Tell whether all of so many keypoints are missing; of what is wrong with them nothing is said."""
    try:
        array = np.asarray(keypoints, np.float64)
        scores = None if confidence is None else np.asarray(confidence, np.float64)
    except (TypeError, ValueError):
        return False
    if array.ndim != 2 or len(array) != count or array.shape[1] not in (2, 3):
        return False
    if scores is None:
        scores = array[:, 2] if array.shape[1] == 3 else np.ones(count)
    seen = np.isfinite(array[:, :2]).all(-1)
    if scores.shape != seen.shape:
        return False
    try:
        scores = confidence_of(scores)
    except InputError:
        return False
    return not (seen & believed(array[:, :2], scores, size, least)).any()


def _one_window(
    points: Float[Tensor, "T K 2"],
    confidence: Float[Tensor, "T K"],
    camera: Camera,
    device: torch.device,
) -> PoseBatch:
    """Return the batch of the one window whose last frame is predicted."""
    number = torch.zeros(1, dtype=torch.long)
    return PoseBatch(
        keypoints=points[None].to(device),
        confidence=confidence[None].to(device),
        valid=torch.ones(1, 1, dtype=torch.bool, device=device),
        camera=Camera.stack([camera]).to(device),
        subject=number,
        action=number,
        clip=number.to(device),
        frame=number[None].to(device),
    )
