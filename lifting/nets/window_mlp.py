"""A perceptron over all frames of a window at once."""

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.fp32 import Fp32Linear


class WindowMLP(nn.Sequential):
    """The flattened window through one hidden layer.

    Args:
        keypoints: Keypoints in.
        joints: Joints out.
        frames: Frames of the window.
        width: Width of the hidden layer.
    """

    def __init__(
        self, keypoints: int = 17, joints: int = 17, frames: int = 81, width: int = 1024
    ) -> None:
        super().__init__(
            Fp32Linear(2 * keypoints * frames, width),
            nn.ReLU(),
            Fp32Linear(width, 3 * joints),
        )

    def forward(self, x: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B 1 J 3"]:
        """Lift the centre frame of each window: screen coordinates to metres."""
        return rearrange(super().forward(x.flatten(1)), "b (j d) -> b 1 j d", d=3)
