"""Base class of lifters: evaluation, prediction and flip test."""

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.errors import CheckpointError, InputError
from lifting.geometry import centre, mirror
from lifting.keypoints.input_range import InputRange
from lifting.methods.bases.keypoint_method import KeypointMethod
from lifting.methods.bases.pose_data import PoseData
from lifting.metrics import Evaluation, FrameEvaluation
from lifting.on_device import indices
from lifting.skeletons import places_in, skeleton
from lifting.windows import Windows

# Examples all over the training split that statistics are taken of.
EXAMPLES = 1024
# By how much of their longer side images may differ and count as of one size.
_SAME_SIZE = 0.01


class Lifter(KeypointMethod):
    """A method that lifts 2D keypoints to root-relative 3D poses.

    A subclass fills in :meth:`configure_nets`, :meth:`fit_statistics`, :meth:`forward` and
    :meth:`objective`.

    Args:
        flip_test: Average the prediction with that of the mirrored input, in evaluation, at twice
            the time.
        **kwargs: See :class:`lifting.methods.bases.keypoint_method.KeypointMethod`.

    Raises:
        InputError: If the class does not say whether it sees pixels.
    """

    # Whether keypoints that are not seen may be missing.
    completes = False
    # Whether predictions depend on how many pixels high a person is, where keypoints are seen in the
    # image: every method says so, for nothing else can tell.
    sees_pixels: bool

    def __init__(self, flip_test: bool = False, **kwargs: Any) -> None:
        if not hasattr(self, "sees_pixels"):
            what = f"{type(self).__name__} does not say whether it sees pixels"
            remedy = "set its class attribute sees_pixels: true where an image of twice the size"
            raise InputError(f"{what}: {remedy} gives another pose, false where it does not.")
        super().__init__(**kwargs)
        # Longer side of the images trained on, where it matters: pixels.
        self.image_side: float | None = None
        # Whether those trained on are of several sizes.
        self._several_sizes = False
        # Frames per second of the windows trained on, where all of them are of one rate.
        self.frame_rate: float | None = None
        # Where keypoints were in training, where it matters.
        self.input_range: InputRange | None = None
        # Places of the joints that a test compares; none: all of them.
        self._compared: tuple[int, ...] = ()

    @property
    def takes_missing(self) -> bool:
        """Whether the networks are told which keypoints are not seen, which are NaN then."""
        return False

    @property
    def first_output(self) -> int:
        """The frame of a window that its first output frame is of."""
        return self.windows().left

    def seen(self, batch: PoseBatch) -> Float[Tensor, "B T K inputs"]:
        """Return keypoints, NaN where they are not seen if the method takes that."""
        if not self.takes_missing:
            return batch["keypoints"]
        return batch["keypoints"].where(batch["confidence"][..., None] > 0, torch.nan)

    @property
    def frames(self) -> int:
        """Input frames of a window: one, unless a subclass says otherwise."""
        return 1

    @abstractmethod
    def forward(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B C J 3"]:
        """Lift keypoints in pixels to root-relative poses in millimetres, camera frame."""

    def take_statistics(self, data: PoseData) -> None:
        """Take statistics of the training data, and the size of its images."""
        super().take_statistics(data)
        self.frame_rate = data.frame_rate
        if self.in_person_view:
            return
        sample = data.spread("train", EXAMPLES, self.device)
        self.input_range = InputRange.of(sample["keypoints"], sample["camera"])
        if self.sees_pixels:
            sides = sample["camera"].size.amax(-1)
            self.image_side = sides.mean().item()
            self._several_sizes = bool(((self.image_side / sides - 1).abs() > _SAME_SIZE).any())

    def take_over(self, other: Self) -> None:
        """Take the weights and statistics of another lifter, and the size of its images."""
        super().take_over(other)
        # Of frame rate and range those of the data that are trained on now are kept.
        self.image_side = other.image_side

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Note what the base class does, and what was seen in training."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["image_side"] = self.image_side
        checkpoint["frame_rate"] = self.frame_rate
        seen = self.input_range
        checkpoint["input_range"] = None if seen is None else seen.to_dict()

    def restore_extras(self, checkpoint: Mapping[str, Any]) -> None:
        """Restore what was seen in training, which imported and earlier checkpoints may lack.

        Raises:
            CheckpointError: If a number is none, or the range is of other keypoints.
        """
        self.image_side = _above_zero(checkpoint, "image_side")
        self.frame_rate = _above_zero(checkpoint, "frame_rate")
        seen = checkpoint.get("input_range")
        points = len(skeleton(self.hparams["keypoint_skeleton"]))
        self.input_range = None if seen is None else InputRange.from_dict(seen, points)

    def required_poses(
        self, pose: Float[Tensor, "frames J 3"] | None
    ) -> Float[Tensor, "frames J 3"]:
        """Return the poses of the training frames, for a method that learns from them.

        Raises:
            InputError: If there are none.
        """
        if pose is None:
            what = f"{type(self).__name__} learns from 3D poses"
            raise InputError(what, remedy="train it on a store that has them.")
        return pose

    def windows(self, dilation: int = 1) -> Windows:
        """Return the windows that predict every frame of a recording once.

        Args:
            dilation: Distance between neighbouring frames of a window.
        """
        return Windows(dilation=dilation)

    def at_training_size(
        self, keypoints: Float[Tensor, "B T K inputs"], camera: Camera
    ) -> tuple[Float[Tensor, "B T K inputs"], Camera]:
        """Return keypoints, and their cameras, of images as large as those that were trained on.

        A method that has learnt pixels has learnt them of images of one size, so that those of another
        are brought to its longer side: in training, where there are several, in tests and in lifting.
        """
        if self.image_side is None or self.in_person_view:
            return keypoints, camera
        factor = self.image_side / camera.size.amax(-1)
        factor = torch.where((factor - 1).abs() > _SAME_SIZE, factor, 1.0)
        return factor[:, None, None, None] * keypoints, camera.scaled(factor)

    def into_view(self, batch: PoseBatch) -> PoseBatch:
        """Return a batch as the method sees it in training."""
        if self._several_sizes:
            keypoints, camera = self.at_training_size(batch["keypoints"], batch["camera"])
            batch = {**batch, "keypoints": keypoints, "camera": camera}
        return super().into_view(batch)

    def target(self, batch: PoseBatch) -> Float[Tensor, "B C J 3"]:
        """Return the true root-relative poses of a batch."""
        return centre(batch["pose"], skeleton(self.hparams["skeleton"]).root)

    def lift(self, batch: PoseBatch) -> Float[Tensor, "B C J 3"]:
        """Return the predicted root-relative poses of a batch."""
        return self.lift_keypoints(*self.at_training_size(self.seen(batch), batch["camera"]))

    def lift_keypoints(
        self, keypoints: Float[Tensor, "B T K inputs"], camera: Camera
    ) -> Float[Tensor, "B C J 3"]:
        """Return the predicted root-relative poses, averaged with the mirrored twin's if asked."""
        pose = self.lift_once(keypoints, camera)
        if not self.hparams["flip_test"]:
            return pose
        twin = self.lift_once(*self.mirrored(keypoints, camera))
        return (pose + mirror(twin, skeleton(self.hparams["skeleton"]).mirror)) / 2

    def lift_once(
        self, keypoints: Float[Tensor, "B T K inputs"], camera: Camera
    ) -> Float[Tensor, "B C J 3"]:
        """Return the predicted root-relative poses, camera frame, whatever view the method sees."""
        if not self.in_person_view:
            return self(keypoints, camera)
        view = self.person_view(keypoints, camera)
        pose = self(view.keypoints, view.camera(camera, self.first_output))
        return view.turned_back(pose, self.first_output)

    def mirrored(
        self, keypoints: Float[Tensor, "B T K inputs"], camera: Camera
    ) -> tuple[Float[Tensor, "B T K inputs"], Camera]:
        """Return mirrored keypoints, and the cameras that see them."""
        twin = mirror(keypoints, skeleton(self.hparams["keypoint_skeleton"]).mirror)
        twin[..., 0] += camera.size[:, None, None, 0]
        return twin, camera.mirrored()

    def setup(self, stage: str) -> None:
        """Check what the base class does, and note which joints are compared."""
        super().setup(stage)
        data: PoseData = self.trainer.datamodule  # type: ignore[attr-defined]
        chosen = None if stage == "fit" else data.test_skeleton
        self._compared = () if chosen is None else places_in(self.hparams["skeleton"], chosen)

    def compared(self, pose: Float[Tensor, "*frames J 3"]) -> Float[Tensor, "*frames compared 3"]:
        """Return the joints of poses that a test compares."""
        return (
            pose.index_select(-2, indices(self._compared, pose.device)) if self._compared else pose
        )

    def configure_evaluation(self, data: PoseData, full: bool) -> FrameEvaluation:
        """Return the metrics of poses."""
        return Evaluation(data.actions, full)

    def evaluate(self, batch: PoseBatch) -> None:
        """Add the errors of the lifted poses."""
        self.evaluate_lifted(batch, self.lift(batch))

    def evaluate_lifted(self, batch: PoseBatch, lifted: Float[Tensor, "B C J 3"]) -> None:
        """Add the errors of a batch, whose lifted poses are given.

        Raises:
            InputError: If there are no true poses.
        """
        assert isinstance(self.evaluation, Evaluation)
        if "pose" not in batch:
            raise InputError("The data hold no 3D poses to evaluate against: predict instead.")
        # Places of the valid frames, once: each mask would be read back to know how many there are.
        example, frame = batch["valid"].nonzero(as_tuple=True)
        pred, target = (
            self.compared(poses[example, frame]) for poses in (lifted, self.target(batch))
        )
        # Clip and action are the example's, for each of its output frames.
        clip, action = batch["clip"][example], batch["action"][example]
        self.evaluation.update(pred, target, action, clip, batch["frame"][example, frame])
        self.evaluate_extra(batch, lifted)

    def evaluate_extra(self, batch: PoseBatch, lifted: Float[Tensor, "B C J 3"]) -> None:
        """Add further errors of a batch, whose lifted poses are given."""

    def predict_step(self, batch: PoseBatch, batch_idx: int) -> dict[str, Tensor]:
        """Return poses of valid frames with the clip and frame each belongs to."""
        return self.predicted(batch, self.lift(batch))

    def predicted(self, batch: PoseBatch, lifted: Float[Tensor, "B C J 3"]) -> dict[str, Tensor]:
        """Return the poses of valid frames, of those given, with the clip and frame of each."""
        valid = batch["valid"]
        clip = batch["clip"][:, None].expand_as(valid)[valid]
        return {"pose": lifted[valid], "clip": clip, "frame": batch["frame"][valid]}


def _above_zero(checkpoint: Mapping[str, Any], name: str) -> float | None:
    """Return a number of a checkpoint, or None if it has none."""
    value = checkpoint.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 < value < math.inf:
        what = f"its {name} is {value!r:.80}, which is no number above 0"
        raise CheckpointError(what, remedy="get or train it again.")
    return float(value)
