"""DSTformer of MotionBERT: attention over joints and frames in both orders, a pose for every frame.

Paper: MotionBERT: A Unified Perspective on Learning Human Motion Representations.
https://arxiv.org/abs/2210.06551
Official code: https://github.com/Walter0807/MotionBERT

@inproceedings{motionbert2022,
  title={MotionBERT: A Unified Perspective on Learning Human Motion Representations},
  author={Zhu, Wentao and Ma, Xiaoxuan and Liu, Zhaoyang and Liu, Libin and Wu, Wayne and Wang, Yizhou},
  booktitle={ICCV}, year={2023}
}
"""

from typing import Any

from lifting.methods.bases.clip_lifter import ClipLifter
from lifting.nets.dstformer import DSTformerNet
from lifting.skeletons import skeleton


class DSTformer(ClipLifter):
    """Zhu et al., ICCV 2023, trained on poses.

    The lite network of the paper has ``width: 256`` and ``mlp_ratio: 4``.

    Deviations from the official code: standardised keypoints (``standardise: false``); metric poses
    (``target: image``, or ``absolute`` as in the configurations for videos in the wild); no scores of
    detectors (``confidence: scores``); a cosine schedule (``schedule: exponential``,
    ``lr_decay: 0.99``); padding behind a clip that is shorter than a window does not count. A
    pretrained network is named by ``start_from``; the masks and the noise of the original's pretraining
    are not here.

    Args:
        frames: Frames of a window, all of which are predicted.
        places: Frames that the network has places for, of which a window takes the first.
        width: Width of the tokens.
        depth: Layers of two streams each.
        heads: Attention heads.
        mlp_ratio: Width of the feed-forward networks between their layers over that of the tokens.
        representation: Width of the representation before the last layer.
        drop_path: Probability that a branch of the last layer is dropped in training.
        sdpa: Torch's fused attention instead of an explicit one.
        **kwargs: See :class:`lifting.methods.bases.clip_lifter.ClipLifter`.

    Raises:
        InputError: If keypoints and poses have different joints, or there are more frames than places.
    """

    def __init__(
        self,
        frames: int = 243,
        places: int = 243,
        width: int = 512,
        depth: int = 5,
        heads: int = 8,
        mlp_ratio: int = 2,
        representation: int = 512,
        drop_path: float = 0.0,
        sdpa: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the network."""
        super().configure_nets()
        windows = self.options("frames", "places")
        layers = self.options("width", "depth", "heads", "mlp_ratio", "representation")
        more = self.options("drop_path", "sdpa")
        joints = len(skeleton(self.hparams["skeleton"]))
        self.net = DSTformerNet(joints, **windows, **layers, **more)
