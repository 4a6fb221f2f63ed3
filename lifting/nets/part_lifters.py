"""Lifters of independent parts of a pose, combined into whole poses.

Hardy and Kim, WACV 2024, https://arxiv.org/abs/2309.07243; with the full pose as the only part it is
ElePose, https://arxiv.org/abs/2112.07088.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.errors import InputError
from lifting.nets.depth_lifter import DepthLifter
from lifting.on_device import indices
from lifting.skeletons import Skeleton

FULL = "full"
SPLITS = {FULL: (FULL,), "left_right": ("left", "right"), "leg_torso": ("legs", "torso")}
HYPOTHESES = ("merged", "both")


def part_joints(joints: Skeleton, part: str) -> list[int]:
    """Return the joint indices of a part, or all of them for ``full``."""
    return list(range(len(joints))) if part == FULL else joints.part(part)


def mixtures(
    joints: Skeleton, split: str, hypotheses: str
) -> Float[Tensor, "hypotheses parts joints"]:
    """Return how much of each part's depth every joint of each whole pose takes.

    Where parts share joints, as left and right do the spine and the head, ``merged`` averages their
    depths into one pose, and ``both`` makes one pose per part, with the shared joints of that part.
    The root's depth is zero.

    Raises:
        InputError: If there is no such split or no such way.
    """
    if split not in SPLITS or hypotheses not in HYPOTHESES:
        raise InputError(
            f"split {split}, hypotheses {hypotheses}: choose {', '.join(SPLITS)} and "
            f"{' or '.join(HYPOTHESES)}."
        )
    # Values are looked at, so that they are there even where a network is built without any.
    belongs = torch.zeros(len(SPLITS[split]), len(joints), device="cpu")
    for row, part in zip(belongs, SPLITS[split], strict=True):
        row[part_joints(joints, part)] = 1
    shared = belongs.sum(0) > 1
    belongs[:, joints.root] = 0
    if hypotheses == "merged" or not shared.any():
        return (belongs / belongs.sum(0).clamp_min(1))[None]
    own = torch.eye(len(belongs), device="cpu")[:, :, None]
    return torch.where(shared, own * belongs, belongs)


def mix_depths(
    mixture: Float[Tensor, "hypotheses parts joints"], depths: Float[Tensor, "parts batch joints"]
) -> Float[Tensor, "hypotheses batch joints"]:
    """Return the depths of whole poses from those of parts, see :func:`mixtures`."""
    # No matrix product, which autocast would round.
    return (mixture[:, :, None] * depths).sum(1)


class PartLifters(nn.Module):
    """One :class:`DepthLifter` per part, each of which sees the keypoints of its part only.

    The options are those of :class:`lifting.methods.bases.flow_lifter.FlowLifter`.
    """

    mixture: Tensor
    final_mixture: Tensor

    def __init__(
        self,
        joints: Skeleton,
        split: str,
        hypotheses: str,
        merge: str | None,
        width: int,
        head_blocks: int,
        gain: float,
        initial_elevation: float,
    ) -> None:
        super().__init__()
        self.register_buffer("mixture", mixtures(joints, split, hypotheses), persistent=False)
        self.parts = SPLITS[split]
        if merge is not None and merge not in self.parts:
            raise InputError(f"merge {merge}: choose {' or '.join(self.parts)}, or none.")
        ways = mixtures(joints, split, "merged" if merge is None else "both")
        final = ways[self.parts.index(merge) if merge and len(ways) > 1 else 0]
        self.register_buffer("final_mixture", final, persistent=False)
        self.joints = [part_joints(joints, part) for part in self.parts]
        self.lifters = nn.ModuleList(
            DepthLifter(len(indices), width, head_blocks, gain, initial_elevation)
            for indices in self.joints
        )

    def _spread(self, depths: Sequence[Tensor]) -> Tensor:
        """Return the depths of parts among zeros for other joints, ``(parts, batch, joints)``."""
        return torch.stack([self._among_zeros(depth, part) for part, depth in enumerate(depths)])

    def _among_zeros(self, depth: Tensor, part: int) -> Tensor:
        # Not len(depth), which an export would take for a constant.
        zeros = depth.new_zeros(depth.shape[0], self.mixture.shape[-1])
        return zeros.index_copy(1, indices(self.joints[part], depth.device), depth)

    def _view(self, keypoints: Tensor, part: int) -> Tensor:
        # Where there are several whole poses, each part is lifted from its own.
        joints = indices(self.joints[part], keypoints.device)
        return keypoints[min(part, len(keypoints) - 1)][:, joints]

    def forward(
        self, keypoints: Float[Tensor, "batch joints 2"]
    ) -> tuple[Float[Tensor, "hypotheses batch joints"], Float[Tensor, " batch"]]:
        """Return depth offsets of each whole pose, and the mean of the parts' elevations."""
        outputs = [
            lifter(keypoints[:, indices(joints, keypoints.device)])
            for lifter, joints in zip(self.lifters, self.joints, strict=True)
        ]
        depths = self._spread([depth for depth, _ in outputs])
        elevation = torch.stack([angle for _, angle in outputs]).mean(0)
        return mix_depths(self.mixture, depths), elevation

    def _depths(self, keypoints: Tensor) -> Tensor:
        depths = [
            lifter.depth(self._view(keypoints, part))  # type: ignore[operator]
            for part, lifter in enumerate(self.lifters)
        ]
        return self._spread(depths)

    def elevation_weights(self) -> Float[Tensor, ""]:
        """Return the sum of the weights of all elevation heads."""
        heads = [lifter.elevation_head for lifter in self.lifters]
        return torch.stack([p.sum() for h in heads for p in h.parameters()]).sum()  # type: ignore[union-attr]

    def part_depth(
        self, keypoints: Float[Tensor, "batch joints 2"], part: str
    ) -> Float[Tensor, "batch joints"]:
        """Return the depth offsets of one part, from its keypoints alone, among zeros."""
        index = self.parts.index(part)
        joints = indices(self.joints[index], keypoints.device)
        depth = self.lifters[index].depth(keypoints[:, joints])  # type: ignore[operator]
        return self._among_zeros(depth, index)

    def depth(
        self, keypoints: Float[Tensor, "hypotheses batch joints 2"]
    ) -> Float[Tensor, "hypotheses batch joints"]:
        """Return depth offsets alone, of keypoints that differ between the whole poses."""
        return mix_depths(self.mixture, self._depths(keypoints))

    def final(self, keypoints: Float[Tensor, "batch joints 2"]) -> Float[Tensor, "batch joints"]:
        """Return the depth offsets of the one pose that is the prediction."""
        return mix_depths(self.final_mixture[None], self._depths(keypoints[None]))[0]
