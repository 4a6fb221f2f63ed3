"""MixSTE: attention over joints and over frames in turn, a pose for every frame of the window.

Paper: MixSTE: Seq2seq Mixed Spatio-Temporal Encoder for 3D Human Pose Estimation in Video.
https://arxiv.org/abs/2203.00859
Official code: https://github.com/JinluZhang1126/MixSTE

@inproceedings{zhang2022mixste,
  title={MixSTE: Seq2seq Mixed Spatio-Temporal Encoder for 3D Human Pose Estimation in Video},
  author={Zhang, Jinlu and Tu, Zhigang and Yang, Jianyu and Chen, Yujin and Yuan, Junsong},
  booktitle={CVPR}, year={2022}
}
"""

from typing import Any

import torch
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.errors import wrong_value
from lifting.losses.poses import joint_distance, smoothness_loss, velocity_loss
from lifting.methods.bases.sequence_lifter import MILLIMETRES, masked_mean
from lifting.methods.bases.standardised_lifter import StandardisedLifter
from lifting.nets.mixste import MixSTENet
from lifting.skeletons import skeleton

# How much a joint counts in the loss, by its name without the side; others count 1.
JOINT_WEIGHTS = {"knee": 2.5, "ankle": 2.5, "head": 1.5, "shoulder": 1.5, "elbow": 4, "wrist": 4}


class MixSTE(StandardisedLifter):
    """Zhang et al., CVPR 2022.

    Deviations from the official code: standardised keypoints (``standardise: false``), and positions
    that tell joints and frames apart from the first step on, where the original begins with none
    (``position_std: 0``); the gradient is that of the loss, not of half its square
    (``scaled_gradient: true``); a cosine schedule (``schedule: exponential``, ``lr_decay: 0.99``); the
    frames that two windows of a test share count once; padding behind a clip that is shorter than a
    window does not count.

    Args:
        frames: Frames of a window, all of which are predicted.
        width: Width of the tokens.
        depth: Levels of one spatial and one temporal block each.
        heads: Attention heads.
        drop_path: Probability that a branch of the last level is dropped in training.
        smoothness: Weight of the squared movement from frame to frame.
        velocity: Weight of the error of the movement.
        sdpa: Torch's fused attention instead of an explicit one.
        position_std: Standard deviation that the embeddings of positions begin with. The default is
            about that of embedded keypoints, so that neither drowns the other.
        scaled_gradient: Legacy: scale the gradient by the loss, which is then half the square of what
            it is otherwise.
        **kwargs: See :class:`lifting.methods.bases.standardised_lifter.StandardisedLifter`.

    Raises:
        InputError: If keypoints and poses have different joints.
    """

    seq2seq = True
    same_joints = True

    def __init__(
        self,
        frames: int = 243,
        width: int = 512,
        depth: int = 8,
        heads: int = 8,
        drop_path: float = 0.1,
        smoothness: float = 0.5,
        velocity: float = 2.0,
        sdpa: bool = True,
        position_std: float = 0.5,
        scaled_gradient: bool = False,
        **kwargs: Any,
    ) -> None:
        if position_std < 0:
            raise wrong_value("model.position_std", position_std, "give 0 or more.")
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the encoder."""
        super().configure_nets()
        body = skeleton(self.hparams["skeleton"])
        size = "frames", "width", "depth", "heads"
        options = self.options(*size, "drop_path", "sdpa", "position_std")
        self.net = MixSTENet(joints=len(body), **options)
        weights = [JOINT_WEIGHTS.get(joint.split("_")[-1], 1.0) for joint in body.joints]
        self.register_buffer("joint_weights", torch.tensor(weights), persistent=False)

    def objective(self, batch: PoseBatch) -> dict[str, Tensor]:
        """Return weighted MPJPE in metres, smoothness and velocity (equation 6 of the paper)."""
        pred = self.lift_to_metres(batch["keypoints"], batch["camera"])
        target = self.target(batch) / MILLIMETRES
        valid = batch["valid"]
        steps = valid[:, 1:] & valid[:, :-1]
        assert isinstance(self.joint_weights, Tensor)
        loss = (
            masked_mean(joint_distance(pred, target, self.joint_weights), valid)
            + self.hparams["smoothness"]
            * masked_mean(smoothness_loss(pred, self.joint_weights), steps)
            + self.hparams["velocity"] * masked_mean(velocity_loss(pred, target), steps)
        )
        if self.hparams["scaled_gradient"]:
            # Its gradient is that of the loss times the loss.
            return {"loss": loss.square() / 2, "unscaled": loss}
        return {"loss": loss}
