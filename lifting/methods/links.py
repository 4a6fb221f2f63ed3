"""LInKs: independent lifters of the parts of a pose, learnt from 2D poses.

Paper: LInKs "Lifting Independent Keypoints" - Partial Pose Lifting for Occlusion Handling with Improved
Accuracy in 2D-3D Human Pose Estimation. https://arxiv.org/abs/2309.07243
Official code: https://github.com/Aswarin/LInKs-3D-Human-Pose-Estimation

@inproceedings{hardy2024links,
  title={LInKs "Lifting Independent Keypoints" - Partial Pose Lifting for Occlusion Handling with
         Improved Accuracy in 2D-3D Human Pose Estimation},
  author={Hardy, Peter and Kim, Hansung},
  booktitle={WACV}, year={2024}
}
"""

from typing import Any

from lifting.errors import InputError
from lifting.methods.bases.flow_lifter import FlowLifter
from lifting.nets.part_lifters import FULL


class LInKs(FlowLifter):
    """Hardy and Kim, WACV 2024: lifters and flows of the left and right side, or of legs and torso.

    As published: ``experiments/unsupervised/links_published.yaml``.

    Args:
        split: ``left_right`` or ``leg_torso``.
        head_blocks: Residual blocks of the depth head and of the elevation head.
        **kwargs: See :class:`lifting.methods.bases.flow_lifter.FlowLifter`.
    """

    def __init__(self, split: str = "left_right", head_blocks: int = 3, **kwargs: Any) -> None:
        if split == FULL:
            raise InputError("LInKs lifts parts: choose left_right or leg_torso, or ElePose.")
        super().__init__(split=split, head_blocks=head_blocks, **kwargs)
