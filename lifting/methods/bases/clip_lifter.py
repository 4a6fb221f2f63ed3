"""Base class of lifters of whole clips that see confidences, and may speak the units of the image."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.cameras import Camera, project
from lifting.errors import InputError
from lifting.geometry import centre, with_mean_bone
from lifting.losses.poses import joint_distance, scaled_joint_distance, velocity_loss
from lifting.methods.bases.method import check_choice
from lifting.methods.bases.sequence_lifter import MILLIMETRES, masked_mean, on_screen
from lifting.methods.bases.standardised_lifter import StandardisedLifter
from lifting.nets.head_scale import MEAN_BONE
from lifting.skeletons import skeleton

TARGETS = ("metric", "image", "absolute")
CONFIDENCES = ("one", "seen", "scores")


class ClipLifter(StandardisedLifter):
    """A lifter of all frames of a clip, from keypoints and their confidence.

    MotionBERT and those after it estimate poses whose x and y are those of the image and whose depth is
    in the same unit (``target: image``). That says nothing of a person's size: what makes millimetres
    of it here is the mean length of its bones, frame by frame, where the publications take the scale of
    the truth. ``target: metric`` learns the size of people, too.

    Args:
        target: What the network's output is: ``metric``, root-relative, in a fixed unit; ``image``, x
            and y those of the screen, relative to the root, depth in the same unit; or ``absolute``,
            the same with x and y where the screen has them.
        unit: Millimetres of one unit of the output, if it is metric.
        bone: Mean bone length, millimetres, of people whose output is of the image; of Human3.6M's
            training subjects unless given.
        confidence: The third coordinate of a keypoint: ``one`` throughout; ``seen``, 1 where it is seen,
            0 like its x and y where it is not; or ``scores``, those of the detector as they are.
        scale_free: Weight of the error under each frame's best scale.
        velocity: Weight of the error of the movement from frame to frame.
        **kwargs: See :class:`lifting.methods.bases.standardised_lifter.StandardisedLifter`.

    Raises:
        InputError: If there is no such target or confidence, a length is not above zero, or scores are
            to be seen in the view of the person.
    """

    seq2seq = True
    same_joints = True

    def __init__(
        self,
        target: str = "metric",
        unit: float = MILLIMETRES,
        bone: float = MEAN_BONE,
        confidence: str = "one",
        scale_free: float = 0.5,
        velocity: float = 20.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        h = self.hparams
        check_choice("target", h["target"], TARGETS)
        check_choice("confidence", h["confidence"], CONFIDENCES)
        for length in ("unit", "bone"):
            if not h[length] > 0:
                raise InputError(f"{length} is {h[length]} mm: give a length above zero.")
        if h["confidence"] == "scores" and self.in_person_view:
            what = "The view of the person has no scores of detectors"
            raise InputError(f"{what}: set --model.confidence seen, or --model.view image.")

    @property
    def takes_missing(self) -> bool:
        """Whether the network is told which keypoints are not seen."""
        return bool(self.hparams["confidence"] == "seen")

    def seen(self, batch: PoseBatch) -> Float[Tensor, "B T K inputs"]:
        """Return keypoints, with their scores behind them if the network sees those."""
        if self.hparams["confidence"] != "scores":
            return super().seen(batch)
        return torch.cat([batch["keypoints"], batch["confidence"][..., None]], -1)

    def relative(self, x: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B T K 2"]:
        """Return keypoints relative to their root, or to the mean of those that are seen without it."""
        if not self.takes_missing:
            return super().relative(x)
        root = skeleton(self.hparams["keypoint_skeleton"]).root
        place = x[:, :, [root]]
        relative = x - place.where(~place.isnan(), x.nanmean(2, keepdim=True))
        relative[:, :, root] = x[:, :, root]
        return relative

    def network_input(
        self, keypoints: Float[Tensor, "B T K inputs"], camera: Camera
    ) -> Float[Tensor, "B T K 3"]:
        """Map pixels to coordinates and confidence, which is 1 where nothing is said of it."""
        x = on_screen(keypoints[..., :2], camera)
        missing = x.isnan().any(-1, keepdim=True)
        if self.hparams["standardise"]:
            x = self.standardise_keypoints(self.relative(x))
        if keypoints.shape[-1] > 2:
            return torch.cat([x, keypoints[..., 2:]], -1)
        if not self.takes_missing:
            return torch.cat([x, torch.ones_like(x[..., :1])], -1)
        return torch.cat([x.where(~missing, 0.0), (~missing).to(x)], -1)

    def output(
        self, keypoints: Float[Tensor, "B T K inputs"], camera: Camera
    ) -> Float[Tensor, "B T J 3"]:
        """Return what the network says, in its own unit."""
        return self._windows(self.net, self.network_input(keypoints, camera))

    def expected_output(self, batch: PoseBatch) -> Float[Tensor, "B T J 3"]:
        """Return what the network should say of a batch, in its own unit."""
        h = self.hparams
        relative = self.target(batch)
        if h["target"] == "metric":
            return relative / h["unit"]
        pose, camera = batch["pose"], batch["camera"]
        root = skeleton(h["skeleton"]).root
        pixels = project(pose.flatten(1, 2), camera).view_as(pose[..., :2])
        xy = on_screen(pixels, camera)
        if h["target"] == "image":
            xy = centre(xy, root)
        # Halves of the image's width that a millimetre beside the root is wide, (B, T).
        size = 2 * camera.focal.mean(-1) / camera.size[:, 0]
        scale = size[:, None] / pose[:, :, root, 2]
        return torch.cat([xy, relative[..., 2:] * scale[..., None, None]], -1)

    def lift_to_metres(
        self, keypoints: Float[Tensor, "B T K inputs"], camera: Camera
    ) -> Float[Tensor, "B T J 3"]:
        """Lift to metres, the root as the network predicts it, or at zero if its unit is the image's."""
        h, out = self.hparams, self.output(keypoints, camera)
        if h["target"] == "metric":
            return out * (h["unit"] / MILLIMETRES)
        body = skeleton(h["skeleton"])
        if h["target"] == "absolute":
            out = centre(out, body.root)
        else:
            out = out.clone()
            out[:, :, body.root] = 0
        return with_mean_bone(out, body.bones, out.new_full((), h["bone"] / MILLIMETRES))

    def objective(self, batch: PoseBatch) -> dict[str, Tensor]:
        """Return MPJPE, N-MPJPE and velocity of frames that are no padding, in the output's unit."""
        h, valid = self.hparams, batch["valid"]
        pred = self.output(batch["keypoints"], batch["camera"])
        target = self.expected_output(batch)
        steps = valid[:, 1:] & valid[:, :-1]
        position = masked_mean(joint_distance(pred, target), valid)
        scale_free = masked_mean(scaled_joint_distance(pred, target), valid)
        velocity = masked_mean(velocity_loss(pred, target), steps)
        loss = position + h["scale_free"] * scale_free + h["velocity"] * velocity
        return {"loss": loss}
