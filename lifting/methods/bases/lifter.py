"""Base class of lifters: evaluation, prediction and flip test."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

from jaxtyping import Float
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.geometry import centre, mirror
from lifting.methods.bases.method import Method
from lifting.methods.bases.pose_data import PoseData
from lifting.metrics import Evaluation, FrameEvaluation
from lifting.skeletons import skeleton
from lifting.windows import Windows

# Examples all over the training split that statistics are taken of.
EXAMPLES = 1024


class Lifter(Method):
    """A method that lifts 2D keypoints to root-relative 3D poses.

    A subclass fills in :meth:`configure_nets`, :meth:`fit_statistics`, :meth:`forward` and
    :meth:`loss`.

    Args:
        flip_test: Average the prediction with that of the mirrored input, in evaluation, at twice
            the time.
        **kwargs: See :class:`lifting.methods.bases.method.Method`.
    """

    # Whether keypoints that are not seen may be missing.
    completes = False
    # Whether predictions depend on how many pixels high a person is.
    sees_pixels = False

    def __init__(self, flip_test: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Longer side of the images trained on, where it matters: pixels.
        self.image_side: float | None = None

    @property
    def frames(self) -> int:
        """Input frames of a window: one, unless a subclass says otherwise."""
        return 1

    @abstractmethod
    def forward(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B C J 3"]:
        """Lift keypoints in pixels to root-relative poses in millimetres, camera frame."""

    @abstractmethod
    def loss(self, batch: PoseBatch) -> Tensor:
        """Return the training loss of a batch."""

    def take_statistics(self, data: PoseData) -> None:
        """Take statistics of the training data, and the size of its images."""
        super().take_statistics(data)
        if self.sees_pixels:
            sizes = data.spread("train", EXAMPLES, self.device)["camera"].size
            self.image_side = sizes.amax(-1).mean().item()

    def take_over(self, other: Self) -> None:
        """Take the weights and statistics of another lifter, and the size of its images."""
        super().take_over(other)
        self.image_side = other.image_side

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Note what the base class does, and the size of the images."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["image_side"] = self.image_side

    def restore_extras(self, checkpoint: Mapping[str, Any]) -> None:
        """Restore the size of the images, which imported checkpoints may lack."""
        self.image_side = checkpoint.get("image_side")

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

    def target(self, batch: PoseBatch) -> Float[Tensor, "B C J 3"]:
        """Return the true root-relative poses of a batch."""
        return centre(batch["pose"], skeleton(self.hparams["skeleton"]).root)

    def lift(self, batch: PoseBatch) -> Float[Tensor, "B C J 3"]:
        """Return the predicted root-relative poses of a batch."""
        return self.lift_keypoints(batch["keypoints"], batch["camera"])

    def lift_keypoints(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B C J 3"]:
        """Return the predicted root-relative poses, averaged with the mirrored twin's if asked."""
        pose = self(keypoints, camera)
        if not self.hparams["flip_test"]:
            return pose
        twin = self(*self.mirrored(keypoints, camera))
        return (pose + mirror(twin, skeleton(self.hparams["skeleton"]).mirror)) / 2

    def mirrored(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> tuple[Float[Tensor, "B T K 2"], Camera]:
        """Return mirrored keypoints, and the cameras that see them."""
        twin = mirror(keypoints, skeleton(self.hparams["keypoint_skeleton"]).mirror)
        twin[..., 0] += camera.size[:, None, None, 0]
        return twin, camera.mirrored()

    def configure_evaluation(self, data: PoseData, full: bool) -> FrameEvaluation:
        """Return the metrics of poses."""
        return Evaluation(data.actions, full)

    def evaluate(self, batch: PoseBatch) -> None:
        """Add the errors of the lifted poses."""
        assert isinstance(self.evaluation, Evaluation)
        if "pose" not in batch:
            raise InputError("The data hold no 3D poses to evaluate against: predict instead.")
        valid = batch["valid"]
        # Clip and action are the example's, for each of its output frames.
        clip, action = (
            ids[:, None].expand_as(valid)[valid] for ids in (batch["clip"], batch["action"])
        )
        lifted = self.lift(batch)
        pred, target = lifted[valid], self.target(batch)[valid]
        self.evaluation.update(pred, target, action, clip, batch["frame"][valid])
        self.evaluate_extra(batch, lifted)

    def evaluate_extra(self, batch: PoseBatch, lifted: Float[Tensor, "B C J 3"]) -> None:
        """Add further errors of a batch, whose lifted poses are given."""

    def predict_step(self, batch: PoseBatch, batch_idx: int) -> dict[str, Tensor]:
        """Return poses of valid frames with the clip and frame each belongs to."""
        valid = batch["valid"]
        clip = batch["clip"][:, None].expand_as(valid)[valid]
        return {"pose": self.lift(batch)[valid], "clip": clip, "frame": batch["frame"][valid]}
