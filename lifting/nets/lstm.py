"""Recurrent networks over time."""

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.exact import ExactLinear, exact


class LSTMNet(nn.Module):
    """An LSTM over the frames of a window, and one linear layer on the state at one of them.

    Args:
        keypoints: Keypoints in.
        joints: Joints out.
        width: Width of the hidden state, per direction.
        layers: Layers on top of one another.
        bidirectional: Read the window in both directions.
        readout: ``last`` or ``centre``: the frame whose state is the output.
        dropout: Share of values dropped between layers in training.
    """

    def __init__(
        self,
        keypoints: int = 17,
        joints: int = 17,
        width: int = 512,
        layers: int = 1,
        bidirectional: bool = False,
        readout: str = "last",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.joints = joints
        self.readout = readout
        self.recurrent = nn.LSTM(
            2 * keypoints,
            width,
            layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout,
        )
        self.last = ExactLinear(width * (1 + bidirectional), 3 * joints)

    def forward(self, x: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B 1 J 3"]:
        """Lift the centre frame of each window: screen coordinates to metres."""
        with exact(x):
            states, _ = self.recurrent(x.flatten(2))
        state = states[:, -1 if self.readout == "last" else x.shape[1] // 2]
        return rearrange(self.last(state), "b (j d) -> b 1 j d", j=self.joints)
