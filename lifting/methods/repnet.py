"""RepNet: one frame in, a pose and a weak-perspective camera out, from unpaired 2D and 3D.

Paper: RepNet: Weakly Supervised Training of an Adversarial Reprojection Network for 3D Human Pose
Estimation. https://arxiv.org/abs/1902.09868
Official code: https://github.com/bastianwandt/RepNet

@inproceedings{wandt2019repnet,
  title={RepNet: Weakly Supervised Training of an Adversarial Reprojection Network for 3D Human Pose
         Estimation},
  author={Wandt, Bastian and Rosenhahn, Bodo},
  booktitle={CVPR}, year={2019}
}
"""

from typing import Any

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.geometry import bone_lengths, centre, in_float64, with_mean_bone
from lifting.losses.adversarial import camera_loss
from lifting.methods.bases.adversarial import Adversarial, Generated
from lifting.methods.bases.method import check_choice
from lifting.methods.bases.sequence_lifter import MILLIMETRES, on_screen
from lifting.nets.fp32 import no_autocast
from lifting.nets.head_scale import MEAN_BONE
from lifting.nets.repnet import RepNetGenerator


class RepNet(Adversarial):
    """Wandt and Rosenhahn, CVPR 2019.

    The camera has a scale of its own, so keypoints say nothing about the size of a person. That of the
    predictions, like their turn about the camera's axis, comes from the critic, whose poses are in
    metres: it is the size of the prior's people.

    Deviations from the paper: all bones from a parent to its child, with the right sign
    (``legacy_bones: true``), a reprojection that counts more and more (``reprojection_growth: 1``),
    predictions of one size (``size: predicted``), in place of the mean joint the root at zero in 2D as
    in 3D, schedule and learning rate, and no mirrored y axis. As in 3d-human-pose
    (github.com/bzhao96/3d-human-pose): ``normalise: global``, ``n_critic: 5``, ``reprojection: 1.0e4``,
    ``reprojection_growth: 1``. As in the paper's code: ``slope: 0.3``, ``activate: false``,
    ``camera_absolute: true``, ``reprojection: 1``.

    Args:
        normalise: ``frame`` divides the keypoints of each frame by their deviation from the root;
            ``global`` takes them in halves of the image's width.
        camera: Weight of :func:`lifting.losses.adversarial.camera_loss`.
        camera_absolute: Its variant in the paper's code.
        size: ``prior`` gives every prediction the mean bone of the prior, which is all there is to know
            of its size; ``predicted`` leaves what comes out, which for a pose unlike those of training
            can be a hundred metres tall.
        width: Width of the generator's hidden layers.
        **kwargs: See :class:`lifting.methods.bases.adversarial.Adversarial`.
    """

    single_frame = True
    generator: RepNetGenerator
    mean_bone: Tensor

    def __init__(
        self,
        normalise: str = "frame",
        camera: float = 1.0,
        camera_absolute: bool = False,
        size: str = "prior",
        width: int = 1000,
        reprojection: float = 50.0,
        reprojection_growth: float = 10.0,
        **kwargs: Any,
    ) -> None:
        check_choice("normalise", normalise, ("frame", "global"))
        check_choice("size", size, ("prior", "predicted"))
        super().__init__(
            reprojection=reprojection, reprojection_growth=reprojection_growth, **kwargs
        )

    @property
    def frames(self) -> int:
        """Input frames of a window."""
        return 1

    def configure_nets(self) -> None:
        """Build generator and critic."""
        super().configure_nets()
        self.register_buffer("mean_bone", torch.tensor(MEAN_BONE))

    def configure_generator(self) -> RepNetGenerator:
        """Return the lifter with its camera network."""
        h = self.hparams
        return RepNetGenerator(len(self.body) - 1, h["width"], h["slope"])

    def take_prior(self, poses: Float[Tensor, "frames J 3"]) -> None:
        """Look at the size of the prior's people."""
        super().take_prior(poses)
        self.mean_bone.copy_(bone_lengths(poses, self.body.bones).mean() * MILLIMETRES)

    def initialise_at(self, poses: Float[Tensor, "frames J 3"]) -> None:
        """Let the untrained generator predict the mean pose."""
        mean = centre(in_float64(poses), self.body.root).mean(0).float().to(poses.device)
        self.generator.initialise_at(self.without_root(mean))

    def normalised(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "frames others 2"]:
        """Return root-relative keypoints as the network sees them, frame by frame."""
        x = centre(on_screen(keypoints, camera), self.body.root)
        x = self.without_root(x).flatten(0, 1)
        if self.hparams["normalise"] == "global":
            return x
        return x / x.square().mean((-2, -1), keepdim=True).sqrt().clamp_min(1e-6)

    def generate(self, batch: PoseBatch) -> Generated:
        """Lift single frames, and find a camera for each."""
        x = self.normalised(batch["keypoints"], batch["camera"])
        pose, camera = self.generator(x)
        return Generated(self.with_root(pose)[:, None], camera)

    def observation_losses(self, generated: Generated, batch: PoseBatch) -> dict[str, Tensor]:
        """Return the error of the image, and how far its camera is from a scaled orthographic one."""
        h = self.hparams
        x = self.normalised(batch["keypoints"], batch["camera"])
        with no_autocast(x):
            image = self.without_root(generated.pose[:, 0]) @ generated.view
        return {
            "reprojection": (image - x).square().mean(),
            "camera": h["camera"] * camera_loss(generated.view, h["camera_absolute"]).mean(),
        }

    def lift_to_metres(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B T J 3"]:
        """Lift to root-relative metres."""
        pose = self.with_root(self.generator.lift(self.normalised(keypoints, camera)))
        if self.hparams["size"] == "prior":
            pose = with_mean_bone(pose, self.body.bones, self.mean_bone / MILLIMETRES)
        return rearrange(pose, "(b t) j d -> b t j d", t=keypoints.shape[1])
