"""Preprocessing of the poses of a flow: root dropped, principal components, standardisation."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from lifting.errors import InputError
from lifting.geometry import in_float64
from lifting.nets.fp32 import no_autocast

# Relative to the largest standard deviation; below it lies the rounding of float32 coordinates.
CONSTANT = 1e-6


class FlowPreprocessing(nn.Module):
    """The map from poses ``(B, dims)`` to the inputs of the blocks ``(B, outputs)``, and back.

    Args:
        dims: Length of a pose vector.
        dropped: Where the root's two values, which are left out, begin; none are where None.
        standardise: Divide by the standard deviations of the training poses.
        pca: Principal components to project to, None for the coordinates themselves.
    """

    mean: Tensor | None
    components: Tensor | None
    deviation: Tensor | None

    def __init__(self, dims: int, dropped: int | None, standardise: bool, pca: int | None) -> None:
        super().__init__()
        self.dropped = dropped
        kept = dims if dropped is None else dims - 2
        self.kept, self.outputs = kept, pca or kept
        self.register_buffer("mean", torch.zeros(kept) if standardise or pca else None)
        self.register_buffer("components", torch.eye(self.outputs, kept) if pca else None)
        self.register_buffer("deviation", torch.ones(self.outputs) if standardise else None)

    def _without_root(self, poses: Tensor) -> Tensor:
        if self.dropped is None:
            return poses
        return torch.cat((poses[:, : self.dropped], poses[:, self.dropped + 2 :]), dim=-1)

    def _with_root(self, x: Tensor) -> Tensor:
        if self.dropped is None:
            return x
        return torch.cat(
            (x[:, : self.dropped], x.new_zeros(len(x), 2), x[:, self.dropped :]), dim=-1
        )

    @torch.no_grad()
    def fit(self, poses: Tensor) -> None:
        """Take mean, principal components and standard deviations from the training poses.

        Raises:
            InputError: If the poses vary in fewer directions than are asked for.
        """
        if self.mean is None:
            return
        mean, covariance = _moments(self._without_root(poses))
        components = torch.eye(self.outputs).to(covariance)
        if self.components is not None:
            components = torch.linalg.eigh(covariance).eigenvectors.T.flip(0)[: self.outputs]
            # The sign of an eigenvector is arbitrary; its largest entry is made positive.
            largest = components.gather(1, components.abs().argmax(1, keepdim=True))
            components = components * largest.sign()
        variances = (components @ covariance @ components.T).diagonal()
        std = variances.clamp_min(0).sqrt()
        constant = int((std <= CONSTANT * std.max()).sum())
        if constant and self.components is not None:
            what = f"pca: the training poses vary in {self.outputs - constant} directions only"
            raise InputError(what, remedy="ask for as many components or fewer.")
        if constant:
            what = f"standardise: {constant} coordinates never vary in the training poses"
            remedy = "leave constant joints out (drop_root: true for the root)."
            raise InputError(what, remedy=remedy)
        self.mean.copy_(mean)
        if self.components is not None:
            self.components.copy_(components)
        if self.deviation is not None:
            self.deviation.copy_(std)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the inputs of the blocks and log|det|, which a projection leaves unchanged."""
        x = self._without_root(inputs)
        log_det = x.new_zeros(())
        if self.mean is not None:
            x = x - self.mean
        if self.components is not None:
            with no_autocast(x):
                x = functional.linear(x, self.components)
        if self.deviation is not None:
            x = x / self.deviation
            log_det = -self.deviation.log().sum()
        return x, log_det.expand(len(x))

    def inverse(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the poses, with zeros for a dropped root, and log|det| of the inverse."""
        x, log_det = inputs, inputs.new_zeros(())
        if self.deviation is not None:
            x = x * self.deviation
            log_det = self.deviation.log().sum()
        if self.components is not None:
            with no_autocast(x):
                x = functional.linear(x, self.components.T)
        if self.mean is not None:
            x = x + self.mean
        return self._with_root(x), log_det.expand(len(x))


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and covariance in float64, taken chunk by chunk, as a dataset may be large."""
    origin = in_float64(x[0])
    total, products = torch.zeros_like(origin), origin.new_zeros(2 * origin.shape)
    for chunk in x.split(65536):
        centred = in_float64(chunk) - origin
        total += centred.sum(0)
        products += centred.T @ centred
    mean = total / len(x)
    return mean + origin, products / len(x) - mean.outer(mean)
