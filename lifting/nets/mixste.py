"""MixSTE: transformer blocks over joints and over frames in turn, for every frame at once.

Zhang et al., "MixSTE: Seq2seq Mixed Spatio-Temporal Encoder for 3D Human Pose Estimation in Video",
CVPR 2022, https://arxiv.org/abs/2203.00859.
"""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.attention import HIDDEN_RATIO, TransformerBlock, drop_path_rates
from lifting.nets.fp32 import Fp32Linear

EPS = 1e-6


class MixSTENet(nn.Module):
    """A token per joint and frame, in levels of one block over joints and one over frames.

    The options are those of :class:`lifting.methods.MixSTE`.
    """

    def __init__(
        self,
        joints: int = 17,
        frames: int = 243,
        width: int = 512,
        depth: int = 8,
        heads: int = 8,
        drop_path: float = 0.1,
        sdpa: bool = True,
        position_std: float = 0.5,
    ) -> None:
        super().__init__()
        self.embed = Fp32Linear(2, width)
        self.joint_position = nn.Parameter(position_std * torch.randn(1, joints, width))
        self.frame_position = nn.Parameter(position_std * torch.randn(1, frames, width))
        rates = drop_path_rates(drop_path, depth)
        hidden = HIDDEN_RATIO * width
        self.spatial = nn.ModuleList(
            TransformerBlock(width, heads, hidden, p, sdpa, EPS) for p in rates
        )
        self.temporal = nn.ModuleList(
            TransformerBlock(width, heads, hidden, p, sdpa, EPS) for p in rates
        )
        # One normalisation of each kind for all levels.
        self.spatial_norm = nn.LayerNorm(width, EPS)
        self.temporal_norm = nn.LayerNorm(width, EPS)
        self.head = nn.Sequential(nn.LayerNorm(width), Fp32Linear(width, 3))

    def forward(self, x: Float[Tensor, "B T J 2"]) -> Float[Tensor, "B T J 3"]:
        """Lift every frame of each window: screen coordinates to metres."""
        _, frames, joints, _ = x.shape
        tokens = self.embed(x).flatten(0, 1) + self.joint_position
        for level, (over_joints, over_frames) in enumerate(
            zip(self.spatial, self.temporal, strict=True)
        ):
            tokens = self.spatial_norm(over_joints(tokens))
            tokens = rearrange(tokens, "(b t) j c -> (b j) t c", t=frames)
            if level == 0:
                tokens = tokens + self.frame_position
            tokens = self.temporal_norm(over_frames(tokens))
            tokens = rearrange(tokens, "(b j) t c -> (b t) j c", j=joints)
        return rearrange(self.head(tokens), "(b t) j d -> b t j d", t=frames)
