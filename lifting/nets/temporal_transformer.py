"""A transformer encoder over time."""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.fp32 import Fp32Linear


def sinusoids(frames: int, width: int) -> Float[Tensor, "frames width"]:
    """Return the fixed position encoding of Vaswani et al. (2017, section 3.5)."""
    position = torch.arange(frames, dtype=torch.float64)[:, None]
    rate = 10_000 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = position * rate
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1).float()


class TemporalTransformer(nn.Module):
    """One token per frame, through a transformer encoder that attends over time.

    Args:
        keypoints: Keypoints in.
        joints: Joints out.
        frames: Frames of the window.
        width: Width of the tokens.
        layers: Encoder layers.
        heads: Attention heads.
        hidden: Width of the feed-forward layers.
        dropout: Fraction of values dropped in training.
        pre_norm: Normalise before attention and feed-forward, not after.
        readout: ``mean`` of all frames, or the ``centre`` frame.
    """

    position: Tensor

    def __init__(
        self,
        keypoints: int = 17,
        joints: int = 17,
        frames: int = 81,
        width: int = 256,
        layers: int = 3,
        heads: int = 8,
        hidden: int = 512,
        dropout: float = 0.1,
        pre_norm: bool = False,
        readout: str = "mean",
    ) -> None:
        super().__init__()
        self.joints = joints
        self.readout = readout
        self.embed = Fp32Linear(2 * keypoints, width)
        self.register_buffer("position", sinusoids(frames, width), persistent=False)
        layer = nn.TransformerEncoderLayer(
            width, heads, hidden, dropout, batch_first=True, norm_first=pre_norm
        )
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.last = Fp32Linear(width, 3 * joints)

    def forward(self, x: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B 1 J 3"]:
        """Lift the centre frame of each window: screen coordinates to metres."""
        tokens = self.encoder(self.embed(x.flatten(2)) + self.position)
        state = tokens.mean(1) if self.readout == "mean" else tokens[:, x.shape[1] // 2]
        return rearrange(self.last(state), "b (j d) -> b 1 j d", j=self.joints)
