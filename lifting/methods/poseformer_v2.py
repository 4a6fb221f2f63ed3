"""PoseFormerV2: a few central frames and the low frequencies of a long window.

Paper: PoseFormerV2: Exploring Frequency Domain for Efficient and Robust 3D Human Pose Estimation.
https://arxiv.org/abs/2303.17472
Official code: https://github.com/QitaoZhao/PoseFormerV2

@inproceedings{zhao2023poseformerv2,
  title={PoseFormerV2: Exploring Frequency Domain for Efficient and Robust 3D Human Pose Estimation},
  author={Zhao, Qitao and Zheng, Ce and Liu, Mengyuan and Wang, Pichao and Chen, Chen},
  booktitle={CVPR}, year={2023}
}
"""

from typing import Any

from lifting.methods.bases.sequence_lifter import SequenceLifter
from lifting.nets.poseformer_v2 import PoseFormerV2Net


class PoseFormerV2(SequenceLifter):
    """Zhao et al., CVPR 2023.

    Deviations from the official code: the tokens of the frames, and no others, go through the networks
    on frequencies, also where their numbers differ (``legacy_split: true``); a cosine schedule
    (``schedule: exponential``, ``lr_decay: 0.99``).

    Args:
        frames: Frames of a window.
        kept: Central frames that get a token of their own.
        coefficients: Low frequencies that get a token.
        width: Width of a keypoint's token; a frame's is as many times as wide as there are keypoints.
        depth: Blocks of each transformer.
        heads: Attention heads.
        drop_path: Probability that a branch of the last block is dropped in training.
        legacy_split: Send the second half of all tokens through the networks on frequencies.
        sdpa: Torch's fused attention instead of an explicit one.
        **kwargs: See :class:`lifting.methods.bases.lifter.Lifter`.
    """

    def __init__(
        self,
        frames: int = 81,
        kept: int = 9,
        coefficients: int = 9,
        width: int = 32,
        depth: int = 4,
        heads: int = 8,
        drop_path: float = 0.1,
        legacy_split: bool = False,
        sdpa: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the transformers over joints, frames and frequencies."""
        windows = ("frames", "kept", "coefficients", "legacy_split")
        tokens = ("width", "depth", "heads", "drop_path", "sdpa")
        self.net = self.build_net(PoseFormerV2Net, *windows, *tokens)
