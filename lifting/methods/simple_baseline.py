"""SimpleBaseline: one frame in, one pose out, through a residual perceptron.

Paper: A simple yet effective baseline for 3d human pose estimation. https://arxiv.org/abs/1705.03098
Official code (TensorFlow 1): https://github.com/una-dinosauria/3d-pose-baseline

@inproceedings{martinez2017simple,
  title={A simple yet effective baseline for 3d human pose estimation},
  author={Martinez, Julieta and Hossain, Rayat and Romero, Javier and Little, James J.},
  booktitle={ICCV}, year={2017}
}
"""

from typing import Any

from einops import rearrange
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.methods.bases.lifter import Lifter
from lifting.nets.residual_mlp import ResidualMLP
from lifting.nets.standardise import Standardise
from lifting.on_device import indices
from lifting.skeletons import skeleton


class SimpleBaseline(Lifter):
    """Martinez et al., ICCV 2017: standardised pixels to standardised root-relative millimetres.

    Deviations from the paper: a cosine schedule that ends at zero in place of a decay that hardly
    moves (``schedule: exponential``), mirrored training examples (``flip: 0`` of the data), batch
    normalisation and initialisation of torch (``legacy: true``), no max-norm (``max_norm: true``).
    The original's 16 joints in, 16 out: ``keypoint_skeleton: h36m16``, ``predict_root: false``.

    Args:
        width: Width of the hidden layers.
        blocks: Residual blocks.
        dropout: Fraction of hidden values dropped in training.
        predict_root: Whether the root, which is always zero, is among the outputs.
        max_norm: Limit the norm of every weight matrix to one, after each step (the original did it
            inside each forward pass).
        legacy: The original's batch normalisation and initialisation.
        **kwargs: See :class:`lifting.methods.bases.lifter.Lifter`.
    """

    single_frame = True
    sees_pixels = True

    def __init__(
        self,
        width: int = 1024,
        blocks: int = 2,
        dropout: float = 0.5,
        predict_root: bool = True,
        max_norm: bool = False,
        legacy: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the perceptron and the statistics of both sides."""
        h = self.hparams
        pose, keypoints = skeleton(h["skeleton"]), skeleton(h["keypoint_skeleton"])
        self.joints = [j for j in range(len(pose)) if h["predict_root"] or j != pose.root]
        self.standardise_keypoints = Standardise(len(keypoints), 2)
        self.standardise_pose = Standardise(len(pose), 3)
        self.net = ResidualMLP(
            inputs=2 * len(keypoints),
            outputs=3 * len(self.joints),
            **self.options("width", "blocks", "dropout", "legacy"),
        )

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take mean and standard deviation of every coordinate.

        Raises:
            InputError: If there are no poses.
        """
        self.standardise_keypoints.fit(keypoints)
        self.standardise_pose.fit(self.required_poses(pose))

    def _standard_pose(self, keypoints: Float[Tensor, "B 1 K 2"]) -> Float[Tensor, "B 1 J 3"]:
        flat = rearrange(self.standardise_keypoints(keypoints), "b 1 k c -> b (k c)")
        out = rearrange(self.net(flat).float(), "b (j c) -> b 1 j c", c=3)
        pose = out.new_zeros(out.shape[0], 1, len(self.standardise_pose.mean), 3)
        pose[:, :, indices(self.joints, out.device)] = out
        return pose

    def forward(
        self, keypoints: Float[Tensor, "B 1 K 2"], camera: Camera
    ) -> Float[Tensor, "B 1 J 3"]:
        """Lift single frames."""
        return self.standardise_pose.inverse(self._standard_pose(keypoints))

    def objective(self, batch: PoseBatch) -> dict[str, Tensor]:
        """Return the mean squared error of standardised coordinates (section 3.2 of the paper)."""
        target = self.standardise_pose(self.target(batch))
        return {"loss": functional.mse_loss(self._standard_pose(batch["keypoints"]), target)}

    def on_train_batch_end(self, outputs: Any, batch: PoseBatch, batch_idx: int) -> None:
        """Apply the original's max-norm, if asked."""
        if self.hparams["max_norm"]:
            self.net.clip_weights()
