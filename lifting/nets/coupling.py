"""Invertible block of the flows over poses.

The affine coupling of Dinh et al., "Density estimation using Real NVP", ICLR 2017,
https://arxiv.org/abs/1605.08803, between maps that mix the dimensions, as in the ``AllInOneBlock`` of
FrEIA 0.2 (https://github.com/vislearn/FrEIA), whose names of parameters and buffers it has.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lifting.nets.fp32 import no_autocast

# Vectors, and log|det| of the Jacobian of the map that gave them.
Mapped = tuple[Float[Tensor, "batch dims"], Float[Tensor, " batch"]]

# The softplus of FrEIA's global scale has slope parameter 0.5; this is where 0.1 times it is one.
UNIT_SCALE = 2 * math.log(math.exp(5) - 1)


def random_rotation(dims: int) -> Float[Tensor, "dims dims"]:
    """Draw a rotation uniformly from SO(dims), with torch's global generator, in float64.

    The orthogonal factor of a Gaussian matrix is uniform once its signs are fixed (Mezzadri, "How to
    generate random matrices from the classical compact groups", 2007).
    """
    q, r = torch.linalg.qr(torch.randn(dims, dims, dtype=torch.float64))
    q = q * r.diagonal().sign()
    q[:, 0] *= torch.linalg.det(q).sign()
    return q


class CouplingBlock(nn.Module):
    """Affine coupling, then scale and offset per dimension, then a fixed rotation.

    Args:
        dims: Length of the vectors; the first half, or one more, decides how the others are moved.
        hidden: Width of the hidden layer of the subnet, which predicts scale and shift.
    """

    w_perm: Tensor
    w_perm_inv: Tensor

    def __init__(self, dims: int, hidden: int) -> None:
        super().__init__()
        self.sizes = (dims - dims // 2, dims // 2)
        passive, active = self.sizes
        self.subnet = nn.Sequential(
            nn.Linear(passive, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, 2 * active)
        )
        self.global_scale = nn.Parameter(torch.full((1, dims), UNIT_SCALE))
        self.global_offset = nn.Parameter(torch.zeros(1, dims))
        rotation = random_rotation(dims).to(self.global_scale.dtype)
        self.register_buffer("w_perm", rotation)
        self.register_buffer("w_perm_inv", rotation.T.contiguous())

    def _coupling(self, passive: Tensor) -> tuple[Tensor, Tensor]:
        # Under autocast the subnet is the one part in low precision.
        raw = 0.1 * self.subnet(passive).to(passive.dtype)
        log_scale, shift = raw.chunk(2, dim=-1)
        return 2 * log_scale.tanh(), shift

    def _scale(self) -> Tensor:
        return 0.1 * functional.softplus(self.global_scale, beta=0.5)

    def forward(self, inputs: Float[Tensor, "batch dims"]) -> Mapped:
        """Return the outputs and log|det| of the Jacobian."""
        passive, active = inputs.split(self.sizes, dim=-1)
        log_scale, shift = self._coupling(passive)
        coupled = torch.cat((passive, torch.addcmul(shift, active, log_scale.exp())), dim=-1)
        scale = self._scale()
        with no_autocast(inputs):
            # Scale, offset and rotation are one affine map; the rotation has determinant one.
            offset = functional.linear(self.global_offset, self.w_perm)[0]
            outputs = functional.linear(coupled, self.w_perm * scale, offset)
        return outputs, log_scale.sum(-1) + scale.log().sum()

    def inverse(self, inputs: Float[Tensor, "batch dims"]) -> Mapped:
        """Return the inputs that give these outputs, and log|det| of the inverse's Jacobian."""
        scale = self._scale()
        with no_autocast(inputs):
            offset = -(self.global_offset / scale)[0]
            coupled = functional.linear(inputs, self.w_perm_inv / scale.T, offset)
        passive, active = coupled.split(self.sizes, dim=-1)
        log_scale, shift = self._coupling(passive)
        outputs = torch.cat((passive, (active - shift) * (-log_scale).exp()), dim=-1)
        return outputs, -log_scale.sum(-1) - scale.log().sum()
