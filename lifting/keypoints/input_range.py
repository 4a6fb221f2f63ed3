"""Range of the keypoints of training, and deviations of other keypoints from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.cameras import Camera, to_screen
from lifting.errors import CheckpointError
from lifting.geometry import in_float64

# Of a recording, the deviation of the median frame counts: single frames may be anywhere.
_FRAME = 0.5
# Standard deviations are never below this part of the image's width.
_LEAST = 1e-3


class Farthest(NamedTuple):
    """The keypoint that lies farthest from where it was in training, and how many deviations off."""

    joint: int
    deviations: float


@dataclass(frozen=True)
class InputRange:
    """Mean and standard deviation of keypoints on the screen, as they are and about their centroid.

    Attributes:
        mean: ``(2, K, 2)``, of both, in coordinates of :func:`lifting.cameras.to_screen`.
        std: Standard deviations, likewise.
    """

    mean: Float[Tensor, "2 K 2"]
    std: Float[Tensor, "2 K 2"]

    @classmethod
    def of(cls, keypoints: Float[Tensor, "B T K 2"], camera: Camera) -> Self:
        """Take the range of the keypoints of training examples, pixels."""
        both = _both(keypoints, camera)
        return cls(both.mean(1), both.std(1, correction=0).clamp_min(_LEAST))

    def farthest(self, keypoints: Float[Tensor, "B T K 2"], camera: Camera) -> Farthest:
        """Return the keypoint that is farthest off in the median frame, by either of both measures."""
        off = (_both(keypoints, camera) - self.mean[:, None]) / self.std[:, None]
        deviations = off.abs().amax(-1).nan_to_num(0.0).quantile(_FRAME, dim=1).amax(0)
        joint = int(deviations.argmax())
        return Farthest(joint, float(deviations[joint]))

    def to_dict(self) -> dict[str, Tensor]:
        """Return plain tensors, for a checkpoint."""
        return {"mean": self.mean.cpu(), "std": self.std.cpu()}

    @classmethod
    def from_dict(cls, values: Any, points: int) -> Self:
        """Return the range that :meth:`to_dict` wrote.

        Args:
            values: What it wrote.
            points: Number of keypoints it must be of.

        Raises:
            CheckpointError: If it is something else, or holds numbers that are not finite.
        """
        shape = (2, points, 2)
        content = values if isinstance(values, Mapping) else {}
        mean, std = content.get("mean"), content.get("std")
        for x in (mean, std):
            if not (isinstance(x, Tensor) and x.shape == shape and x.isfinite().all()):
                what = f"its input_range is not of {points} keypoints"
                raise CheckpointError(what, remedy="get or train it again.")
        return cls(content["mean"], content["std"])


def _both(keypoints: Tensor, camera: Camera) -> Float[Tensor, "2 frames K 2"]:
    screen = in_float64(to_screen(keypoints.flatten(1, 2), camera.size).view_as(keypoints))
    frames = screen.flatten(0, 1)
    return torch.stack([frames, frames - frames.mean(-2, keepdim=True)])
