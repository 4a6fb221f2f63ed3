"""Base class of sequence lifters with standardised input."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.cameras import Camera
from lifting.geometry import centre
from lifting.methods.bases.lifter import EXAMPLES
from lifting.methods.bases.pose_data import PoseData
from lifting.methods.bases.sequence_lifter import SequenceLifter, on_screen
from lifting.nets.standardise import Standardise
from lifting.skeletons import skeleton


class StandardisedLifter(SequenceLifter):
    """A lifter of windows whose keypoints are seen relative to their root, standardised.

    A person fills a part of the image only, and moves as a whole more than its limbs do: as the screen
    has them, keypoints are small numbers that all say nearly the same. The root itself stays where it is
    on the screen.

    Args:
        standardise: False leaves keypoints as the screen has them, as the publications do.
        **kwargs: See :class:`lifting.methods.bases.lifter.Lifter`.
    """

    def __init__(self, standardise: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Make room for the statistics."""
        if self.hparams["standardise"]:
            keypoints = skeleton(self.hparams["keypoint_skeleton"])
            self.standardise_keypoints = Standardise(len(keypoints), 2)

    def take_statistics(self, data: PoseData) -> None:
        """Take statistics of examples all over the training split."""
        super().take_statistics(data)
        if self.hparams["standardise"]:
            sample = self.into_view(data.spread("train", EXAMPLES, self.device))
            relative = self.relative(on_screen(sample["keypoints"][..., :2], sample["camera"]))
            frames = relative.flatten(0, 1)
            # Where keypoints may be missing, those that are seen tell.
            means = frames.nanmean(0).nan_to_num(0.0)
            self.standardise_keypoints.fit(torch.where(frames.isnan(), means, frames))

    def relative(self, x: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B T K 2"]:
        """Return keypoints relative to their root, which stays where the screen has it."""
        root = skeleton(self.hparams["keypoint_skeleton"]).root
        relative = centre(x, root)
        relative[:, :, root] = x[:, :, root]
        return relative

    def network_input(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B T K 2"]:
        """Map pixels to standardised keypoints."""
        x = super().network_input(keypoints, camera)
        return self.standardise_keypoints(self.relative(x)) if self.hparams["standardise"] else x
