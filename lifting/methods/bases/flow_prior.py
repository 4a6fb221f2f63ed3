"""Negative log-likelihood of the projections of lifted poses under flows, as a loss."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.func import functional_call

from lifting.losses.poses import capped
from lifting.methods.bases.pose_flows import PoseFlows
from lifting.methods.bases.processes import drawn_together
from lifting.nets.flow import PoseFlow
from lifting.nets.part_lifters import FULL

Views = Mapping[str, Float[Tensor, "B K 2"]]


class FlowPrior:
    """Negative log-likelihoods of projected poses under frozen flows, brought to one scale.

    Likelihood alone pulls every projection towards the mode, which is a flat pose seen level. With
    ``contrast`` a second flow per part follows the projections, and its log-likelihood is subtracted:
    what is minimised then is the Kullback-Leibler divergence between the projections and real 2D
    poses, which vanishes where the two have the same distribution.

    Args:
        stages: Where the frozen flows come from.
        parts: Names of the flows of independent parts, or ``full``.
        whole: Fraction of the flow over the full pose beside them, 0 to 1.
        scaled: Scale the parts' sum by the dimensions of a full pose over theirs together, so that
            the weights of the other losses mean the same for every split. Published: False.
        cap: Let values above zero grow logarithmically, see :func:`lifting.losses.poses.capped`.
            Published: False.
        contrast: Weight of the log-likelihood under the flows that follow. Published: 0.
    """

    def __init__(
        self,
        stages: Sequence[PoseFlows],
        parts: Sequence[str],
        whole: float,
        scaled: bool,
        cap: bool,
        contrast: float,
    ) -> None:
        self.source = {name: stage for stage in stages for name in stage.flows}
        self.cap = cap
        self.contrast = contrast
        dims = sum(self.source[part].dims(part) for part in parts)
        # A pose of K joints has 2 (K - 1) free coordinates.
        pose_dims = 2 * len(set().union(*(self.source[p].joints[p] for p in parts))) - 2
        weight = (1 - whole) * (pose_dims / dims if scaled else 1.0)
        self.weights = dict.fromkeys(parts, weight)
        if whole:
            self.weights[FULL] = self.weights.get(FULL, 0.0) + whole
        self.followers = nn.ModuleDict(
            {
                name: deepcopy(self.source[name].flow(name)).requires_grad_(True)
                for name in self.weights
            }
            if contrast
            else {}
        )

    def _vectors(self, views: Views, name: str) -> Tensor:
        return self.source[name].part(views[name], name)

    def __call__(self, views: Views, noise: Mapping[str, Tensor]) -> Float[Tensor, " B"]:
        """Return the loss of each pose.

        Args:
            views: Head-normalised projections, by the name of the flow.
            noise: What :meth:`draw` returns for as many.
        """
        total = next(iter(views.values())).new_zeros(())
        for name, weight in self.weights.items():
            x = self._vectors(views, name)
            value = self._limit(self.source[name].density(name).drawn_nll(x, noise.get(name)))
            if self.contrast:
                follower = self.followers[name]
                fixed = {k: v.detach() for k, v in follower.named_parameters()}
                value = value - self.contrast * self._limit(functional_call(follower, fixed, (x,)))
            total = total + weight * value
        return total

    def _limit(self, nll: Tensor) -> Tensor:
        return capped(nll) if self.cap else nll

    def draw(self, count: int, generator: Generator) -> dict[str, Tensor]:
        """Draw noise for so many projections, by the name of the flow.

        That of :meth:`follow`, or that by which the likelihoods of flow matching are estimated.
        """
        drawing = {
            name: self.source[name].density(name)
            for name in self.weights
            if self.contrast or not isinstance(self.source[name].density(name), PoseFlow)
        }
        return {
            name: drawn_together(partial(density.gaussian, generator=generator), count)
            for name, density in drawing.items()
            if density.noise
        }

    def follow(self, views: Views, noise: Mapping[str, Tensor]) -> Float[Tensor, ""]:
        """Return the loss of the flows that follow, which learn the distribution of the projections.

        Args:
            views: Head-normalised projections, by the name of the flow.
            noise: What :meth:`draw` returns for as many.
        """
        total = next(iter(views.values())).new_zeros(())
        for name, follower in self.followers.items():
            x = self._vectors(views, name).detach()
            if name in noise:
                x = follower.perturb(x, noise[name])  # type: ignore[operator]
            total = total + self._limit(follower(x)).mean()
        return total

    def to(self, device: torch.device) -> None:
        """Move the flows that follow; the frozen ones are moved with their stages."""
        self.followers.to(device)

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the flows that follow."""
        return self.followers.state_dict()
