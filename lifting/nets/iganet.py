"""IGANet: graph convolutions and attention over the joints of one frame, each fed by the other.

Wang et al., "Interweaved Graph and Attention Network for 3D Human Pose Estimation", ICASSP 2023,
https://arxiv.org/abs/2304.14045.
"""

from collections.abc import Sequence

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.attention import Attention, DropPath, drop_path_rates
from lifting.nets.dropout import Dropout
from lifting.nets.fp32 import Fp32Linear

EPS = 1e-6
NO_PARENT = -1


def joint_graph(
    parents: Sequence[int], mirror_pairs: Sequence[tuple[int, int]], centre: int
) -> Float[Tensor, "4 J J"]:
    """Return the graph of a skeleton: bones, mirror pairs and every joint with itself.

    The entry of a row and a column is the weight of the row's joint in the column's; the weights
    of all that a joint is connected with are equal and add up to one. The four matrices hold
    the joints themselves, edges towards the centre, those away from it, and mirror pairs.

    Args:
        parents: Index of each joint's parent, -1 for the root.
        mirror_pairs: (left, right) index pairs.
        centre: Index of the joint from which distances count, in bones.
    """
    joints = len(parents)
    bones, mirror = torch.zeros(2, joints, joints, dtype=torch.bool)
    for child, parent in enumerate(parents):
        if parent != NO_PARENT:
            bones[child, parent] = bones[parent, child] = True
    for left, right in mirror_pairs:
        mirror[left, right] = mirror[right, left] = True
    itself = torch.eye(joints, dtype=torch.bool)
    reached, distance = itself[centre], torch.zeros(joints)
    for _ in range(joints):
        distance += ~reached
        reached = reached | (bones & reached[:, None]).any(0)
    farther = distance[:, None] > distance
    kinds = torch.stack([itself, bones & farther, bones & farther.mT, mirror]).float()
    return kinds / kinds.sum((0, 1))


class GraphConvolution(nn.Module):
    """A linear layer for each kind of edge, and the sum over the edges.

    Args:
        width: Width of the tokens.
        graph: The weight of each joint (row) in each other (column), for each kind of edge.
    """

    adjacency: Tensor

    def __init__(self, width: int, graph: Float[Tensor, "kinds J J"]) -> None:
        super().__init__()
        self.linear = nn.Linear(width, len(graph) * width)
        # One matrix product over joints and kinds, in the order in which the linear layer puts them.
        adjacency = rearrange(graph, "kind source target -> 1 target (source kind)").contiguous()
        self.register_buffer("adjacency", adjacency, persistent=False)

    def forward(self, x: Float[Tensor, "B J width"]) -> Float[Tensor, "B J width"]:
        """Convolve over the graph."""
        messages = rearrange(self.linear(x), "b j (kind c) -> b (j kind) c", c=x.shape[-1])
        return self.adjacency.expand(x.shape[0], -1, -1) @ messages


class BottleneckMLP(nn.Module):
    """Down to half the width, across with a shortcut, and up again.

    Args:
        width: Width of the tokens.
        dropout: Fraction of values dropped after each layer in training.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        half = width // 2
        self.down = nn.Sequential(nn.Linear(width, half), nn.GELU(), Dropout(dropout))
        self.across = nn.Sequential(nn.Linear(half, half), nn.GELU(), Dropout(dropout))
        self.up = nn.Sequential(nn.Linear(half, width), nn.GELU(), Dropout(dropout))

    def forward(self, x: Float[Tensor, "B J width"]) -> Float[Tensor, "B J width"]:
        """Map each token by itself."""
        x = self.down(x)
        return self.up(x + self.across(x))


class InterweavedBlock(nn.Module):
    """Attention that sees a graph convolution, a graph convolution that sees attention, and an MLP.

    The options are those of :class:`IGANetwork`, the graph is that of :func:`joint_graph`.
    """

    to_attention: Tensor
    to_graph: Tensor

    def __init__(
        self,
        graph: Float[Tensor, "kinds J J"],
        width: int,
        heads: int,
        drop_path: float,
        dropout: bool,
        sdpa: bool,
    ) -> None:
        super().__init__()
        self.joint_norm = nn.LayerNorm(graph.shape[-1], EPS)
        self.first_convolution = GraphConvolution(width, graph)
        self.second_convolution = GraphConvolution(width, graph)
        self.attention_norm = nn.LayerNorm(width, EPS)
        self.attention = Attention(width, heads, dropout=0.2 * dropout, sdpa=sdpa)
        self.attention_dropout = Dropout(0.25 * dropout)
        self.exchange_dropout = Dropout(0.15 * dropout)
        self.mlp_norm = nn.LayerNorm(width, EPS)
        self.mlp = BottleneckMLP(width, 0.2 * dropout)
        self.drop_path = DropPath(drop_path)
        # Fixed, but kept with the weights, as published.
        self.register_buffer("to_attention", torch.tensor([0.5]))
        self.register_buffer("to_graph", torch.tensor([0.8]))

    def forward(self, x: Float[Tensor, "B J width"]) -> Float[Tensor, "B J width"]:
        """Map the joints of a frame."""
        # This normalisation is over the joints, for each channel by itself.
        convolved = self.first_convolution(self.joint_norm(x.mT).mT)
        gathered = self.attention.gather(self.attention_norm(x))
        to_attention = self.exchange_dropout(self.to_attention * convolved)
        attended = self.attention_dropout(self.attention.project(gathered + to_attention))
        to_graph = self.exchange_dropout(self.to_graph * gathered)
        x = x + self.drop_path(self.second_convolution(convolved + to_graph) + attended)
        return x + self.drop_path(self.mlp(self.mlp_norm(x)))


class IGANetwork(nn.Module):
    """Each frame by itself: a token per joint, in blocks of graph convolutions and attention.

    The options are those of :class:`lifting.methods.IGANet`, the graph is that of :func:`joint_graph`.
    With ``dropout`` a fifth of the attention's weights and of the MLP's values is dropped in training, a
    quarter of what attention adds, and 15 % of what attention and graph give each other. Without
    ``encoder_activation``, as in the original, the four layers that make the tokens are one affine map.
    """

    def __init__(
        self,
        parents: Sequence[int],
        mirror_pairs: Sequence[tuple[int, int]],
        centre: int,
        width: int = 512,
        depth: int = 3,
        heads: int = 8,
        drop_path: float = 0.2,
        dropout: bool = True,
        encoder_activation: bool = False,
        sdpa: bool = True,
    ) -> None:
        super().__init__()
        sizes = [2, width // 8, width // 4, width // 2, width]
        self.encoder = nn.ModuleList(map(Fp32Linear, sizes, sizes[1:]))
        self.activation = nn.GELU() if encoder_activation else nn.Identity()
        graph = joint_graph(parents, mirror_pairs, centre)
        self.blocks = nn.ModuleList(
            InterweavedBlock(graph, width, heads, p, dropout, sdpa)
            for p in drop_path_rates(drop_path, depth)
        )
        self.norm = nn.LayerNorm(width, EPS)
        self.last = Fp32Linear(width, 3)

    def forward(self, x: Float[Tensor, "B T J 2"]) -> Float[Tensor, "B T J 3"]:
        """Lift every frame by itself: screen coordinates to metres."""
        tokens = self.encoder[0](x.flatten(0, 1))
        for layer in self.encoder[1:]:
            tokens = layer(self.activation(tokens))
        for block in self.blocks:
            tokens = block(tokens)
        return self.last(self.norm(tokens)).unflatten(0, x.shape[:2])
