"""Critics of poses and of motions, after RepNet (Wandt and Rosenhahn, CVPR 2019, section 3.2)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.fp32 import Fp32Linear
from lifting.nets.kcs import KinematicChainSpace
from lifting.nets.leaky_residual_block import LeakyResidualBlock
from lifting.skeletons import Skeleton


class PoseCritic(nn.Module):
    """RepNet's critic: two paths, one over the joints and one over the bones' inner products.

    Args:
        body: Joint set of the poses.
        width: Width of the path over bones.
        joint_width: Width of the path over joints, and of the last layer.
        slope: Slope of the activations below zero.
        activate: Activate the sum of the residual block over bones; the paper's code does not.
        legacy: The published bones, see :func:`lifting.nets.kcs.bone_matrix`.
    """

    def __init__(
        self,
        body: Skeleton,
        width: int = 1000,
        joint_width: int = 100,
        slope: float = 0.01,
        activate: bool = True,
        legacy: bool = False,
    ) -> None:
        super().__init__()
        self.root = body.root
        self.chains = KinematicChainSpace(body, legacy)
        self.over_joints = nn.Sequential(
            Fp32Linear(3 * (len(body) - 1), joint_width),
            nn.LeakyReLU(slope),
            LeakyResidualBlock(joint_width, slope),
            nn.Linear(joint_width, joint_width),
        )
        self.over_bones = nn.Sequential(
            Fp32Linear(self.chains.outputs, width),
            nn.LeakyReLU(slope),
            LeakyResidualBlock(width, slope, activate),
        )
        self.last = nn.Sequential(
            nn.Linear(width + joint_width, joint_width),
            nn.LeakyReLU(slope),
            Fp32Linear(joint_width, 1),
        )

    def forward(self, pose: Float[Tensor, "B J 3"]) -> Float[Tensor, " B"]:
        """Return the scores of root-relative poses, metres, the root among the joints."""
        joints = torch.cat([pose[:, : self.root], pose[:, self.root + 1 :]], 1).flatten(1)
        paths = self.over_joints(joints), self.over_bones(self.chains(pose))
        return self.last(torch.cat(paths, -1)).squeeze(-1)


class MotionCritic(nn.Module):
    """A perceptron over the displacements of every frame of a chunk from the one in its middle.

    Args:
        body: Joint set of the poses.
        frames: Frames of a chunk, odd.
        width: Width of the hidden layers.
        slope: Slope of the activations below zero.
    """

    def __init__(
        self, body: Skeleton, frames: int = 27, width: int = 1000, slope: float = 0.01
    ) -> None:
        super().__init__()
        self.root = body.root
        self.centre = frames // 2
        self.net = nn.Sequential(
            Fp32Linear((frames - 1) * 3 * (len(body) - 1), width),
            nn.LeakyReLU(slope),
            *(LeakyResidualBlock(width, slope) for _ in range(3)),
            nn.Linear(width, 100),
            nn.LeakyReLU(slope),
            Fp32Linear(100, 1),
        )

    def forward(self, pose: Float[Tensor, "B C J 3"]) -> Float[Tensor, " B"]:
        """Return the scores of root-relative motions, metres, the root among the joints."""
        moved = pose - pose[:, self.centre, None]
        moved = torch.cat([moved[:, : self.centre], moved[:, self.centre + 1 :]], 1)
        moved = torch.cat([moved[:, :, : self.root], moved[:, :, self.root + 1 :]], 2)
        return self.net(moved.flatten(1)).squeeze(-1)
