"""Official evaluation of MPI-INF-3DHP: PCK and AUC by group of joints.

Mehta et al., 3DV 2017; ``mpii_compute_3d_pck``, ``mpii_get_pck_auc_joint_groups`` and
``mpii_evaluate_errors`` of the test set's ``test_util``. Root-relative poses, the pelvis at the origin,
nothing scaled or aligned. Of the 17 joints PCK and AUC count 14: not the pelvis, which is always right,
nor spine and face. MPJPE counts all. ``Total`` weighs groups by their joints, so it is the mean over the
14 joints.
"""

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.errors import InputError
from lifting.metrics.functional import auc, joint_error, pck
from lifting.skeletons import conversion_matrix, skeleton

Pose = Float[Tensor, "*frames joints 3"]

# The owners' names of the groups, and their joints in those of this suite.
GROUPS = {
    "Head": ("head_top",),
    "Neck": ("neck_base",),
    "Shou": ("right_shoulder", "left_shoulder"),
    "Elbow": ("right_elbow", "left_elbow"),
    "Wrist": ("right_wrist", "left_wrist"),
    "Hip": ("right_hip", "left_hip"),
    "Knee": ("right_knee", "left_knee"),
    "Ankle": ("right_ankle", "left_ankle"),
}
COLUMNS = ("mpjpe", *(f"{metric}_{g}" for metric in ("pck", "auc") for g in (*GROUPS, "Total")))


@lru_cache
def group_indices(skeleton_name: str) -> tuple[tuple[int, ...], ...]:
    """Return the indices of the joints of each group, then of all groups together.

    Joints are found by name, ``head`` of Human3.6M standing for ``head_top``, ``thorax`` for
    ``neck_base``.

    Raises:
        InputError: If the joint set lacks one of the 14.
    """
    target = skeleton("mpi3dhp17")
    matrix = conversion_matrix(skeleton_name, target.name)
    groups = []
    for joints in GROUPS.values():
        rows = matrix[target.indices(joints)]
        derived = [j for j, row in zip(joints, rows, strict=True) if not (row == 1).any()]
        if derived:
            what = f"the official evaluation of MPI-INF-3DHP needs the joint {derived[0]}"
            raise InputError(what, skeleton_name, "use poses of 'h36m17'.")
        groups.append(tuple(rows.argmax(-1).tolist()))
    return (*groups, tuple(i for group in groups for i in group))


def frame_scores(pred: Pose, target: Pose, skeleton_name: str) -> Float[Tensor, "*frames columns"]:
    """Return the numbers of each frame, in the order of ``COLUMNS``: millimetres, then percent.

    Poses are root-relative, in millimetres. The official number of a set of frames is the mean over
    them, as every frame has all joints.

    Raises:
        InputError: If it lacks a joint that is evaluated.
    """
    errors = joint_error(pred, target)
    groups = [errors[..., list(group)] for group in group_indices(skeleton_name)]
    percents = [100 * metric(group) for metric in (pck, auc) for group in groups]
    return torch.stack([errors.mean(-1), *percents], -1)
