"""LSTMLifter: a window of frames through an LSTM, the pose of its centre out.

No paper; one of the three lifters of https://github.com/bargav25/3D-Human-Pose-Estimation (2024),
beside :class:`lifting.methods.transformer_lifter.TransformerLifter` and
:class:`lifting.methods.window_mlp_lifter.WindowMLPLifter`.
"""

from typing import Any

from lifting.errors import InputError
from lifting.methods.bases.standardised_lifter import StandardisedLifter
from lifting.nets.lstm import LSTMNet
from lifting.skeletons import skeleton


class LSTMLifter(StandardisedLifter):
    """The frames of a window in both directions, read out at the centre.

    Deviations from the original, which reads forwards and predicts the centre frame from the state after
    the last one (``bidirectional: false``, ``readout: last``): both directions and the state at the
    centre; standardised keypoints (``standardise: false``); one pass over an example of many output
    frames (``chunk`` of the data), of which each has half a window of context at least, where the
    original runs over the window of each (``windowed: true``), at a fortieth of the speed; a cosine
    schedule (``schedule: exponential``, ``lr_decay: 0.99``).

    Args:
        frames: Frames of a window.
        width: Width of the hidden state, per direction.
        layers: LSTM layers.
        bidirectional: Read the window in both directions.
        readout: ``centre`` or ``last``: the frame whose state the pose is read from.
        dropout: Fraction of values dropped between layers in training.
        windowed: Run over the window of every output frame by itself.
        **kwargs: See :class:`lifting.methods.bases.standardised_lifter.StandardisedLifter`.

    Raises:
        InputError: If there is no such readout.
    """

    def __init__(
        self,
        frames: int = 81,
        width: int = 512,
        layers: int = 1,
        bidirectional: bool = True,
        readout: str = "centre",
        dropout: float = 0.0,
        windowed: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    @property
    def prediction_chunk(self) -> int:
        """Output frames of one pass, whose context depends on it: as many as in training."""
        return self.frames if self.slides else 1

    def configure_nets(self) -> None:
        """Build the LSTM."""
        super().configure_nets()
        h = self.hparams
        self.slides = not h["windowed"]
        if h["readout"] not in ("centre", "last"):
            raise InputError(f"--model.readout is {h['readout']}: use centre or last.")
        self.net = LSTMNet(
            keypoints=len(skeleton(h["keypoint_skeleton"])),
            joints=len(skeleton(h["skeleton"])),
            frames=h["frames"],
            width=h["width"],
            layers=h["layers"],
            bidirectional=h["bidirectional"],
            readout=h["readout"],
            dropout=h["dropout"],
        )
