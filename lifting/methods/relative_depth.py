"""RelativeDepth: lifting learnt from which of two joints is farther from the camera.

Paper: It's all Relative: Monocular 3D Human Pose Estimation from Weakly Supervised Data.
https://arxiv.org/abs/1805.06880
Official code: https://github.com/matteorr/rel_3d_pose

@inproceedings{ronchi2018relative,
  title={It's all Relative: Monocular 3D Human Pose Estimation from Weakly Supervised Data},
  author={Ronchi, Matteo Ruggero and Mac Aodha, Oisin and Eng, Robert and Perona, Pietro},
  booktitle={BMVC}, year={2018}
}
"""

from typing import Any

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.geometry import bone_lengths, centre, in_float64, with_mean_bone
from lifting.losses.poses import limb_ratio_loss, ranking_loss, smooth_norm
from lifting.methods.bases.method import check_choice
from lifting.methods.bases.relative_depth_base import RelativeDepthBase
from lifting.nets.residual_mlp import RelativeDepthNet
from lifting.skeletons import skeleton
from lifting.skeletons.limbs import average_person, limbs, unit_limb

# Scales of a person who stands a metre from a camera or farther, in 1 / mm.
_NEAREST = 1e-3
# The lower leg of an average person, millimetres.
_LOWER_LEG = 445.58


