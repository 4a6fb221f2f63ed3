"""WindowMLPLifter: a flattened window of frames through a perceptron, the pose of its centre out.

No paper; one of the three lifters of https://github.com/bargav25/3D-Human-Pose-Estimation (2024).
"""

from typing import Any

from lifting.methods.sequence_lifter import SequenceLifter
from lifting.nets.window_mlp import WindowMLP
from lifting.skeletons import skeleton


class WindowMLPLifter(SequenceLifter):
    """One hidden layer over all frames at once: a floor under the other sequence lifters.

    Args:
        frames: Frames of a window.
        width: Width of the hidden layer.
        **kwargs: See :class:`lifting.methods.lifter.Lifter`.
    """

    def __init__(self, frames: int = 81, width: int = 1024, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the perceptron."""
        h = self.hparams
        self.net = WindowMLP(
            keypoints=len(skeleton(h["keypoint_skeleton"])),
            joints=len(skeleton(h["skeleton"])),
            frames=h["frames"],
            width=h["width"],
        )
