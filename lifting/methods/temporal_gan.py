"""TemporalGAN: pose and root position of the centre frame of a window, from unpaired 2D and 3D.

No paper; the temporal model of a student project, after RepNet (Wandt and Rosenhahn, CVPR 2019) and
VideoPose3D (Pavllo et al., CVPR 2019).
Original code: https://github.com/bzhao96/3d-human-pose (video_gan_absolute)

@misc{zhao2019humanpose,
  title={3d-human-pose},
  author={bzhao96},
  howpublished={https://github.com/bzhao96/3d-human-pose}, year={2019}
}
"""

from collections.abc import Sequence
from math import prod
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.batch import PoseBatch
from lifting.cameras import Camera, undistort
from lifting.errors import InputError, Option, Phrase, wrong_value
from lifting.geometry import centre, in_float64
from lifting.losses.adversarial import depth_weighted_loss, symmetry_loss
from lifting.losses.poses import reprojection_loss, smoothness_loss
from lifting.methods.bases.adversarial import MOTION, Adversarial, Generated
from lifting.methods.bases.method import check_choice
from lifting.methods.bases.sequence_lifter import MILLIMETRES, masked_mean, on_screen
from lifting.methods.bases.trajectory_lifter import TrajectoryLifter
from lifting.nets.critic import MotionCritic
from lifting.nets.temporal_generator import TemporalGenerator


