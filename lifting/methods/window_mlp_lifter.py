"""WindowMLPLifter: a flattened window of frames through a perceptron, the pose of its centre out.

No paper; one of the three lifters of https://github.com/bargav25/3D-Human-Pose-Estimation (2024).
"""

from typing import Any

from lifting.methods.bases.standardised_lifter import StandardisedLifter
from lifting.nets.window_mlp import WindowMLP
from lifting.skeletons import skeleton


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
        h = self.hparams
        self.net = WindowMLP(
            keypoints=len(skeleton(h["keypoint_skeleton"])),
            joints=len(skeleton(h["skeleton"])),
            frames=h["frames"],
            width=h["width"],
        )
