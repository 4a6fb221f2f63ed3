"""Mean lengths of bones relative to the mean bone, as published, for priors on bone lengths.

The constants of ElePose (Wandt et al., CVPR 2022) and LInKs (Hardy and Kim, WACV 2024), from the LInKs
code, https://github.com/Aswarin/LInKs-3D-Human-Pose-Estimation; ElePose's differ in the fifth decimal.
They were measured on 3D annotations. Each set sums to the number of bones.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.errors import InputError
from lifting.skeletons.joint_sets import skeleton

SKELETON = "h36m17"

# The order of the published numbers: each bone by the joint at its end, left arm before right, as in
# LInKs; ElePose has the right arm first.
_ENDS = (
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("spine", "thorax", "face", "head"),
    *("left_shoulder", "left_elbow", "left_wrist"),
    *("right_shoulder", "right_elbow", "right_wrist"),
)

# MPI-INF-3DHP's are of all cameras, of VNect's eight, and of those in frames that differ from the last
# one kept. There the thorax is the base of the neck, the face the base of the skull.
_PUBLISHED = {
    "h36m": (
        *(0.5180581, 1.73711136, 1.72285805, 0.5180552, 1.73710543, 1.72285651),
        *(0.92087518, 0.98792375, 0.44812302, 0.44502545),
        *(0.57462, 1.08121276, 0.9651687, 0.57461556, 1.08122523, 0.9651657),
    ),
    "mpi_inf_3dhp": (
        *(0.48123457, 1.83892552, 1.49699857, 0.48123457, 1.83579479, 1.49699856),
        *(0.90885878, 0.99415561, 0.34720909, 0.69462614),
        *(0.57956265, 1.21052741, 0.9251606, 0.57302514, 1.21052743, 0.92516058),
    ),
    "mpi_inf_3dhp_vnect": (
        *(0.48115763, 1.83961257, 1.49705786, 0.48115763, 1.83655297, 1.49705784),
        *(0.9086628, 0.99419836, 0.34713946, 0.69448684),
        *(0.57953889, 1.21026625, 0.924973, 0.57289866, 1.21026624, 0.924973),
    ),
    "mpi_inf_3dhp_vnect_interesting": (
        *(0.48069107, 1.84637771, 1.49564841, 0.48069107, 1.84301997, 1.4956484),
        *(0.90757932, 0.99706493, 0.34679742, 0.69380255),
        *(0.57843534, 1.20698327, 0.92306225, 0.5741528, 1.20698326, 0.92306223),
    ),
}


def _in_order_of_bones(ratios: tuple[float, ...]) -> tuple[float, ...]:
    joints = skeleton(SKELETON)
    return tuple(ratios[_ENDS.index(joints.joints[end])] for _, end in joints.bones)


# For each published set the sixteen ratios, in the order of ``skeleton("h36m17").bones``.
BONE_RATIOS = {name: _in_order_of_bones(ratios) for name, ratios in _PUBLISHED.items()}


def published_bone_ratios(name: str, skeleton_name: str = SKELETON) -> Float[Tensor, " bones"]:
    """Return a set of ``BONE_RATIOS``, in the order of the skeleton's bones, in float64.

    Raises:
        InputError: If there is no such set, or it is not of the bones of that joint set.

    Example:
        >>> published_bone_ratios("h36m").shape
        torch.Size([16])
    """
    if name not in BONE_RATIOS:
        raise InputError(f"There are no bone ratios '{name}'; known are {', '.join(BONE_RATIOS)}.")
    if skeleton_name != SKELETON:
        what = f"The bone ratios '{name}' are of '{SKELETON}', not of '{skeleton_name}'"
        raise InputError(f"{what}: use poses of '{SKELETON}'.")
    return torch.tensor(BONE_RATIOS[name], dtype=torch.float64)
