"""Heat-maps of an image and its mirror image together."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor


def mirrored_maps(
    heatmaps: Float[Tensor, "B K H W"], mirror: tuple[int, ...], shift: bool = False
) -> Float[Tensor, "B K H W"]:
    """Return the heat-maps of mirrored images as those of the images themselves.

    Args:
        heatmaps: Of mirrored images.
        mirror: For each keypoint the index of its mirror image (``Skeleton.mirror``).
        shift: Move them by one pixel to the right, as published weights need whose heat-maps are aligned
            by ``centres``; the leftmost column stays.
    """
    maps = heatmaps[:, list(mirror)].flip(-1)
    return torch.cat((maps[..., :1], maps[..., :-1]), -1) if shift else maps


def flip_test(
    net: Callable[[Tensor], Tensor],
    images: Float[Tensor, "B 3 H W"],
    mirror: tuple[int, ...],
    shift: bool = False,
) -> Float[Tensor, "B K I V"]:
    """Return the mean of the heat-maps of images and of their mirror images.

    Args:
        net: Detector of heat-maps.
        images: Normalised images.
        mirror: For each keypoint the index of its mirror image.
        shift: As in :func:`mirrored_maps`.
    """
    return (net(images) + mirrored_maps(net(images.flip(-1)), mirror, shift)) / 2
