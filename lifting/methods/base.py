"""What every method shares: evaluation, prediction, statistics, optimiser and checks."""

from abc import ABC, abstractmethod
from typing import Any, Protocol, cast

import torch
from jaxtyping import Float
from lightning import LightningModule
from torch import Tensor

from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.geometry import centre, mirror
from lifting.methods.schedules import schedule
from lifting.metrics import Evaluation, EvaluationResult
from lifting.skeletons import skeleton

Batch = dict[str, Any]


class PoseData(Protocol):
    """What a method asks of the datamodule it is trained or tested with."""

    keypoint_skeleton: str
    pose_skeleton: str
    actions: list[str]
    frames_per_example: int

    def training_frames(self) -> tuple[Tensor, Tensor | None]:
        """Return keypoints ``(N, K, 2)`` and absolute poses ``(N, J, 3)`` of the training split."""
        ...


class Method(LightningModule, ABC):
    """A lifting method.

    A subclass takes flat primitives, names them in ``self.hparams``, and fills in
    :meth:`configure_nets`, :meth:`fit_statistics`, :meth:`forward` and :meth:`loss`.

    Args:
        skeleton: Joint set of the poses.
        keypoint_skeleton: Joint set of the 2D keypoints.
        lr: Learning rate.
        weight_decay: Decoupled weight decay (AdamW).
        schedule: Learning rate over training: ``cosine`` to zero, ``constant``, or ``exponential``.
        warmup: Share of training in which the learning rate rises linearly.
        lr_decay: Factor per epoch of the exponential schedule.
        flip_test: Average the prediction with that of the mirrored input, in evaluation, at twice
            the time.
    """

    # Whether the method sees one frame only; others check the windows they are given.
    single_frame = False

    def __init__(
        self,
        skeleton: str = "h36m17",
        keypoint_skeleton: str = "h36m17",
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        schedule: str = "cosine",
        warmup: float = 0.02,
        lr_decay: float = 0.96,
        flip_test: bool = False,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.evaluation: Evaluation | None = None
        self.test_result: EvaluationResult | None = None
        self.configure_nets()

    @abstractmethod
    def configure_nets(self) -> None:
        """Build the networks from ``self.hparams``."""

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take statistics of the training frames (pixels; root-relative millimetres) into buffers."""

    @abstractmethod
    def forward(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B C J 3"]:
        """Lift keypoints in pixels to root-relative poses in millimetres, camera frame."""

    @abstractmethod
    def loss(self, batch: Batch) -> Tensor:
        """Return the training loss of a batch."""

    @property
    def pose_root(self) -> int:
        """Index of the root joint of the poses."""
        return skeleton(self.hparams["skeleton"]).root

    def target(self, batch: Batch) -> Float[Tensor, "B C J 3"]:
        """Return the true root-relative poses of a batch."""
        return centre(batch["pose"], self.pose_root)

    def setup(self, stage: str) -> None:
        """Check that data and method fit together, and take statistics before training."""
        data = cast(PoseData, self.trainer.datamodule)  # type: ignore[attr-defined]
        for what in ("keypoint_skeleton", "pose_skeleton"):
            mine = self.hparams[what.removeprefix("pose_")]
            theirs = getattr(data, what)
            if mine != theirs:
                raise InputError(
                    f"The method's {what.replace('_', ' ')} is '{mine}', the data's is '{theirs}': "
                    "choose one for both."
                )
        if self.single_frame and data.frames_per_example != 1:
            raise InputError(
                f"{type(self).__name__} lifts single frames, the data's examples have "
                f"{data.frames_per_example}: leave receptive_field and chunk at 1."
            )
        if str(self.trainer.precision) in ("bf16-true", "16-true"):
            raise InputError(
                f"Precision {self.trainer.precision} would round geometry and metrics too: "
                "use bf16-mixed or 16-mixed."
            )
        joints = len(skeleton(data.pose_skeleton))
        self.evaluation = Evaluation(data.actions, joints, full=stage != "fit")
        if stage == "fit":
            keypoints, pose = data.training_frames()
            self.fit_statistics(keypoints, None if pose is None else centre(pose, self.pose_root))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the loss and log it."""
        loss = self.loss(batch)
        self.log("train/loss", loss)
        return loss

    def lift(self, batch: Batch) -> Float[Tensor, "B C J 3"]:
        """Return the predicted root-relative poses of a batch, mirrored twin averaged in if asked."""
        keypoints, camera = batch["keypoints"], batch["camera"]
        pose = self(keypoints, camera)
        if not self.hparams["flip_test"]:
            return pose
        mirrored = mirror(keypoints, skeleton(self.hparams["keypoint_skeleton"]).mirror)
        mirrored[..., 0] += camera.size[:, None, None, 0]
        twin = self(mirrored, camera.mirrored())
        return (pose + mirror(twin, skeleton(self.hparams["skeleton"]).mirror)) / 2

    def _evaluate(self, batch: Batch) -> None:
        assert self.evaluation is not None
        if "pose" not in batch:
            raise InputError("The data hold no 3D poses to evaluate against: predict instead.")
        valid = batch["valid"]
        # Clip and action are the example's, for each of its output frames.
        clip, action = (batch[k][:, None].expand_as(valid)[valid] for k in ("clip", "action"))
        pred, target = self.lift(batch)[valid], self.target(batch)[valid]
        self.evaluation.update(pred, target, action, clip, batch["frame"][valid])

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Evaluate a batch of the held-out subject."""
        self._evaluate(batch)

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        """Evaluate a batch of the test subjects."""
        self._evaluate(batch)

    def predict_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Return poses of valid frames with the clip and frame each belongs to."""
        valid = batch["valid"]
        clip = batch["clip"][:, None].expand_as(valid)[valid]
        return {"pose": self.lift(batch)[valid], "clip": clip, "frame": batch["frame"][valid]}

    def on_validation_epoch_end(self) -> None:
        """Log the means over all frames."""
        self._finish("val")

    def on_test_epoch_end(self) -> None:
        """Log the means over all frames and keep the table for whoever reports it."""
        self.test_result = self._finish("test")

    def _finish(self, split: str) -> EvaluationResult:
        assert self.evaluation is not None
        result = self.evaluation.compute()
        self.evaluation.reset()
        # Every process holds the same synchronised numbers.
        self.log_dict(
            {f"{split}/{name}": value for name, value in result.frame_mean.items()}, sync_dist=True
        )
        return result

    def configure_optimizers(self) -> Any:
        """Return AdamW and its schedule, stepped every batch."""
        h = self.hparams
        optimizer = torch.optim.AdamW(
            self.parameters(), h["lr"], weight_decay=h["weight_decay"], fused=self._may_fuse()
        )
        if self.trainer.estimated_stepping_batches == float("inf"):
            raise InputError("The schedule needs an end: set trainer.max_epochs or max_steps.")
        steps = int(self.trainer.estimated_stepping_batches)
        per_epoch = max(1, steps // max(1, self.trainer.max_epochs or 1))
        factor = schedule(h["schedule"], steps, h["warmup"], h["lr_decay"], per_epoch)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }

    def _may_fuse(self) -> bool:
        # Lightning refuses gradient clipping with a fused optimiser under fp16's gradient scaling.
        return not (self.trainer.gradient_clip_val and self.trainer.precision == "16-mixed")

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Note what the checkpoint is of."""
        checkpoint["lifting"] = self._identity()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of another method or joint set.

        Raises:
            InputError: If it is one, or none of this suite.
        """
        theirs, mine = checkpoint.get("lifting"), self._identity()
        if theirs is None:
            raise InputError("it is not a checkpoint of this suite; import it first.")
        for what, value in mine.items():
            if theirs.get(what) != value:
                raise InputError(
                    f"it is of {what.replace('_', ' ')} '{theirs.get(what)}', this run has "
                    f"'{value}': choose the checkpoint or the configuration that fits."
                )

    def _identity(self) -> dict[str, str]:
        return {
            "method": type(self).__name__,
            "skeleton": self.hparams["skeleton"],
            "keypoint_skeleton": self.hparams["keypoint_skeleton"],
        }

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        """Load parameters and buffers.

        Raises:
            InputError: If they are of a network of another size; it names the first that differs.
        """
        try:
            return super().load_state_dict(state_dict, strict, assign)
        except RuntimeError as error:
            first = str(error).partition("\n\t")[2].partition("\n")[0].strip()
            raise InputError(f"its network is of another shape: {first}") from None
