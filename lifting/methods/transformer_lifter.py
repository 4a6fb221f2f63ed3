"""TransformerLifter: a window of frames through a transformer over time, the pose of its centre out.

No paper; one of the three lifters of https://github.com/bargav25/3D-Human-Pose-Estimation (2024),
whose attention ran over the batch in place of time.
"""

from typing import Any

from lifting.errors import InputError
from lifting.methods.bases.standardised_lifter import StandardisedLifter
from lifting.nets.temporal_transformer import TemporalTransformer
from lifting.skeletons import skeleton


class TransformerLifter(StandardisedLifter):
    """One token per frame, attention over time.

    Deviations from the original (``pre_norm: false``, ``readout: mean``): it attends over time;
    normalisation before attention, which trains without warm-up; the token of the centre frame in place
    of the mean, which knows of no frame; standardised keypoints (``standardise: false``); a cosine
    schedule (``schedule: exponential``, ``lr_decay: 0.99``).

    Args:
        frames: Frames of a window.
        width: Width of the tokens.
        layers: Encoder layers.
        heads: Attention heads.
        hidden: Width of the feed-forward layers.
        dropout: Fraction of values dropped in training.
        pre_norm: Normalise before attention and feed-forward, not after.
        readout: ``centre`` frame, or ``mean`` of all.
        **kwargs: See :class:`lifting.methods.bases.standardised_lifter.StandardisedLifter`.

    Raises:
        InputError: If there is no such readout, or the width does not divide into the heads.
    """

    def __init__(
        self,
        frames: int = 81,
        width: int = 256,
        layers: int = 3,
        heads: int = 8,
        hidden: int = 512,
        dropout: float = 0.1,
        pre_norm: bool = True,
        readout: str = "centre",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the encoder."""
        super().configure_nets()
        h = self.hparams
        if h["readout"] not in ("centre", "mean"):
            raise InputError(f"--model.readout is {h['readout']}: use centre or mean.")
        if h["width"] % (2 * h["heads"]):
            raise InputError(
                f"--model.width is {h['width']}: give a multiple of twice the {h['heads']} heads."
            )
        self.net = TemporalTransformer(
            keypoints=len(skeleton(h["keypoint_skeleton"])),
            joints=len(skeleton(h["skeleton"])),
            frames=h["frames"],
            width=h["width"],
            layers=h["layers"],
            heads=h["heads"],
            hidden=h["hidden"],
            dropout=h["dropout"],
            pre_norm=h["pre_norm"],
            readout=h["readout"],
        )
