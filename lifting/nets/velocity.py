"""Velocity network of flow matching: attention over joints and frames, given keypoints and a time."""

import math

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.attention import HIDDEN_RATIO, TransformerBlock
from lifting.nets.fp32 import Fp32Linear

# Standard deviation that positions begin with, about that of embedded keypoints.
POSITION_STD = 0.5
# Radians that the slowest and the fastest wave turn by from the begin of the path to its end.
TURNS = 1.0, 1000.0


class TimeEmbedding(nn.Module):
    """Sines and cosines of a time between 0 and 1, and two layers.

    Args:
        width: Width of the embedding, even.
    """

    frequencies: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        slowest, fastest = map(math.log, TURNS)
        waves = torch.linspace(slowest, fastest, width // 2).exp()
        self.register_buffer("frequencies", waves, persistent=False)
        self.layers = nn.Sequential(Fp32Linear(width, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, time: Float[Tensor, " B"]) -> Float[Tensor, "B width"]:
        """Embed times."""
        angles = time[:, None] * self.frequencies
        return self.layers(torch.cat([angles.cos(), angles.sin()], -1))


class Levels(nn.Module):
    """Levels of one transformer block over joints, and one over frames where there are several.

    Args:
        depth: Number of levels.
        frames: Frames of a window.
        width: Width of the tokens.
        heads: Attention heads.
        sdpa: See :class:`lifting.nets.attention.Attention`.
    """

    def __init__(self, depth: int, frames: int, width: int, heads: int, sdpa: bool) -> None:
        super().__init__()

        def blocks(count: int) -> nn.ModuleList:
            hidden = HIDDEN_RATIO * width
            return nn.ModuleList(
                TransformerBlock(width, heads, hidden, sdpa=sdpa) for _ in range(count)
            )

        self.spatial = blocks(depth)
        self.temporal = blocks(depth if frames > 1 else 0)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Float[Tensor, "B T J width"]) -> Float[Tensor, "B T J width"]:
        """Attend within frames, then along the joints' ways."""
        _, frames, joints, _ = x.shape
        for level, over_joints in enumerate(self.spatial):
            tokens = over_joints(x.flatten(0, 1))
            if len(self.temporal):
                tokens = rearrange(tokens, "(b t) j c -> (b j) t c", t=frames)
                tokens = self.temporal[level](tokens)
                x = rearrange(tokens, "(b j) t c -> b t j c", j=joints)
            else:
                x = tokens.unflatten(0, (-1, frames))
        return self.norm(x)


class VelocityNet(nn.Module):
    """A token per joint and frame: an encoder of keypoints, and velocities of poses given its output.

    The encoder does not see time and pose, so that it runs once however many hypotheses and steps a
    prediction has. The options are those of :class:`lifting.methods.FlowMatchingLifter`.
    """

    def __init__(
        self,
        joints: int = 17,
        frames: int = 1,
        width: int = 128,
        depth: int = 3,
        flow_depth: int = 2,
        heads: int = 8,
        sdpa: bool = True,
    ) -> None:
        super().__init__()
        self.embed_keypoints = Fp32Linear(2, width)
        self.joint_position = nn.Parameter(POSITION_STD * torch.randn(joints, width))
        self.frame_position = nn.Parameter(POSITION_STD * torch.randn(frames, 1, width))
        self.encoder = Levels(depth, frames, width, heads, sdpa)
        self.embed_pose = Fp32Linear(3, width)
        self.embed_time = TimeEmbedding(width)
        self.flow = Levels(flow_depth, frames, width, heads, sdpa)
        self.head = Fp32Linear(width, 3)

    def encode(self, keypoints: Float[Tensor, "B T J 2"]) -> Float[Tensor, "B T J width"]:
        """Return what velocities are computed from besides pose and time."""
        return self.encoder(
            self.embed_keypoints(keypoints) + self.joint_position + self.frame_position
        )

    def velocity(
        self,
        pose: Float[Tensor, "B T J 3"],
        time: Float[Tensor, " B"],
        encoded: Float[Tensor, "B T J width"],
    ) -> Float[Tensor, "B T J 3"]:
        """Return velocities at points of the path, in float32."""
        tokens = self.embed_pose(pose) + self.embed_time(time)[:, None, None] + encoded
        return self.head(self.flow(tokens)).float()

    def forward(
        self,
        keypoints: Float[Tensor, "B T J 2"],
        pose: Float[Tensor, "B T J 3"],
        time: Float[Tensor, " B"],
    ) -> Float[Tensor, "B T J 3"]:
        """Return velocities of poses on their way from noise, given keypoints."""
        return self.velocity(pose, time, self.encode(keypoints))
