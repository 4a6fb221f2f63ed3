"""LSTMLifter, TransformerLifter, WindowMLPLifter: a window of frames in, the pose of its centre out.

No paper; the three lifters of https://github.com/bargav25/3D-Human-Pose-Estimation (2024), whose
transformer's attention ran over the batch in place of time.
"""

from typing import Any

from lifting.errors import InputError, Option, Phrase
from lifting.methods.bases.method import check_choice
from lifting.methods.bases.standardised_lifter import StandardisedLifter
from lifting.nets.window_networks import LSTMNet, TemporalTransformer, WindowMLP


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

    # cuDNN does all time steps in a few launches, which the compiler would unroll.
    compiled_parts = ()

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
        check_choice("readout", h["readout"], ("centre", "last"))
        sizes = ("frames", "width", "layers", "dropout")
        self.net = self.build_net(LSTMNet, *sizes, "bidirectional", "readout")


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
        check_choice("readout", h["readout"], ("centre", "mean"))
        if h["width"] % (2 * h["heads"]):
            twice = f"a multiple of twice the {h['heads']} heads"
            raise InputError(Phrase("{} is {}: give {}.", Option("model.width"), h["width"], twice))
        sizes = ("frames", "width", "layers", "heads", "hidden", "dropout")
        self.net = self.build_net(TemporalTransformer, *sizes, "pre_norm", "readout")


class WindowMLPLifter(StandardisedLifter):
    """One hidden layer over all frames at once: a floor under the other sequence lifters.

    Deviations from the original: standardised keypoints (``standardise: false``), a cosine schedule
    (``schedule: exponential``, ``lr_decay: 0.99``).

    Args:
        frames: Frames of a window.
        width: Width of the hidden layer.
        **kwargs: See :class:`lifting.methods.bases.standardised_lifter.StandardisedLifter`.
    """

    def __init__(self, frames: int = 81, width: int = 1024, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the perceptron."""
        super().configure_nets()
        self.net = self.build_net(WindowMLP, "frames", "width")
