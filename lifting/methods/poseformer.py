"""PoseFormer: a transformer over the joints of each frame, and one over the frames of a window.

Paper: 3D Human Pose Estimation with Spatial and Temporal Transformers. https://arxiv.org/abs/2103.10455
Official code: https://github.com/zczcwh/PoseFormer

@inproceedings{zheng2021poseformer,
  title={3D Human Pose Estimation with Spatial and Temporal Transformers},
  author={Zheng, Ce and Zhu, Sijie and Mendieta, Matias and Yang, Taojiannan and Chen, Chen and
    Ding, Zhengming},
  booktitle={ICCV}, year={2021}
}
"""

from typing import Any

from lifting.methods.bases.sequence_lifter import SequenceLifter
from lifting.nets.poseformer import PoseFormerNet


class PoseFormer(SequenceLifter):
    """Zheng et al., ICCV 2021.

    Deviation from the paper: a cosine schedule (``schedule: exponential``, ``lr_decay: 0.99``).

    Args:
        frames: Frames of a window.
        width: Width of a keypoint's token; a frame's is as many times as wide as there are keypoints.
        depth: Blocks of each of the two transformers.
        heads: Attention heads.
        drop_path: Probability that a branch of the last block is dropped in training.
        sdpa: Torch's fused attention instead of an explicit one.
        **kwargs: See :class:`lifting.methods.bases.lifter.Lifter`.
    """

    def __init__(
        self,
        frames: int = 81,
        width: int = 32,
        depth: int = 4,
        heads: int = 8,
        drop_path: float = 0.1,
        sdpa: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the two transformers."""
        options = ("frames", "width", "depth", "heads", "drop_path", "sdpa")
        self.net = self.build_net(PoseFormerNet, *options)
