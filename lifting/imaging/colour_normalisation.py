"""Normalisation of images for detectors: RGB, mean and standard deviation of ImageNet."""

from jaxtyping import Float, Num
from torch import Tensor

from lifting.on_device import constant

# Of red, green and blue between 0 and 1.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def normalise(images: Num[Tensor, "*batch 3 H W"]) -> Float[Tensor, "*batch 3 H W"]:
    """Return RGB images, of 0 to 255, as the detectors take them."""
    mean, std = _statistics(images.float())
    return (images.float() / 255 - mean) / std


def denormalise(images: Float[Tensor, "*batch 3 H W"]) -> Float[Tensor, "*batch 3 H W"]:
    """Return what the detectors take as RGB between 0 and 1, to be looked at."""
    mean, std = _statistics(images)
    return images * std + mean


def blue_first(images: Float[Tensor, "*batch 3 H W"]) -> Float[Tensor, "*batch 3 H W"]:
    """Return normalised images as networks take them that were trained on what OpenCV reads.

    Their blue comes first, and red's mean and standard deviation are taken from it.
    """
    mean, std = _statistics(images)
    return (denormalise(images).flip(-3) - mean) / std


def _statistics(like: Tensor) -> tuple[Tensor, Tensor]:
    mean, std = (constant(v, like.device, like.dtype) for v in (IMAGENET_MEAN, IMAGENET_STD))
    return mean[:, None, None], std[:, None, None]
