"""PoseFormerV2: few frames around the centre, and a long window as low frequencies.

Zhao et al., "PoseFormerV2: Exploring Frequency Domain for Efficient and Robust 3D Human Pose
Estimation", CVPR 2023, https://arxiv.org/abs/2303.17472.
"""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from lifting.errors import InputError
from lifting.nets.attention import HIDDEN_RATIO, Attention, DropPath, FeedForward, drop_path_rates
from lifting.nets.fp32 import Fp32Linear, no_autocast
from lifting.nets.poseformer import EPS, JointTransformer


def cosine_transform(size: int) -> Float[Tensor, "size size"]:
    """Return the matrix of the DCT-II without normalisation, in float64.

    Example:
        >>> (cosine_transform(3) @ torch.ones(3).double()).round(decimals=9).abs()
        tensor([6., 0., 0.], dtype=torch.float64)
    """
    order = torch.arange(size, dtype=torch.float64)
    return 2 * (torch.pi / size * torch.outer(order, order + 0.5)).cos()


def inverse_cosine_transform(size: int) -> Float[Tensor, "size size"]:
    """Return the inverse of :func:`cosine_transform`: the DCT-III over twice the size, in float64."""
    inverse = cosine_transform(size).mT / (2 * size)
    inverse[:, 0] /= 2
    return inverse


class FrequencyFeedForward(FeedForward):
    """A feed-forward network on the frequencies of the tokens in place of the tokens.

    The number of tokens is fixed, as each frequency is one of all of them.
    """

    transform: Tensor
    inverse: Tensor

    def __init__(self, tokens: int, width: int, hidden: int) -> None:
        super().__init__(width, hidden)
        transform, inverse = cosine_transform(tokens), inverse_cosine_transform(tokens)
        self.register_buffer("transform", transform.float(), persistent=False)
        self.register_buffer("inverse", inverse.float(), persistent=False)

    def forward(self, input: Float[Tensor, "B N width"]) -> Float[Tensor, "B N width"]:
        """Transform over the tokens, map each frequency, transform back."""
        return self.inverse @ super().forward(self.transform @ input)


class MixedBlock(nn.Module):
    """Attention over all tokens, then one feed-forward network for the first and one for the others.

    The first tokens go through the ordinary network, the others through that on frequencies.
    """

    def __init__(
        self,
        first: int,
        others: int,
        width: int,
        heads: int,
        hidden: int,
        drop_path: float,
        sdpa: bool,
    ) -> None:
        super().__init__()
        self.split = [first, others]
        self.attention_norm = nn.LayerNorm(width, EPS)
        self.attention = Attention(width, heads, sdpa=sdpa)
        self.first_norm = nn.LayerNorm(width, EPS)
        self.first = FeedForward(width, hidden)
        self.others_norm = nn.LayerNorm(width, EPS)
        self.others = FrequencyFeedForward(others, width, hidden)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Float[Tensor, "B N width"]) -> Float[Tensor, "B N width"]:
        """Attend over all tokens, then map each kind by its own network."""
        x = x + self.drop_path(self.attention(self.attention_norm(x)))
        first, others = x.split(self.split, 1)
        first = first + self.drop_path(self.first(self.first_norm(first)))
        others = others + self.drop_path(self.others(self.others_norm(others)))
        return torch.cat([first, others], 1)


class PoseFormerV2Net(nn.Module):
    """Tokens of low frequencies and of the central frames, in one transformer.

    The options are those of :class:`lifting.methods.PoseFormerV2`. ``legacy_split`` matters where there
    are not as many frames kept as frequencies.

    Raises:
        InputError: If the window has fewer frames than are kept, or than there are frequencies.
    """

    transform: Tensor

    def __init__(
        self,
        keypoints: int = 17,
        joints: int = 17,
        frames: int = 81,
        kept: int = 9,
        coefficients: int = 9,
        width: int = 32,
        depth: int = 4,
        heads: int = 8,
        drop_path: float = 0.1,
        legacy_split: bool = False,
        sdpa: bool = True,
    ) -> None:
        super().__init__()
        if not (0 < kept <= frames and 0 < coefficients <= frames):
            raise InputError(
                f"PoseFormerV2 cannot keep {kept} frames and {coefficients} frequencies of a window "
                f"of {frames}: keep at least 1 and at most {frames} of each."
            )
        wide = width * keypoints
        tokens = coefficients + kept
        first = tokens // 2 if legacy_split else coefficients
        self.joints = joints
        self.kept = kept
        self.coefficients = coefficients
        low = cosine_transform(frames)[:coefficients].float()
        self.register_buffer("transform", low, persistent=False)
        self.spatial = JointTransformer(keypoints, width, depth, heads, drop_path, sdpa)
        self.embed = Fp32Linear(2 * keypoints, wide)
        self.frame_position = nn.Parameter(torch.zeros(1, kept, wide))
        self.frequency_position = nn.Parameter(torch.zeros(1, coefficients, wide))
        self.temporal = nn.ModuleList(
            MixedBlock(first, tokens - first, wide, heads, HIDDEN_RATIO * wide, p, sdpa)
            for p in drop_path_rates(drop_path, depth)
        )
        self.norm = nn.LayerNorm(wide, EPS)
        self.frame_mean = nn.Conv1d(kept, 1, kernel_size=1)
        self.frequency_mean = nn.Conv1d(coefficients, 1, kernel_size=1)
        self.head = nn.Sequential(nn.LayerNorm(2 * wide), Fp32Linear(2 * wide, 3 * joints))

    def forward(self, x: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B 1 J 3"]:
        """Lift the centre frame of each window: screen coordinates to metres."""
        begin = (x.shape[1] - self.kept) // 2
        frames = self.spatial(x[:, begin : begin + self.kept]) + self.frame_position
        with no_autocast(x):
            low = self.transform @ x.flatten(2)
        frequencies = self.embed(low) + self.frequency_position
        tokens = torch.cat([frequencies, frames], 1)
        for block in self.temporal:
            tokens = block(tokens)
        frequencies, frames = self.norm(tokens).split([self.coefficients, self.kept], 1)
        out = self.head(torch.cat([self.frequency_mean(frequencies), self.frame_mean(frames)], -1))
        return rearrange(out, "b 1 (j d) -> b 1 j d", j=self.joints)
