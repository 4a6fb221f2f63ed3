"""MotionAGFormer: attention and graph convolutions over joints and frames, side by side.

Mehraban et al., "MotionAGFormer: Enhancing 3D Human Pose Estimation with a Transformer-GCNFormer
Network", WACV 2024, https://arxiv.org/abs/2310.16288.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.attention import Attention, DropPath, FeedForward, drop_path_rates
from lifting.nets.fp32 import Fp32Linear, no_autocast
from lifting.nets.two_streams import AdaptiveFusion, PoseHead, over_frames, over_joints

EPS = 1e-5
MLP_RATIO = 4
# What a branch adds is scaled by this much to begin with.
LAYER_SCALE = 1e-5
# How much less similar a frame counts per frame of distance, in roundings of the largest similarity:
# enough that no rounding decides between equal frames.
ROUNDINGS = 16

# The joints that each joint gathers from in the published graph, by their place in Human3.6M's order.
# The pelvis (0) does not gather from one of its hips, nor the thorax (8) from the shoulders.
PUBLISHED_GRAPH: tuple[tuple[int, ...], ...] = (
    *((1, 7), (0, 2), (1, 3), (2,), (0, 5), (4, 6), (5,)),
    *((0, 8), (7, 9), (8, 10), (9,)),
    *((8, 12), (11, 13), (12,), (8, 15), (14, 16), (15,)),
)


def bone_graph(parents: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return the joints that each joint shares a bone with.

    Args:
        parents: Index of each joint's parent, -1 for the root.

    Example:
        >>> bone_graph([-1, 0, 1])
        ((1,), (0, 2), (1,))
    """
    joints = range(len(parents))
    return tuple(
        tuple(j for j in joints if parents[j] == joint or parents[joint] == j) for joint in joints
    )


def normalised(adjacency: Float[Tensor, "*batch N N"]) -> Float[Tensor, "*batch N N"]:
    """Divide edges by the roots of the numbers of edges of the rows of both ends."""
    scale = adjacency.sum(-1).rsqrt()
    return scale[..., :, None] * adjacency * scale[..., None, :]


def most_similar(
    x: Float[Tensor, "B N width"], count: int, legacy_ties: bool = False
) -> Float[Tensor, "B N N"]:
    """Return the normalised graph of the tokens and those that are most similar to each.

    Args:
        x: Tokens, whose similarity is their inner product.
        count: Neighbours of a token, which may be one of its own.
        legacy_ties: Whether all tokens that are as similar as the last neighbour are neighbours, as
            published: rounding then decides where tokens are equal. Otherwise, of tokens that are
            equally similar, the nearest come first, and of those the earlier ones.
    """
    tokens = x.shape[1]
    count = min(count, tokens)
    with torch.no_grad(), no_autocast(x):
        x = x.detach()
        similarity = x @ x.mT
        if legacy_ties:
            least = similarity.topk(count).values[..., -1:]
            return normalised((similarity >= least).to(x.dtype))
        place = torch.arange(tokens, device=x.device)
        ahead = place - place[:, None]
        distance = 2 * ahead.abs() + (ahead > 0)
        rounding = ROUNDINGS * torch.finfo(x.dtype).eps
        step = rounding * similarity.abs().amax(-1, keepdim=True)
        # Tokens of zeros are alike, too.
        step = step.clamp_min(torch.finfo(x.dtype).tiny)
        chosen = (similarity - step * distance).topk(count).indices
        return torch.zeros_like(similarity).scatter_(-1, chosen, 1 / count)


class _GraphConvolution(nn.Module):
    """What tokens gather over a graph and what they are themselves, normalised and added to them.

    Batch normalisation has a mean and a deviation per token, over all channels.

    Args:
        tokens: Number of tokens.
        width: Width of the tokens.
    """

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.itself = nn.Linear(width, width)
        self.gathered = nn.Linear(width, width)
        for layer in (self.itself, self.gathered):
            nn.init.normal_(layer.weight, std=(2 / width) ** 0.5)
        self.norm = nn.BatchNorm1d(tokens)

    def convolve(
        self, x: Float[Tensor, "B N width"], graph: Float[Tensor, "*batch N N"]
    ) -> Float[Tensor, "B N width"]:
        """Convolve over a normalised graph, one for all or one for each element of the batch."""
        convolved = graph @ self.gathered(x) + self.itself(x)
        return (x + self.norm(convolved)).relu()


class GraphConvolution(_GraphConvolution):
    """A graph convolution over a graph that is given."""

    def forward(
        self, x: Float[Tensor, "B N width"], graph: Float[Tensor, "N N"]
    ) -> Float[Tensor, "B N width"]:
        """Convolve over a normalised graph."""
        return self.convolve(x, graph)