class TemporalGAN(TrajectoryLifter, Adversarial):
    """Two convolutions over time, one for the pose and one for the root position.

    Both together must project onto the keypoints through the true camera, so unlike RepNet's
    the scale of a person is seen, as far as its distance is: the critic knows how large people are, and
    the image then says how far away.

    Deviations from the original, each with the legacy value: an error in the image instead of one
    multiplied by the depth (``image: depth``, ``reprojection: 100``), which counts more and more
    (``reprojection_growth: 1``), larger inputs (``gain: 1``), all bones with the right sign
    (``legacy_bones: true``), ``n_critic: 5``, a schedule, and lens distortion, which it ignored.

    Args:
        taps: Frames of each convolution; their product is the receptive field.
        channels: Width of the hidden layers.
        gain: Factor on the root-relative keypoints that the pose is lifted from.
        image: What the reprojection measures: ``distance`` of joints from keypoints, in halves of the
            image's width, or the squared error times the ``depth``.
        motion: Weight of the score of a second critic, which looks at motions; 0 for none.
        motion_frames: Frames that it sees, as many as the data's ``chunk``.
        smoothness: Weight of the squared movement between the frames of a chunk.
        symmetry: Weight of the difference between left and right bones, in metres.
        **kwargs: See :class:`lifting.methods.bases.adversarial.Adversarial`.
    """

    slides = True
    generator: nn.ModuleDict

    def __init__(
        self,
        taps: Sequence[int] = (3, 3, 3),
        channels: int = 1000,
        gain: float = 5.0,
        image: str = "distance",
        motion: float = 0.0,
        motion_frames: int = 27,
        smoothness: float = 0.0,
        symmetry: float = 0.0,
        reprojection: float = 20.0,
        reprojection_growth: float = 10.0,
        **kwargs: Any,
    ) -> None:
        check_choice("image", image, ("distance", "depth"))
        if motion and (motion_frames < 3 or motion_frames % 2 == 0):
            raise wrong_value("model.motion_frames", motion_frames, "give odd numbers above 1.")
        super().__init__(
            reprojection=reprojection, reprojection_growth=reprojection_growth, **kwargs
        )

    @property
    def frames(self) -> int:
        """Input frames of a window."""
        return prod(self.hparams["taps"])

    def configure_generator(self) -> nn.Module:
        """Return the networks of pose and root."""
        h, joints = self.hparams, len(self.body)
        taps = list(h["taps"])
        if not taps or any(count < 1 or count % 2 == 0 for count in taps):
            raise wrong_value("model.taps", taps, "give odd numbers of frames.")
        shape = taps, h["channels"], h["slope"]
        return nn.ModuleDict(
            {
                "pose": TemporalGenerator(joints - 1, joints - 1, *shape),
                "root": TemporalGenerator(joints, 1, *shape),
            }
        )

    def _net(self, name: str) -> TemporalGenerator:
        return cast(TemporalGenerator, self.generator[name])

    def configure_nets(self) -> None:
        """Build generator and critics."""
        super().configure_nets()
        h = self.hparams
        if h["motion"]:
            self.critics[MOTION] = MotionCritic(
                self.body, h["motion_frames"], h["critic_width"], h["slope"]
            )

    def critic_weights(self) -> dict[str, float]:
        """Return the weight of each critic's score in the generator's loss."""
        motion = self.hparams["motion"]
        return super().critic_weights() | ({MOTION: motion} if motion else {})

    def setup(self, stage: str) -> None:
        """Check that examples are as long as the options need.

        Raises:
            InputError: If they are not; it names the options.
        """
        super().setup(stage)
        h = self.hparams
        chunk = self.trainer.datamodule.train_windows.chunk  # type: ignore[attr-defined]
        if h["motion"] and chunk != h["motion_frames"]:
            what = f"--data.chunk is {chunk}, --model.motion_frames {h['motion_frames']}"
            raise InputError(f"{what}: make them the same, as the critic of motions sees chunks.")
        if h["smoothness"] and chunk < 2:
            raise InputError(
                Phrase(
                    "{} needs several frames: set {} to 2 or more.",
                    Option("model.smoothness"),
                    Option("data.chunk"),
                )
            )

    def initialise_at(self, poses: Float[Tensor, "frames J 3"]) -> None:
        """Let the untrained generator predict the mean pose at the mean root position."""
        root = self.body.root
        mean = centre(in_float64(poses), root).mean(0).float().to(poses.device)
        self._net("pose").initialise_at(self.without_root(mean))
        place = in_float64(poses[:, root]).mean(0).float().to(poses.device)
        self._net("root").initialise_at(place[None])

    def lift_to_metres(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B C J 3"]:
        """Lift to root-relative metres."""
        x = self.without_root(centre(on_screen(keypoints, camera), self.body.root))
        return self.with_root(self._windows(self._net("pose"), self.hparams["gain"] * x))

    def trajectory(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B C 3"]:
        """Return root positions, camera frame, millimetres."""
        x = on_screen(keypoints, camera)
        return MILLIMETRES * self._windows(self._net("root"), x).squeeze(2)

    def generate(self, batch: PoseBatch) -> Generated:
        """Lift windows, and find the root."""
        seen = batch["keypoints"], batch["camera"]
        return Generated(self.lift_to_metres(*seen), self.trajectory(*seen) / MILLIMETRES)

    def observation_losses(self, generated: Generated, batch: PoseBatch) -> dict[str, Tensor]:
        """Return the error of the image, and what the options say of motion and symmetry."""
        h = self.hparams
        losses = {"reprojection": self._image_error(generated, batch)}
        if h["smoothness"]:
            ones = torch.ones(len(self.body)).to(generated.pose)
            moved = smoothness_loss(generated.pose + generated.view[:, :, None], ones)
            both = batch["valid"][:, 1:] & batch["valid"][:, :-1]
            losses["smoothness"] = h["smoothness"] * masked_mean(moved, both)
        if h["symmetry"]:
            gap = symmetry_loss(generated.pose, self.body.bones, self.body.mirror)
            losses["symmetry"] = h["symmetry"] * gap.mean()
        return losses

    def _image_error(self, generated: Generated, batch: PoseBatch) -> Tensor:
        chunk, camera = generated.pose.shape[1], batch["camera"]
        begin = self.frames // 2
        seen = batch["keypoints"][:, begin : begin + chunk]
        points = generated.pose + generated.view[:, :, None]
        if self.hparams["image"] == "distance":
            error = reprojection_loss(MILLIMETRES * points, seen, camera)
        else:
            every = camera.map(lambda x: x[:, None].expand(-1, chunk, *x.shape[1:]))
            plane = (seen - every.principal[:, :, None]) / every.focal[:, :, None]
            rays = undistort(plane, every)
            error = depth_weighted_loss(points, rays, 2 * every.focal / every.size[..., :1])
        return masked_mean(error, batch["valid"])
