"""Critics of poses, of motions, both after RepNet (Wandt and Rosenhahn, CVPR 2019), and of 2D poses.

RepNet's (section 3.2) sees poses in kinematic chain space, the inner products of their bones (Wandt et
al., "A kinematic chain space for monocular motion capture", ECCV Workshops 2018): the diagonal holds
the squared bone lengths, the rest angles between bones.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.fp32 import Fp32Linear, no_autocast
from lifting.nets.repnet import LeakyResidualBlock
from lifting.skeletons import Skeleton

# Bones of the published code, each the first joint minus the second: none from the pelvis to the hips,
# which differ from one person to the next, but one across. RepNet's code before October 2020 added the
# hips' positions instead of subtracting them: zero for every pose whose pelvis lies in between.
_PUBLISHED = (
    ("right_hip", "right_knee"),
    ("right_knee", "right_ankle"),
    ("left_hip", "left_knee"),
    ("left_knee", "left_ankle"),
    ("spine", "thorax"),
    ("thorax", "face"),
    ("face", "head"),
    ("thorax", "left_shoulder"),
    ("left_shoulder", "left_elbow"),
    ("left_elbow", "left_wrist"),
    ("thorax", "right_shoulder"),
    ("right_shoulder", "right_elbow"),
    ("right_elbow", "right_wrist"),
    ("right_hip", "left_hip"),
    ("right_hip", "spine"),
)
_ADDED = ("right_hip", "left_hip")


def bone_matrix(body: Skeleton, legacy: bool = False) -> Float[Tensor, "bones joints"]:
    """Return the matrix that turns the joints of a pose into its bones.

    Args:
        body: The joint set.
        legacy: The fifteen bones of the published code, which run the other way and one of which has
            the wrong sign, in place of every bone from a parent to its child.

    Raises:
        InputError: If the published bones need a joint that the set does not have.
    """
    if legacy:
        rows = [(*body.indices(bone), 1.0, 1.0 if bone == _ADDED else -1.0) for bone in _PUBLISHED]
    else:
        rows = [(parent, child, -1.0, 1.0) for parent, child in body.bones]
    matrix = torch.zeros(len(rows), len(body))
    for row, (first, second, *signs) in enumerate(rows):
        matrix[row, [first, second]] = torch.tensor(signs)
    return matrix


class KinematicChainSpace(nn.Module):
    """Inner products of all bones of root-relative poses.

    With ``legacy`` (see :func:`bone_matrix`) they are the whole symmetric matrix.
    """

    bones: Tensor
    pairs: Tensor

    def __init__(self, body: Skeleton, legacy: bool = False) -> None:
        super().__init__()
        matrix = bone_matrix(body, legacy)
        count = len(matrix)
        pairs = (
            torch.cartesian_prod(torch.arange(count), torch.arange(count)).T
            if legacy
            else torch.triu_indices(count, count)
        )
        self.register_buffer("bones", matrix, persistent=False)
        self.register_buffer("pairs", pairs[0] * count + pairs[1], persistent=False)
        self.outputs = len(self.pairs)

    def forward(self, pose: Float[Tensor, "B J 3"]) -> Float[Tensor, "B products"]:
        """Return the upper triangle of the products, row by row, or all of them."""
        with no_autocast(pose):
            # One matrix product over all poses is many times faster than one per pose.
            bones = (pose.mT.flatten(0, 1) @ self.bones.T).unflatten(0, (-1, 3))
            products = bones.mT @ bones
        return products.flatten(1)[:, self.pairs]


class PoseCritic(nn.Module):
    """RepNet's critic: two paths, one over the joints and one over the bones' inner products.

    Args:
        body: Joint set of the poses.
        width: Width of the path over bones.
        joint_width: Width of the path over joints, and of the last layer.
        slope: Slope of the activations below zero.
        activate: Activate the sum of the residual block over bones; the paper's code does not.
        legacy: The published bones, see :func:`bone_matrix`.
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


class KeypointCritic(nn.Module):
    """A residual perceptron over 2D poses.

    Args:
        joints: Keypoints of a pose.
        width: Width of the hidden layers.
        gain: Factor on the inputs, which are a few hundredths.
        slope: Slope of the activations below zero.
        blocks: Residual blocks.
    """

    def __init__(
        self,
        joints: int,
        width: int = 512,
        gain: float = 20.0,
        slope: float = 0.2,
        blocks: int = 2,
    ) -> None:
        super().__init__()
        self.gain = gain
        self.net = nn.Sequential(
            Fp32Linear(2 * joints, width),
            nn.LeakyReLU(slope),
            *(LeakyResidualBlock(width, slope) for _ in range(blocks)),
            Fp32Linear(width, 1),
        )

    def forward(self, keypoints: Float[Tensor, "B K 2"]) -> Float[Tensor, " B"]:
        """Return the scores of head-normalised 2D poses."""
        return self.net(self.gain * keypoints.flatten(1)).squeeze(-1)