class SimilarityConvolution(_GraphConvolution):
    """A graph convolution over the tokens and those that are most similar to them.

    Args:
        tokens: Number of tokens.
        width: Width of the tokens.
        neighbours: Neighbours of a token.
        legacy_ties: See :func:`most_similar`.
    """

    def __init__(self, tokens: int, width: int, neighbours: int, legacy_ties: bool) -> None:
        super().__init__(tokens, width)
        self.neighbours = neighbours
        self.legacy_ties = legacy_ties

    def forward(self, x: Float[Tensor, "B N width"]) -> Float[Tensor, "B N width"]:
        """Convolve over the graph of the tokens themselves."""
        return self.convolve(x, most_similar(x, self.neighbours, self.legacy_ties))


class ScaledBlock(nn.Module):
    """A mixer of tokens and a feed-forward network, each normalised first, scaled and added.

    Args:
        mixer: What mixes the tokens.
        width: Width of the tokens.
        drop_path: Probability that a branch is dropped in training.
    """

    def __init__(self, mixer: nn.Module, width: int, drop_path: float) -> None:
        super().__init__()
        self.mixer_norm = nn.LayerNorm(width, EPS)
        self.mixer = mixer
        self.mixer_scale = nn.Parameter(torch.full((width,), LAYER_SCALE))
        self.feed_forward_norm = nn.LayerNorm(width, EPS)
        self.feed_forward = FeedForward(width, MLP_RATIO * width)
        self.feed_forward_scale = nn.Parameter(torch.full((width,), LAYER_SCALE))
        self.drop_path = DropPath(drop_path)

    def forward(
        self, x: Float[Tensor, "B N width"], *graph: Float[Tensor, "N N"]
    ) -> Float[Tensor, "B N width"]:
        """Mix the tokens, over a graph where the mixer needs one, then map each by itself."""
        mixed = self.mixer(self.mixer_norm(x), *graph)
        x = x + self.drop_path(self.mixer_scale * mixed)
        mapped = self.feed_forward(self.feed_forward_norm(x))
        return x + self.drop_path(self.feed_forward_scale * mapped)


class AttentionGraphLayer(nn.Module):
    """A stream of attention and one of graph convolutions, each over joints and then frames, fused.

    The options are those of :class:`MotionAGFormerNet`.
    """

    def __init__(
        self,
        joints: int,
        frames: int,
        width: int,
        heads: int,
        neighbours: int,
        legacy_ties: bool,
        drop_path: float,
        sdpa: bool,
    ) -> None:
        super().__init__()

        def attention() -> Attention:
            return Attention(width, heads, sdpa=sdpa, bias=False)

        in_time = SimilarityConvolution(frames, width, neighbours, legacy_ties)
        self.spatial_attention = ScaledBlock(attention(), width, drop_path)
        self.temporal_attention = ScaledBlock(attention(), width, drop_path)
        self.spatial_graph = ScaledBlock(GraphConvolution(joints, width), width, drop_path)
        self.temporal_graph = ScaledBlock(in_time, width, drop_path)
        self.fusion = AdaptiveFusion(width)

    def forward(
        self, x: Float[Tensor, "B T J width"], graph: Float[Tensor, "J J"]
    ) -> Float[Tensor, "B T J width"]:
        """Map the tokens of a clip, given the normalised graph of its joints."""
        attended = over_frames(self.temporal_attention, over_joints(self.spatial_attention, x))
        convolved = over_frames(self.temporal_graph, over_joints(self.spatial_graph, x, graph))
        return self.fusion(attended, convolved)


class MotionAGFormerNet(nn.Module):
    """Layers of attention and graph convolutions over a clip of so many frames.

    The options are those of :class:`lifting.methods.MotionAGFormer`, ``graph`` are the joints that each
    joint gathers from. There is no position in time: the batch normalisation over frames tells them
    apart.
    """

    graph: Tensor

    def __init__(
        self,
        graph: Sequence[Sequence[int]] = PUBLISHED_GRAPH,
        frames: int = 243,
        width: int = 128,
        depth: int = 16,
        heads: int = 8,
        neighbours: int = 2,
        representation: int = 512,
        drop_path: float = 0.0,
        legacy_ties: bool = False,
        sdpa: bool = True,
    ) -> None:
        super().__init__()
        joints = len(graph)
        self.embed = Fp32Linear(3, width)
        self.joint_position = nn.Parameter(torch.zeros(1, joints, width))
        adjacency = torch.zeros(joints, joints)
        for joint, others in enumerate(graph):
            adjacency[joint, list(others)] = 1
        # Zeros and ones, which every precision has: it is normalised in that of the input.
        self.register_buffer("graph", adjacency, persistent=False)
        self.layers = nn.ModuleList(
            AttentionGraphLayer(joints, frames, width, heads, neighbours, legacy_ties, rate, sdpa)
            for rate in drop_path_rates(drop_path, depth)
        )
        self.head = PoseHead(width, representation, EPS)

    def forward(self, x: Float[Tensor, "B T J 3"]) -> Float[Tensor, "B T J 3"]:
        """Lift every frame of each window: screen coordinates and confidence to coordinates."""
        tokens = self.embed(x) + self.joint_position
        graph = normalised(self.graph)
        for layer in self.layers:
            tokens = layer(tokens, graph)
        return self.head(tokens)
