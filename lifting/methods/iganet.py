"""IGANet: single frames through graph convolutions and attention in alternation.

Paper: Interweaved Graph and Attention Network for 3D Human Pose Estimation. https://arxiv.org/abs/2304.14045
Official code: https://github.com/xiu-cs/IGANet

@inproceedings{wang2023iganet,
  title={Interweaved Graph and Attention Network for 3D Human Pose Estimation},
  author={Wang, Ti and Liu, Hong and Ding, Runwei and Li, Wenhao and You, Yingxuan and Li, Xia},
  booktitle={ICASSP}, year={2023}
}
"""

from typing import Any

from lifting.methods.bases.sequence_lifter import SequenceLifter
from lifting.nets.iganet import IGANetwork
from lifting.skeletons import skeleton


class IGANet(SequenceLifter):
    """Wang et al., ICASSP 2023.

    Deviations from the official code: a cosine schedule (``schedule: exponential``,
    ``lr_decay: 0.95``). Activations in the encoder of the joints, which the original lacks, are
    ``encoder_activation: true``.

    Args:
        width: Width of the tokens.
        depth: Blocks.
        heads: Attention heads.
        drop_path: Probability that a branch of the last block is dropped in training.
        dropout: Whether attention and perceptrons drop values in training.
        encoder_activation: GELUs between the layers that make tokens of keypoints.
        sdpa: Torch's fused attention instead of an explicit one.
        **kwargs: See :class:`lifting.methods.bases.lifter.Lifter`.

    Raises:
        InputError: If keypoints and poses have different joints.
    """

    slides = True
    same_joints = True

    def __init__(
        self,
        width: int = 512,
        depth: int = 3,
        heads: int = 8,
        drop_path: float = 0.2,
        dropout: bool = True,
        encoder_activation: bool = False,
        sdpa: bool = True,
        amsgrad: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(amsgrad=amsgrad, **kwargs)

    @property
    def frames(self) -> int:
        """Input frames of a window: one."""
        return 1

    def configure_nets(self) -> None:
        """Build the network on the graph of the skeleton, whose edges lead to and from the spine."""
        body = skeleton(self.hparams["skeleton"])
        self.net = IGANetwork(
            parents=body.parents,
            mirror_pairs=body.mirror_pairs,
            centre=body.index("spine") if "spine" in body.joints else body.root,
            **self.options("width", "depth", "heads", "drop_path", "dropout"),
            **self.options("encoder_activation", "sdpa"),
        )
