"""Completion of hidden keypoints by a flow over 2D poses, as hypotheses that are lifted one by one."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.methods import Lifter, PoseFlows
from lifting.nets.conditional_draws import conditional_draws, nearest_poses
from lifting.nets.head_scale import DISTANCE
from lifting.nets.part_lifters import FULL
from lifting.on_device import indices
from lifting.skeletons import skeleton

# Samples of the flow among which chains find where to begin.
BANK = 16384


class Hypotheses(NamedTuple):
    """Whole poses that agree with the keypoints that are seen.

    Attributes:
        pose: Root-relative poses ``(B, D, J, 3)``, millimetres, camera frame.
        keypoints: What they were lifted from, ``(B, D, K, 2)``, pixels.
        nll: Negative log-likelihood of these under the flow, nats.
    """

    pose: Tensor
    keypoints: Tensor
    nll: Tensor

    @property
    def mean(self) -> Float[Tensor, "B J 3"]:
        """The mean of the poses."""
        return self.pose.mean(1)

    @property
    def spread(self) -> Float[Tensor, "B J"]:
        """The root mean square distance of each joint from its mean, millimetres."""
        return (self.pose - self.mean[:, None]).square().sum(-1).mean(1).sqrt()


class FlowCompletion:
    """A lifter of single frames that sees draws of the keypoints that are hidden.

    Hidden keypoints are drawn from the flow's density given those that are seen, and every draw is
    lifted: no network is trained for it, and any keypoints but the root may be hidden.

    Args:
        lifter: The lifter.
        flows: Flows with one over the full pose, trained on keypoints of the same joint set.
        draws: Draws of each pose.
        steps: Steps of each chain.
        seed: Seed of the draws.

    Raises:
        InputError: If the two do not fit.
    """

    def __init__(
        self, lifter: Lifter, flows: PoseFlows, draws: int = 16, steps: int = 20, seed: int = 0
    ) -> None:
        joints = lifter.hparams["keypoint_skeleton"]
        if lifter.frames > 1:
            what = f"{type(lifter).__name__} lifts {lifter.frames} frames"
            raise InputError(what, remedy="name a lifter of single frames.")
        if FULL not in flows.flows or flows.hparams["keypoint_skeleton"] != joints:
            what = f"The flows are over {', '.join(flows.flows)} of "
            what += f"{flows.hparams['keypoint_skeleton']}"
            raise InputError(what, remedy=f"name a flow over the full pose of {joints}.")
        if lifter.in_person_view or flows.in_person_view:
            what = "Keypoints are drawn in the image"
            raise InputError(what, remedy="name a lifter and a flow that see it (view: image).")
        self.lifter, self.flows = lifter, flows
        self.root = skeleton(joints).root
        self.draws, self.steps = draws, steps
        self.generator = Generator().manual_seed(seed)
        sample = flows.flow(FULL).sample(BANK, generator=self.generator)
        self.bank = sample.unflatten(1, (-1, 2))

    def _nll(self, poses: Tensor) -> Tensor:
        return self.flows.flow(FULL)(poses.flatten(1))

    def complete(
        self, keypoints: Float[Tensor, "B K 2"], hidden: list[int], camera: Camera
    ) -> Hypotheses:
        """Draw and lift.

        Args:
            keypoints: Pixels; what is hidden is not looked at.
            hidden: Which keypoints are hidden in all of them.
            camera: The cameras.

        Raises:
            InputError: If the root is hidden, or nothing is.
        """
        if self.root in hidden or not hidden:
            what = "the root is hidden" if hidden else "no keypoint is hidden"
            raise InputError(f"{what}: there is nothing to draw, or nothing to draw about.")
        places = indices(sorted(hidden), keypoints.device)
        root = keypoints[:, None, [self.root]]
        unit = DISTANCE * self.flows.head_scale.scale
        seen = self.flows.head_scale(keypoints.index_fill(1, places, 0.0))
        start = nearest_poses(seen, self.bank, places, self.draws)
        scale = self.bank.std(0)[places]
        drawn = conditional_draws(self._nll, start, places, scale, self.steps, self.generator)
        pixels = root + unit * drawn.keypoints
        rows = torch.arange(len(keypoints), device=keypoints.device).repeat_interleave(self.draws)
        with torch.no_grad():
            pose = self.lifter.lift_keypoints(pixels.flatten(0, 1)[:, None], camera[rows])
        return Hypotheses(pose[:, 0].unflatten(0, (-1, self.draws)), pixels, drawn.nll)
