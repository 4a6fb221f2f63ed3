"""Base class of the lifter from relative depth and of its supervised twin."""

from abc import abstractmethod
from typing import Any

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.geometry import centre, in_float64
from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.pose_data import PoseData
from lifting.metrics import FrameEvaluation
from lifting.nets.residual_mlp import ResidualMLP
from lifting.nets.standardise import Standardise
from lifting.skeletons import skeleton


class RelativeDepthBase(Lifter):
    """A single-frame lifter of keypoints relative to their root, standardised.

    Where the data have no poses but relative-depth labels, it is evaluated by the percentage of pairs
    that it puts in another order.

    Args:
        width: Width of the hidden layers.
        blocks: Residual blocks.
        dropout: Fraction of hidden values dropped in training.
        keypoint_dropout: Fraction of keypoints dropped in training, which go in at their mean.
        **kwargs: See :class:`lifting.methods.bases.lifter.Lifter`.
    """

    single_frame = True
    sees_pixels = True
    net: ResidualMLP

    def __init__(
        self,
        width: int = 1024,
        blocks: int = 1,
        dropout: float = 0.5,
        keypoint_dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    @abstractmethod
    def build(self, inputs: int, outputs: int) -> ResidualMLP:
        """Return the network."""

    def configure_nets(self) -> None:
        """Build the perceptron and the statistics of the keypoints."""
        pose, keypoints = (skeleton(self.hparams[k]) for k in ("skeleton", "keypoint_skeleton"))
        self.standardise_keypoints = Standardise(len(keypoints), 2)
        self.net = self.build(2 * len(keypoints), 3 * len(pose))

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take mean and standard deviation of the keypoints."""
        self.standardise_keypoints.fit(self.centred(keypoints))

    def centred(self, keypoints: Float[Tensor, "*batch K 2"]) -> Float[Tensor, "*batch K 2"]:
        """Return keypoints relative to their root, pixels."""
        return centre(keypoints, skeleton(self.hparams["keypoint_skeleton"]).root)

    def standard(self, keypoints: Float[Tensor, "B 1 K 2"]) -> Float[Tensor, "B inputs"]:
        """Return the standardised inputs of the network."""
        x = self.standardise_keypoints(self.centred(keypoints))
        dropout = self.hparams["keypoint_dropout"]
        if self.training and dropout:
            x = x * (torch.rand_like(x[..., :1]) >= dropout)
        return rearrange(x, "b 1 k c -> b (k c)")

    def configure_evaluation(self, data: PoseData, full: bool) -> FrameEvaluation:
        """Return the metrics of poses, or where there are none that of labels."""
        if data.has_poses:
            return super().configure_evaluation(data, full)
        return FrameEvaluation(data.actions, ["disagreement"])

    def evaluate(self, batch: PoseBatch) -> None:
        """Add the errors of lifted poses, or the percentage of pairs in another order than labelled."""
        if "pose" in batch or "pairs" not in batch:
            super().evaluate(batch)
            return
        assert self.evaluation is not None
        depth = self.lift(batch)[:, 0, :, 2]
        first, second = (depth.gather(1, batch["pairs"][..., i]) for i in (0, 1))
        wrong = (first - second).sign() != batch["farther"]
        where = batch["compared"]
        action = batch["action"][:, None].expand_as(where)
        self.evaluation.add({"disagreement": 100.0 * in_float64(wrong[where])}, action[where])
