"""HeatmapDetector: keypoints by heat-maps, learnt from 2D alone.

Paper (HRNet): Deep High-Resolution Representation Learning for Human Pose Estimation.
https://arxiv.org/abs/1902.09212
Official code: https://github.com/leoxiaobin/deep-high-resolution-net.pytorch
Paper (PoseResNet): Simple Baselines for Human Pose Estimation and Tracking. https://arxiv.org/abs/1804.06208
Official code: https://github.com/microsoft/human-pose-estimation.pytorch

@inproceedings{sun2019deep,
  title={Deep High-Resolution Representation Learning for Human Pose Estimation},
  author={Sun, Ke and Xiao, Bin and Liu, Dong and Wang, Jingdong},
  booktitle={CVPR}, year={2019}
}
@inproceedings{xiao2018simple,
  title={Simple Baselines for Human Pose Estimation and Tracking},
  author={Xiao, Bin and Wu, Haiping and Wei, Yichen},
  booktitle={ECCV}, year={2018}
}
"""

from typing import Any

from torch import Tensor

from lifting.batch import ImageBatch
from lifting.errors import wrong_value
from lifting.losses.heatmaps import hard_keypoint_loss
from lifting.methods.bases.detector import Detector


class HeatmapDetector(Detector):
    """Sun et al., CVPR 2019, and Xiao et al., ECCV 2018: HRNet or PoseResNet.

    Deviations from the papers: sub-pixel targets (``quantised: true``), keypoints as the soft mean round
    the peak (``decoder: quarter``), heat-maps that begin and end with their crop (``alignment:
    centres``), a cosine schedule (``schedule: exponential``).

    Args:
        hard_joints: Learn from so many joints of each person only, those with the largest errors
            (OHKM, Chen et al., CVPR 2018; published: 8); from all where 0.
        **kwargs: See :class:`lifting.methods.bases.detector.Detector`.
    """

    def __init__(self, hard_joints: int = 0, **kwargs: Any) -> None:
        if hard_joints < 0:
            raise wrong_value("model.hard_joints", hard_joints, "give 0 or more.")
        super().__init__(**kwargs)

    def objective(self, batch: ImageBatch) -> dict[str, Tensor]:
        """Return the mean squared error of heat-maps."""
        errors, _ = self.heatmap_errors(self(batch["image"]), batch)
        count = self.hparams["hard_joints"]
        return {"loss": hard_keypoint_loss(errors, count) if count else errors.mean()}
