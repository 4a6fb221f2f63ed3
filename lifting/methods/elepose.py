"""ElePose: lifting learnt from 2D poses, with the elevation of the camera predicted.

Paper: ElePose: Unsupervised 3D Human Pose Estimation by Predicting Camera Elevation and Learning
Normalizing Flows on 2D Poses. https://arxiv.org/abs/2112.07088
Official code: https://github.com/bastianwandt/ElePose

@inproceedings{wandt2022elepose,
  title={ElePose: Unsupervised 3D Human Pose Estimation by Predicting Camera Elevation and Learning
         Normalizing Flows on 2D Poses},
  author={Wandt, Bastian and Little, James J. and Rhodin, Helge},
  booktitle={CVPR}, year={2022}
}
"""

from typing import Any

from lifting.errors import InputError
from lifting.methods.bases.flow_lifter import FlowLifter
from lifting.nets.part_lifters import FULL


class ElePose(FlowLifter):
    """Wandt et al., CVPR 2022: one lifter and one flow over the full pose.

    As published: ``experiments/unsupervised/elepose_published.yaml``.

    Args:
        split: ``full``, the only one.
        full_flow: Checkpoint of the flow over the full pose (:class:`PoseFlows`).
        **kwargs: See :class:`lifting.methods.bases.flow_lifter.FlowLifter`.
    """

    def __init__(self, split: str = FULL, full_flow: str | None = None, **kwargs: Any) -> None:
        if split != FULL:
            raise InputError("ElePose lifts the full pose; LInKs lifts left_right or leg_torso.")
        super().__init__(split=split, full_flow=full_flow, **kwargs)
