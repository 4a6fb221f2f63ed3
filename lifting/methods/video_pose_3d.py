"""VideoPose3D: a window of frames in, the pose of its centre out, through convolutions over time.

Paper: 3D human pose estimation in video with temporal convolutions and semi-supervised training.
https://arxiv.org/abs/1811.11742
Official code: https://github.com/facebookresearch/VideoPose3D

@inproceedings{pavllo2019videopose3d,
  title={3D human pose estimation in video with temporal convolutions and semi-supervised training},
  author={Pavllo, Dario and Feichtenhofer, Christoph and Grangier, David and Auli, Michael},
  booktitle={CVPR}, year={2019}
}
"""

import math
from collections.abc import Sequence
from typing import Any

from lifting.batch import PoseBatch
from lifting.errors import wrong_value
from lifting.methods.bases.sequence_lifter import SequenceLifter
from lifting.nets.batch_norm import set_momentum
from lifting.nets.temporal_convolution import TemporalConvolution
from lifting.skeletons import skeleton


class VideoPose3D(SequenceLifter):
    """Pavllo et al., CVPR 2019, supervised.

    Deviations from the paper: a cosine schedule that ends at zero (``schedule: exponential``,
    ``lr_decay: 0.95``), and the momentum of batch normalisation falls with every step instead of every
    epoch, along the same curve. Mirrored examples are drawn (``flip`` of the data) where the original
    doubles the dataset.

    Args:
        taps: Frames of each convolution; their product is the receptive field: [3, 3, 3] for 27.
        channels: Width of the hidden layers.
        dropout: Fraction of hidden values dropped in training.
        causal: See the past only; the data's option of that name must say the same.
        dense: Convolutions without gaps, the paper's ablation.
        missing: Tell the network which keypoints are not seen, in training too, so that any of them may
            be missing.
        norm_momentum: Momentum of batch normalisation at the begin of training.
        norm_momentum_end: The same at its end.
        **kwargs: See :class:`lifting.methods.bases.lifter.Lifter`.

    Raises:
        InputError: If a convolution has an even number of frames.
    """

    slides = True

    def __init__(
        self,
        taps: Sequence[int] = (3, 3, 3),
        channels: int = 1024,
        dropout: float = 0.25,
        causal: bool = False,
        dense: bool = False,
        missing: bool = False,
        norm_momentum: float = 0.1,
        norm_momentum_end: float = 0.001,
        amsgrad: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(amsgrad=amsgrad, **kwargs)

    @property
    def frames(self) -> int:
        """Input frames of a window."""
        return math.prod(self.hparams["taps"])

    @property
    def takes_missing(self) -> bool:
        """Whether the network is told which keypoints are not seen."""
        return bool(self.hparams["missing"])

    def configure_nets(self) -> None:
        """Build the network of the pose."""
        taps = list(self.hparams["taps"])
        if not taps or any(count < 1 or count % 2 == 0 for count in taps):
            raise wrong_value("model.taps", taps, "give odd numbers of frames.")
        self.net = self.build(len(skeleton(self.hparams["skeleton"])))

    def build(self, joints: int) -> TemporalConvolution:
        """Return a network for a number of joints."""
        keypoints = len(skeleton(self.hparams["keypoint_skeleton"]))
        options = self.options("taps", "channels", "dropout", "causal", "dense")
        inputs = 3 if self.takes_missing else 2
        return TemporalConvolution(keypoints, joints, coordinates=inputs, **options)

    def on_train_batch_start(self, batch: PoseBatch, batch_idx: int) -> None:
        """Let the momentum of batch normalisation fall exponentially over training."""
        h = self.hparams
        progress = self.global_step / float(self.trainer.estimated_stepping_batches)
        ratio = h["norm_momentum_end"] / h["norm_momentum"]
        set_momentum(self, h["norm_momentum"] * ratio**progress, self.compiled)
