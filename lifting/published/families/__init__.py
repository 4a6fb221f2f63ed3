"""Families of published weights, one file each: names, options by shapes, constants, statistics."""

from collections.abc import Mapping

from torch import Tensor

from lifting.errors import InputError
from lifting.published.families import (
    dstformer,
    elepose,
    elepose_lifter,
    hrnet,
    iganet,
    links,
    lstm_lifter,
    mixste,
    motion_agformer,
    occlusion_completion,
    pose_resnet,
    poseformer,
    poseformer_v2,
    relative_depth,
    repnet,
    simple_baseline,
    temporal_gan,
    transformer_lifter,
    video_pose_3d,
    window_mlp_lifter,
)
from lifting.published.families.base import DetectorFamily, Family, LifterFamily

# In the order in which a file's marks are looked for.
_ALL: tuple[Family, ...] = (
    video_pose_3d.FAMILY,
    mixste.FAMILY,
    motion_agformer.FAMILY,
    dstformer.FAMILY,
    iganet.FAMILY,
    poseformer_v2.FAMILY,  # Before PoseFormer, whose mark its files bear, too.
    poseformer.FAMILY,
    relative_depth.FAMILY,  # Before SimpleBaseline, whose mark its files bear, too.
    simple_baseline.FAMILY,
    elepose.FAMILY,
    elepose_lifter.FAMILY,
    occlusion_completion.FAMILY,  # Before LInKs, whose marks its files bear, too.
    links.FAMILY,
    repnet.FAMILY,
    temporal_gan.FAMILY,
    lstm_lifter.FAMILY,
    transformer_lifter.FAMILY,
    window_mlp_lifter.FAMILY,
    hrnet.FAMILY,
    pose_resnet.FAMILY,
)
FAMILIES = {family.name: family for family in _ALL if isinstance(family, LifterFamily)}
DETECTORS = {family.name: family for family in _ALL if isinstance(family, DetectorFamily)}


def recognise(
    tensors: Mapping[str, Tensor], families: Mapping[str, Family], noun: str = "family"
) -> str:
    """Return the name of the family whose mark a file bears.

    Raises:
        InputError: If it bears none; ``noun`` is the word for the families in it.
    """
    for name, family in families.items():
        if any(layout.mark in tensors for layout in family.layouts):
            return name
    what = f"holds {next(iter(tensors))} and other tensors of no {noun} that is known here"
    raise InputError(what, remedy=f"known are {', '.join(families)}.")


def family_of(method: str) -> LifterFamily:
    """Return the family that a method of ours exports as.

    Raises:
        InputError: If there is none.
    """
    for family in FAMILIES.values():
        if method in family.methods:
            return family
    what = f"is of a {method}, which no publication has"
    raise InputError(what, remedy="nothing can read it there.")
