"""DSTformer: attention over joints and over frames, in both orders side by side.

Zhu et al., "MotionBERT: A Unified Perspective on Learning Human Motion Representations", ICCV 2023,
https://arxiv.org/abs/2210.06551.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.errors import InputError
from lifting.nets.attention import TransformerBlock, drop_path_rates
from lifting.nets.fp32 import Fp32Linear
from lifting.nets.two_streams import AdaptiveFusion, PoseHead, over_frames, over_joints

EPS = 1e-6
# Standard deviation of weights and positions to begin with.
INITIAL = 0.02


class SpaceTimeBlock(nn.Module):
    """A transformer block over joints and one over frames.

    Args:
        width: Width of the tokens.
        heads: Attention heads.
        hidden: Width of the feed-forward networks between their layers.
        drop_path: Probability that a branch is dropped in training.
        sdpa: See :class:`lifting.nets.attention.Attention`.
        joints_first: Whether the block over joints is the first.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int,
        drop_path: float,
        sdpa: bool,
        joints_first: bool,
    ) -> None:
        super().__init__()
        self.joints_first = joints_first
        self.spatial = TransformerBlock(width, heads, hidden, drop_path, sdpa, EPS)
        self.temporal = TransformerBlock(width, heads, hidden, drop_path, sdpa, EPS)

    def forward(self, x: Float[Tensor, "B T J width"]) -> Float[Tensor, "B T J width"]:
        """Attend over joints and frames."""
        if self.joints_first:
            return over_frames(self.temporal, over_joints(self.spatial, x))
        return over_joints(self.spatial, over_frames(self.temporal, x))


class DSTformerNet(nn.Module):
    """Layers of two streams, one over joints and then frames, one the other way round, and their fusion.

    The options are those of :class:`lifting.methods.DSTformer`.

    Raises:
        InputError: If there are more frames than places.
    """

    def __init__(
        self,
        joints: int = 17,
        frames: int = 243,
        places: int = 243,
        width: int = 512,
        depth: int = 5,
        heads: int = 8,
        mlp_ratio: int = 2,
        representation: int = 512,
        drop_path: float = 0.0,
        sdpa: bool = True,
    ) -> None:
        super().__init__()
        if frames > places:
            what = f"DSTformer has places for {places} frames, the window has {frames}"
            raise InputError(f"{what}: lower frames, or raise places.")
        self.embed = Fp32Linear(3, width)
        self.joint_position = nn.Parameter(torch.zeros(1, joints, width))
        self.frame_position = nn.Parameter(torch.zeros(1, places, 1, width))
        rates = drop_path_rates(drop_path, depth)
        self.joints_first, self.frames_first = (
            nn.ModuleList(
                SpaceTimeBlock(width, heads, mlp_ratio * width, rate, sdpa, joints_first)
                for rate in rates
            )
            for joints_first in (True, False)
        )
        self.head = PoseHead(width, representation, EPS)
        self._initialise()
        self.fusion = nn.ModuleList(AdaptiveFusion(width) for _ in rates)

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                # The truncation at two, a hundred deviations away, is none.
                nn.init.normal_(module.weight, std=INITIAL)
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.joint_position, std=INITIAL)
        nn.init.normal_(self.frame_position, std=INITIAL)

    def forward(self, x: Float[Tensor, "B T J 3"]) -> Float[Tensor, "B T J 3"]:
        """Lift every frame of each window: screen coordinates and confidence to coordinates."""
        tokens = self.embed(x) + self.joint_position + self.frame_position[:, : x.shape[1]]
        for joints_first, frames_first, fusion in zip(
            self.joints_first, self.frames_first, self.fusion, strict=True
        ):
            tokens = fusion(joints_first(tokens), frames_first(tokens))
        return self.head(tokens)