class RelativeDepth(RelativeDepthBase):
    """Ronchi et al., BMVC 2018. Of the training poses only their mean limb lengths are seen.

    The keypoints must be of the joints of the poses, as each joint must project onto its keypoint. The
    labels come with the data: simulated (``depth_labels``), or given by people
    (:class:`datamodules.LSP`). The scale of a person cannot be seen: poses are returned with limbs as
    long, in the mean, as those of the training subjects.

    Deviations from the paper: the predicted root is subtracted (``root: 1``: pulled to zero, which
    shakes all the other joints), a cosine schedule, and mirrored examples (``flip`` of the data). Every
    pair that a frame has goes into a step (``per_step: 1`` of the labels).

    Args:
        ranking: Weight of :func:`lifting.losses.poses.ranking_loss`.
        multiplier: Its factor on depths.
        detach: Let no gradient through its mean of depths.
        reprojection: Weight of the distance of projected joints from the keypoints, pixels.
        camera: How joints are projected: ``scaled_orthographic``, or ``weak_perspective`` with the
            camera's known focal length.
        root: Weight of the distance of the predicted root from zero, millimetres; where it is 0 the root
            is subtracted instead.
        limb: Weight of :func:`lifting.losses.poses.limb_ratio_loss`.
        limb_ratios: Whose limbs: ``data``, the mean of the training subjects; ``person``, an average
            person; or ``own``, those of the very pose.
        **kwargs: See :class:`lifting.methods.bases.relative_depth_base.RelativeDepthBase`.

    Raises:
        InputError: If one of the options is none of those above.
    """

    net: RelativeDepthNet
    ratios: Tensor
    mean_limb: Tensor

    def __init__(
        self,
        ranking: float = 1.0,
        multiplier: float = 2.5,
        detach: bool = False,
        reprojection: float = 0.1,
        camera: str = "scaled_orthographic",
        root: float = 0.0,
        limb: float = 1.0,
        limb_ratios: str = "data",
        **kwargs: Any,
    ) -> None:
        check_choice("camera", camera, ("scaled_orthographic", "weak_perspective"))
        check_choice("limb_ratios", limb_ratios, ("data", "person", "own"))
        super().__init__(**kwargs)
        h = self.hparams
        if h["skeleton"] != h["keypoint_skeleton"]:
            raise InputError(
                f"RelativeDepth projects joints onto keypoints, but the poses are {h['skeleton']}: set "
                f"--data.pose_skeleton and --model.skeleton to {h['keypoint_skeleton']}."
            )

    def build(self, inputs: int, outputs: int) -> RelativeDepthNet:
        """Return the perceptron with its two heads."""
        h = self.hparams
        return RelativeDepthNet(inputs, outputs, h["width"], h["blocks"], h["dropout"])

    def configure_nets(self) -> None:
        """Build the network, and the buffers of limbs."""
        super().configure_nets()
        name = self.hparams["skeleton"]
        self.limbs, self.unit = limbs(name), unit_limb(name)
        self.register_buffer("ratios", torch.ones(len(self.limbs)))
        self.register_buffer("mean_limb", torch.tensor(0.0))

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take the statistics of keypoints, and mean limb lengths where they are asked for.

        Raises:
            InputError: If there are no poses to take them from.
        """
        h = self.hparams
        super().fit_statistics(keypoints, pose)
        if h["start_from"] is not None:
            # That checkpoint has limbs, which data without poses could not give.
            return
        if h["limb_ratios"] == "person":
            self.ratios.copy_(average_person(h["skeleton"]))
            self.mean_limb.copy_(self.ratios.mean() * _LOWER_LEG)
            return
        if pose is None:
            raise InputError(
                "There are no 3D poses to take mean limb lengths from: set --model.limb_ratios person, "
                "or name a checkpoint that knows them with --model.start_from."
            )
        lengths = in_float64(bone_lengths(pose, self.limbs)).mean(0)
        self.ratios.copy_(lengths / lengths[self.unit])
        self.mean_limb.copy_(lengths.mean())

    def forward(
        self, keypoints: Float[Tensor, "B 1 K 2"], camera: Camera
    ) -> Float[Tensor, "B 1 J 3"]:
        """Lift single frames."""
        pose = rearrange(self.net(self.standard(keypoints)).float(), "b (j c) -> b 1 j c", c=3)
        pose = centre(pose, skeleton(self.hparams["skeleton"]).root)
        return with_mean_bone(pose, self.limbs, self.mean_limb)

    def objective(self, batch: PoseBatch) -> dict[str, Tensor]:
        """Return order, projection, root and limbs, and their weighted sum.

        Raises:
            InputError: If the data hold no relative-depth labels.
        """
        if "pairs" not in batch:
            raise InputError(
                "RelativeDepth learns from relative-depth labels, and the data hold none: simulate "
                "them with --data.depth_labels, or name the --data.annotations of people."
            )
        h = self.hparams
        out, scale = self.net.pose_and_scale(self.standard(batch["keypoints"]))
        pose = rearrange(out.float(), "b (j c) -> b j c", c=3)
        root = skeleton(h["skeleton"]).root
        if not h["root"]:
            pose = centre(pose, root)
        depth = pose[..., 2]
        first, second = (depth.gather(1, batch["pairs"][..., i]) for i in (0, 1))
        terms = {
            "ranking": ranking_loss(
                first - second, batch["farther"], batch["compared"], h["multiplier"], h["detach"]
            ),
            "reprojection": self._reprojection(pose, scale.float(), batch),
            "root": smooth_norm(pose[:, root]).mean(),
            "limb": limb_ratio_loss(pose, self.limbs, self.unit, self._ratios(batch)).mean(),
        }
        total = torch.stack([h[name] * value for name, value in terms.items()]).sum()
        return terms | {"loss": total}

    def _reprojection(self, pose: Tensor, scale: Tensor, batch: PoseBatch) -> Tensor:
        seen = self.centred(batch["keypoints"])[:, 0]
        if self.hparams["camera"] == "scaled_orthographic":
            projected = scale[:, None, None] * pose[..., :2]
        else:
            depth = pose[..., 2:] + 1 / (_NEAREST * scale[:, None, None])
            projected = batch["camera"].focal[:, None] * pose[..., :2] / depth
        return smooth_norm(projected - seen).mean()

    def _ratios(self, batch: PoseBatch) -> Tensor:
        if self.hparams["limb_ratios"] != "own":
            return self.ratios
        lengths = bone_lengths(self.target(batch)[:, 0], self.limbs)
        return lengths / lengths[:, self.unit : self.unit + 1]
