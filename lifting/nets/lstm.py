"""Recurrent networks over time."""

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.fp32 import Fp32Linear, no_autocast


class LSTMNet(nn.Module):
    """An LSTM over frames, and one linear layer on its states.

    Over more frames than a window has it runs once, and reads out every frame that has half a window on
    both sides: the context of such a frame is all of them.

    Args:
        keypoints: Keypoints in.
        joints: Joints out.
        frames: Frames of a window, the least there must be.
        width: Width of the hidden state, per direction.
        layers: Layers on top of one another.
        bidirectional: Read the window in both directions.
        readout: Where the state of an output frame is taken: at the ``centre`` of its window, or at
            the ``last`` frame of it.
        dropout: Fraction of values dropped between layers in training.
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
