"""Critics that tell the projections of lifted poses from 2D poses that were seen.

A flow's likelihood hardly changes with the depth of a turned pose, and is highest for too flat ones. A
critic learns what gives the projections away, and holds depth where the likelihood does not.
"""

from collections.abc import Mapping
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.func import functional_call

from lifting.losses.adversarial import (
    logistic_critic_loss,
    logistic_generator_loss,
    scores_and_penalty,
)
from lifting.methods.bases.processes import drawn_together
from lifting.nets.critic import KeypointCritic
from lifting.nets.part_lifters import FULL, part_joints
from lifting.on_device import indices, sent
from lifting.skeletons import Skeleton

# Views of poses, by the name of a part or ``full``.
Views = Mapping[str, Float[Tensor, "B K 2"]]
REAL, FAKE = "real", "fake"
BETAS = 0.5, 0.99


class ViewCritics:
    """One critic for each part and for the whole pose, as the flows beside them.

    Real and projected poses get the same white noise, without which the critics would tell them by
    relations that hold exactly in one of the two.

    Args:
        joints: Joint set of the keypoints.
        weights: Share of each critic in the loss of the lifter, by the name of a part or ``full``.
        width: Width of every hidden layer.
        noise: Standard deviation of the noise, in head-normalised units.
        penalty: Weight of the R1 penalty.
        seed: Seed of the initial weights, which are then the same in all processes.
    """

    def __init__(
        self,
        joints: Skeleton,
        weights: Mapping[str, float],
        width: int,
        noise: float,
        penalty: float,
        seed: int,
    ) -> None:
        self.shares = dict(weights)
        self.noise = noise
        self.penalty = penalty
        self.joints = {name: part_joints(joints, name) for name in weights}
        # The random numbers of training are those of a training without critics.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.nets = nn.ModuleDict(
                {name: KeypointCritic(len(own), width) for name, own in self.joints.items()}
            )

    def draw(
        self, real: int, fake: int, generator: Generator, like: Float[Tensor, "B 1 K 2"]
    ) -> dict[str, Tensor]:
        """Draw the noise of so many seen and projected poses.

        Args:
            real: Number of seen poses.
            fake: Number of projections.
            generator: Has the same state in all processes.
            like: Keypoints, whose shape, type and device it gets.
        """
        if not self.nets:
            return {}

        def noise(count: int) -> Tensor:
            shape = like.shape[-2:]
            drawn = drawn_together(lambda n: torch.randn(n, *shape, generator=generator), count)
            return sent(self.noise * drawn, like)

        return {REAL: noise(real), FAKE: noise(fake)}

    def _part(self, keypoints: Tensor, name: str) -> Tensor:
        if name == FULL:
            return keypoints
        return keypoints[:, indices(self.joints[name], keypoints.device)]

    def _net(self, name: str) -> KeypointCritic:
        return cast(KeypointCritic, self.nets[name])

    def realism(self, views: Views, noise: Mapping[str, Tensor]) -> Float[Tensor, ""]:
        """Return the loss of the lifter, of which the critics learn nothing.

        Args:
            views: Head-normalised projections, by the name of the critic.
            noise: What :meth:`draw` returns.
        """
        total = next(iter(views.values())).new_zeros(())
        for name, share in self.shares.items():
            net = self._net(name)
            fixed = {key: value.detach() for key, value in net.named_parameters()}
            x = self._part(views[name] + noise[FAKE], name)
            total = total + share * logistic_generator_loss(functional_call(net, fixed, (x,)))
        return total

    def losses(
        self, seen: Float[Tensor, "B K 2"], views: Views, noise: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the losses of the critics, of which the lifter learns nothing.

        Args:
            seen: Head-normalised keypoints that were seen.
            views: Head-normalised projections, by the name of the critic.
            noise: What :meth:`draw` returns.
        """
        losses = {"critic": seen.new_zeros(()), "penalty": seen.new_zeros(())}
        for name in self.shares:
            net = self._net(name)
            real = self._part(seen + noise[REAL], name)
            fake = self._part(views[name].detach() + noise[FAKE], name)
            scores, penalty = scores_and_penalty(net, real)
            losses["critic"] = losses["critic"] + logistic_critic_loss(scores, net(fake))
            losses["penalty"] = losses["penalty"] + self.penalty * penalty
        return losses

    def to(self, device: torch.device) -> None:
        """Move the critics."""
        self.nets.to(device)

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the critics."""
        return self.nets.state_dict()
