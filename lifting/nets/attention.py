"""Transformer blocks over tokens.

Vaswani et al., "Attention is all you need", NeurIPS 2017, https://arxiv.org/abs/1706.03762, normalised
before each branch, with stochastic depth (Huang et al., ECCV 2016, https://arxiv.org/abs/1603.09382).
"""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lifting.errors import InputError
from lifting.nets.dropout import Dropout

# More samples than this at once are more than CUDA's fused kernels can be started for.
MOST_SAMPLES = 65_535
# Hidden width of the feed-forward networks over that of the tokens, in every publication here.
HIDDEN_RATIO = 2


class Attention(nn.Module):
    """Multi-head self-attention.

    Args:
        width: Width of the tokens.
        heads: Attention heads.
        dropout: Fraction of attention weights dropped in training.
        sdpa: torch's fused kernel in place of matrix products and a softmax; the output is the same.
        bias: Whether queries, keys and values have a bias.

    Raises:
        InputError: If the width does not divide into the heads.
    """

    def __init__(
        self,
        width: int,
        heads: int = 8,
        dropout: float = 0.0,
        sdpa: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if width % heads:
            what = f"A width of {width} does not divide into {heads} heads"
            raise InputError(f"{what}: give a multiple of {heads}.")
        self.heads = heads
        self.sdpa = sdpa
        self.qkv = nn.Linear(width, 3 * width, bias=bias)
        self.dropout = Dropout(dropout)
        self.project = nn.Linear(width, width)

    def forward(self, x: Float[Tensor, "B N width"]) -> Float[Tensor, "B N width"]:
        """Attend over the tokens."""
        return self.project(self.gather(x))

    def gather(self, x: Float[Tensor, "B N width"]) -> Float[Tensor, "B N width"]:
        """Return what each token gathers from all, its heads side by side, before the projection."""
        qkv = rearrange(self.qkv(x), "b n (three h c) -> three b h n c", three=3, h=self.heads)
        if self.sdpa:
            dropout = self.dropout.p if self.training else 0.0
            # An exported network must not depend on how many parts a batch makes.
            split = (qkv,) if torch.compiler.is_exporting() else qkv.split(MOST_SAMPLES, 1)
            parts = [
                functional.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
                for query, key, value in split
            ]
            out = parts[0] if len(parts) == 1 else torch.cat(parts)
        else:
            query, key, value = qkv.unbind(0)
            weights = (query * query.shape[-1] ** -0.5 @ key.mT).softmax(-1)
            out = self.dropout(weights) @ value
        return rearrange(out, "b h n c -> b n (h c)")


class FeedForward(nn.Sequential):
    """Two linear layers with a GELU between them.

    Args:
        width: Width of the tokens.
        hidden: Width between the layers.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))


class DropPath(nn.Module):
    """Stochastic depth: a branch is dropped in training, for each sample by itself.

    Args:
        p: Probability; the branches that stay are scaled up so that the mean stays.
    """

    def __init__(self, p: float = 0.0) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Float[Tensor, "B *rest"]) -> Float[Tensor, "B *rest"]:
        """Zero the branch of a fraction of the samples."""
        if not self.training or self.p == 0:
            return x
        keep = x.new_empty(len(x), *[1] * (x.ndim - 1)).bernoulli_(1 - self.p)
        return x * (keep / (1 - self.p))


def drop_path_rates(last: float, depth: int) -> list[float]:
    """Return the probabilities of stochastic depth, which rise linearly from zero.

    Args:
        last: Probability in the last block.
        depth: Number of blocks.

    Example:
        >>> drop_path_rates(0.2, 3)
        [0.0, 0.1, 0.2]
    """
    return [last * block / max(depth - 1, 1) for block in range(depth)]


class TransformerBlock(nn.Module):
    """Attention and a feed-forward network, each normalised first and added to what came in.

    Args:
        width: Width of the tokens.
        heads: Attention heads.
        hidden: Width of the feed-forward network between its layers.
        drop_path: Probability that a branch is dropped in training.
        sdpa: See :class:`Attention`.
        eps: Epsilon of the normalisation.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int,
        drop_path: float = 0.0,
        sdpa: bool = True,
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width, eps)
        self.attention = Attention(width, heads, sdpa=sdpa)
        self.feed_forward_norm = nn.LayerNorm(width, eps)
        self.feed_forward = FeedForward(width, hidden)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Float[Tensor, "B N width"]) -> Float[Tensor, "B N width"]:
        """Attend over the tokens, then map each by itself."""
        x = x + self.drop_path(self.attention(self.attention_norm(x)))
        return x + self.drop_path(self.feed_forward(self.feed_forward_norm(x)))
