"""RelativeDepthTwin: the supervised twin of :class:`lifting.methods.relative_depth.RelativeDepth`.

Paper: It's all Relative: Monocular 3D Human Pose Estimation from Weakly Supervised Data (its baseline).
https://arxiv.org/abs/1805.06880
Official code: https://github.com/matteorr/rel_3d_pose

@inproceedings{ronchi2018relative,
  title={It's all Relative: Monocular 3D Human Pose Estimation from Weakly Supervised Data},
  author={Ronchi, Matteo Ruggero and Mac Aodha, Oisin and Eng, Robert and Perona, Pietro},
  booktitle={BMVC}, year={2018}
}
"""

from typing import Any

from einops import rearrange
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.methods.bases.relative_depth_base import RelativeDepthBase
from lifting.nets.residual_mlp import ResidualMLP
from lifting.nets.standardise import Standardise
from lifting.skeletons import skeleton


class RelativeDepthTwin(RelativeDepthBase):
    """The same perceptron, of one block, trained on 3D poses.

    Deviations from the paper: the squared error of standardised coordinates (``standard: false``: of
    millimetres, in which the wrists outweigh the hips), a cosine schedule.

    Args:
        standard: Take the error of standardised coordinates.
        **kwargs: See :class:`lifting.methods.bases.relative_depth_base.RelativeDepthBase`.
    """

    def __init__(self, standard: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def build(self, inputs: int, outputs: int) -> ResidualMLP:
        """Return the perceptron."""
        h = self.hparams
        return ResidualMLP(inputs, outputs, h["width"], h["blocks"], h["dropout"])

    def configure_nets(self) -> None:
        """Build the perceptron and the statistics of both sides."""
        super().configure_nets()
        self.standardise_pose = Standardise(len(skeleton(self.hparams["skeleton"])), 3)

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take mean and standard deviation of every coordinate.

        Raises:
            InputError: If there are no poses.
        """
        super().fit_statistics(keypoints, pose)
        self.standardise_pose.fit(self.required_poses(pose))

    def _standard_pose(self, keypoints: Float[Tensor, "B 1 K 2"]) -> Float[Tensor, "B 1 J 3"]:
        out = self.net(self.standard(keypoints)).float()
        return rearrange(out, "b (j c) -> b 1 j c", c=3)

    def forward(
        self, keypoints: Float[Tensor, "B 1 K 2"], camera: Camera
    ) -> Float[Tensor, "B 1 J 3"]:
        """Lift single frames."""
        return self.standardise_pose.inverse(self._standard_pose(keypoints))

    def objective(self, batch: PoseBatch) -> dict[str, Tensor]:
        """Return the mean squared error."""
        pred, target = self._standard_pose(batch["keypoints"]), self.target(batch)
        if self.hparams["standard"]:
            target = self.standardise_pose(target)
        else:
            pred = self.standardise_pose.inverse(pred)
        return {"loss": functional.mse_loss(pred, target)}
