"""PoseFormer: a transformer over the joints of each frame, then one over the frames.

Zheng et al., "3D Human Pose Estimation with Spatial and Temporal Transformers", ICCV 2021,
https://arxiv.org/abs/2103.10455.
"""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.attention import HIDDEN_RATIO, TransformerBlock, drop_path_rates
from lifting.nets.fp32 import Fp32Linear

EPS = 1e-6


class JointTransformer(nn.Module):
    """A transformer over the keypoints of each frame, whose tokens make up the token of the frame.

    The options are those of :class:`PoseFormerNet`.
    """

    def __init__(
        self, keypoints: int, width: int, depth: int, heads: int, drop_path: float, sdpa: bool
    ) -> None:
        super().__init__()
        self.embed = Fp32Linear(2, width)
        self.position = nn.Parameter(torch.zeros(1, keypoints, width))
        self.blocks = nn.ModuleList(
            TransformerBlock(width, heads, HIDDEN_RATIO * width, p, sdpa, EPS)
            for p in drop_path_rates(drop_path, depth)
        )
        self.norm = nn.LayerNorm(width, EPS)

    def forward(self, x: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B T wide"]:
        """Encode frames."""
        tokens = self.embed(x).flatten(0, 1) + self.position
        for block in self.blocks:
            tokens = block(tokens)
        return rearrange(self.norm(tokens), "(b t) k c -> b t (k c)", t=x.shape[1])


class PoseFormerNet(nn.Module):
    """A transformer over joints, one over frames, and a learnt weighted mean of the frames.

    The options are those of :class:`lifting.methods.PoseFormer`.
    """

    def __init__(
        self,
        keypoints: int = 17,
        joints: int = 17,
        frames: int = 81,
        width: int = 32,
        depth: int = 4,
        heads: int = 8,
        drop_path: float = 0.1,
        sdpa: bool = True,
    ) -> None:
        super().__init__()
        wide = width * keypoints
        self.joints = joints
        self.spatial = JointTransformer(keypoints, width, depth, heads, drop_path, sdpa)
        self.position = nn.Parameter(torch.zeros(1, frames, wide))
        self.temporal = nn.ModuleList(
            TransformerBlock(wide, heads, HIDDEN_RATIO * wide, p, sdpa, EPS)
            for p in drop_path_rates(drop_path, depth)
        )
        self.norm = nn.LayerNorm(wide, EPS)
        self.mean = nn.Conv1d(frames, 1, kernel_size=1)
        self.head = nn.Sequential(nn.LayerNorm(wide), Fp32Linear(wide, 3 * joints))

    def forward(self, x: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B 1 J 3"]:
        """Lift the centre frame of each window: screen coordinates to metres."""
        tokens = self.spatial(x) + self.position
        for block in self.temporal:
            tokens = block(tokens)
        out = self.head(self.mean(self.norm(tokens)))
        return rearrange(out, "b 1 (j d) -> b 1 j d", j=self.joints)
