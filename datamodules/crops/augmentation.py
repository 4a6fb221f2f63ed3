"""Augmentation of crops: scale, rotation, mirroring, half bodies and colour.

As in HRNet (Sun et al., CVPR 2019), but that upper and lower body are chosen equally often, where a slip
in its code chooses the upper in 69 of 100 cases.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from datamodules.examples.seeded_random import normal, uniform
from lifting.errors import InputError
from lifting.imaging.boxes import box_around
from lifting.imaging.crops import crop_affine, fit_aspect
from lifting.on_device import constant
from lifting.skeletons import Skeleton

# A half of the body is taken where this many joints of it are labelled, and more than as many in all.
_OF_HALF, _IN_ALL = 3, 8
_HALF_PADDING = 1.5
_LOWER = ("pelvis", "hip", "knee", "ankle", "foot", "toe", "base", "end")
_TURNED = 0.6


@dataclass(frozen=True)
class Augmentation:
    """Augmentation of training crops; the defaults are HRNet's for COCO.

    Attributes:
        scale: Standard deviation of the size, as a fraction, and the largest change.
        rotation: Standard deviation of the angle, degrees; up to twice as much, in 6 of 10 crops.
        flip: Fraction of crops that are mirrored.
        half_body: Fraction of crops that show the upper or the lower body alone.
        colour: The largest change of brightness, contrast and saturation, as a fraction.
    """

    scale: float = 0.35
    rotation: float = 45.0
    flip: float = 0.5
    half_body: float = 0.3
    colour: float = 0.2

    def __post_init__(self) -> None:
        for name in ("flip", "half_body"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"Augmentation: {name} is no fraction: give 0 to 1.")
        for name in ("scale", "colour"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"Augmentation: {name} is not from 0 to below 1: give a fraction.")
        if self.rotation < 0:
            raise InputError("Augmentation: rotation is negative: give degrees, 0 or more.")


class ExampleRandom:
    """Random numbers of examples: a function of seed, epoch and example, whatever the batch."""

    def __init__(self, seed: int, epoch: int, rows: Int[Tensor, " B"]) -> None:
        self.seed = seed
        self.counters = torch.tensor(epoch, device=rows.device), rows

    def uniform(self, purpose: int) -> Float[Tensor, " B"]:
        """Return numbers from [0, 1)."""
        return uniform(self.seed, *self.counters, torch.full_like(self.counters[1], purpose))

    def normal(self, purpose: int) -> Float[Tensor, " B"]:
        """Return standard normal numbers."""
        return normal(self.seed, *self.counters, torch.full_like(self.counters[1], purpose))


_COIN, _HALF, _SIZE, _TURN, _ANGLE, _FLIP, _COLOUR = range(7)


def augmented_affine(
    augmentation: Augmentation,
    random: ExampleRandom,
    box: Float[Tensor, "B 4"],
    keypoints: Float[Tensor, "B K 2"],
    labelled: Bool[Tensor, "B K"],
    joints: Skeleton,
    size: tuple[int, int],
    padding: float,
) -> Float[Tensor, "B 2 3"]:
    """Return the map from pixels of the image to pixels of the augmented crop, for every example.

    Args:
        augmentation: How much crops differ.
        random: The random numbers of each example.
        box: Boxes of the people, image pixels.
        keypoints: Their keypoints, image pixels.
        labelled: Keypoints that are known.
        joints: Joint set of the keypoints.
        size: Width and height of the crop.
        padding: How much larger than the box the crop is.
    """
    centre, scale = fit_aspect(box.double(), size, padding)
    half = _half(random, labelled, joints)
    taken = half.any(-1) & (random.uniform(_HALF) < augmentation.half_body)
    half_box = box_around(keypoints.double(), half | ~taken[:, None])
    half_centre, half_scale = fit_aspect(half_box, size, _HALF_PADDING)
    centre = torch.where(taken[:, None], half_centre, centre)
    scale = torch.where(taken, half_scale, scale)
    zoom, turn = augmentation.scale, augmentation.rotation
    scale = scale / (1 + zoom * random.normal(_SIZE)).clamp(1 - zoom, 1 + zoom)
    angle = (turn * random.normal(_ANGLE)).clamp(-2 * turn, 2 * turn)
    angle = torch.where(random.uniform(_TURN) < _TURNED, angle, 0.0) * math.pi / 180
    flip = random.uniform(_FLIP) < augmentation.flip
    return crop_affine(centre, scale, size, angle, flip).float()


def _half(random: ExampleRandom, labelled: Tensor, joints: Skeleton) -> Bool[Tensor, "B K"]:
    """Return the labelled joints of the upper or of the lower body, of none where they are few."""
    lower = torch.tensor([j.split("_")[-1] in _LOWER for j in joints.joints]).to(labelled.device)
    low, high = labelled & lower, labelled & ~lower
    first = (random.uniform(_COIN) < 0.5)[:, None]
    enough = [(part.sum(-1) >= _OF_HALF)[:, None] for part in (low, high)]
    choose_low = torch.where(enough[0] & enough[1], first, enough[0])
    half = torch.where(choose_low, low, high)
    return half & (enough[0] | enough[1]) & (labelled.sum(-1) > _IN_ALL)[:, None]


def colour_factors(augmentation: Augmentation, random: ExampleRandom) -> Float[Tensor, "B 3"]:
    """Return the factors of brightness, contrast and saturation of every example."""
    columns = [random.uniform(_COLOUR + n) for n in range(3)]
    return (1 + augmentation.colour * (2 * torch.stack(columns, -1) - 1)).float()


def change_colours(
    images: Float[Tensor, "B 3 H W"], factors: Float[Tensor, "B 3"]
) -> Float[Tensor, "B 3 H W"]:
    """Change brightness, contrast and saturation of images from 0 to 1, in this order."""
    brightness, contrast, saturation = factors[:, :, None, None, None].unbind(1)
    images = (images * brightness).clamp(0, 1)
    mean = _grey(images).mean((2, 3), keepdim=True)
    images = (mean + contrast * (images - mean)).clamp(0, 1)
    grey = _grey(images)
    return (grey + saturation * (images - grey)).clamp(0, 1)


def _grey(images: Tensor) -> Tensor:
    """Return the luma of ITU-R BT.601."""
    weights = constant((0.299, 0.587, 0.114), images.device, images.dtype)
    return (images * weights[:, None, None]).sum(1, keepdim=True)
