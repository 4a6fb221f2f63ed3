"""Networks over windows of frames: an LSTM, a transformer encoder over time and a perceptron."""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.fp32 import Fp32Linear, no_autocast


class LSTMNet(nn.Module):
    """An LSTM over frames, and one linear layer on its states.

    Over more frames than a window has it runs once, and reads out every frame that has half a window on
    both sides: the context of such a frame is all of them.

    The options are those of :class:`lifting.methods.LSTMLifter`.
    """

    def __init__(
        self,
        keypoints: int = 17,
        joints: int = 17,
        frames: int = 81,
        width: int = 512,
        layers: int = 1,
        bidirectional: bool = False,
        readout: str = "last",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.joints = joints
        self.frames = frames
        self.begin = frames - 1 if readout == "last" else frames // 2
        self.recurrent = nn.LSTM(
            2 * keypoints,
            width,
            layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout,
        )
        self.last = Fp32Linear(width * (1 + bidirectional), 3 * joints)

    def forward(self, x: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B C J 3"]:
        """Lift ``C = T - frames + 1`` frames: screen coordinates to metres."""
        with no_autocast(x):
            states, _ = self.recurrent(x.flatten(2))
        count = x.shape[1] - self.frames + 1
        out = self.last(states[:, self.begin : self.begin + count])
        return rearrange(out, "b c (j d) -> b c j d", j=self.joints)


def sinusoids(frames: int, width: int) -> Float[Tensor, "frames width"]:
    """Return the fixed position encoding of Vaswani et al. (2017, section 3.5)."""
    position = torch.arange(frames, dtype=torch.float64)[:, None]
    rate = 10_000 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = position * rate
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1).float()


class TemporalTransformer(nn.Module):
    """One token per frame, through a transformer encoder that attends over time.

    The options are those of :class:`lifting.methods.TransformerLifter`.
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


class WindowMLP(nn.Sequential):
    """The flattened window through one hidden layer.

    The options are those of :class:`lifting.methods.WindowMLPLifter`.
    """

    def __init__(
        self, keypoints: int = 17, joints: int = 17, frames: int = 81, width: int = 1024
    ) -> None:
        super().__init__(
            Fp32Linear(2 * keypoints * frames, width), nn.ReLU(), Fp32Linear(width, 3 * joints)
        )

    def forward(self, x: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B 1 J 3"]:
        """Lift the centre frame of each window: screen coordinates to metres."""
        return rearrange(super().forward(x.flatten(1)), "b (j d) -> b 1 j d", d=3)
