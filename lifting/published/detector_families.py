"""The published 2D detectors that are known: their marks, their sizes, and what may be left out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor

from lifting.errors import InputError
from lifting.nets.hrnet import HRNet
from lifting.nets.pose_resnet import DEPTHS, PoseResNet
from lifting.published import detector_maps
from lifting.published.key_maps import Options, Pair
from lifting.published.source import Source

Net: TypeAlias = HRNet | PoseResNet


@dataclass(frozen=True)
class Detector:
    """Published detectors of one kind.

    Attributes:
        net: The network.
        network: What :func:`lifting.nets.detectors.build_detector` calls it, with places for options.
        options: Its options, which are its attributes, too.
        mark: A tensor that all such files have and others have not.
        infer: Those of the options that the shapes of a file tell.
        pairs: The table of names.
        head: What our names of the layers begin with that classifiers lack.
        unused: What the published names of the layers begin with that detectors may do without.
    """

    net: type[HRNet] | type[PoseResNet]
    network: str
    options: tuple[str, ...]
    mark: str
    infer: Callable[[Source], dict[str, int]]
    pairs: Callable[[Options], list[Pair]]
    head: tuple[str, ...]
    unused: tuple[str, ...]

    def options_of(self, net: Net) -> dict[str, Any]:
        """Return the options a network was built with."""
        return {option: getattr(net, option) for option in self.options}


def _joints(source: Source) -> dict[str, int]:
    # Of the same name is a module of HRNet's classifier, whose tensors are one deeper.
    name = "final_layer.weight"
    return {"joints": source.size(name, 0)} if name in source.tensors else {}


def _hrnet(source: Source) -> dict[str, int]:
    return {"width": source.size("stage2.0.branches.0.0.conv1.weight", 0), **_joints(source)}


def _pose_resnet(source: Source) -> dict[str, int]:
    counts = tuple(source.count(f"layer{i}") for i in range(1, 5))
    expansion = 4 if "layer1.0.conv3.weight" in source.tensors else 1
    depths = [d for d, (kind, n) in DEPTHS.items() if (kind.expansion, n) == (expansion, counts)]
    if not depths:
        raise InputError(
            f"has {', '.join(map(str, counts))} blocks, as none of the ResNets of "
            f"{', '.join(map(str, DEPTHS))} layers has",
            remedy="name another file.",
        )
    found = {"depth": depths[0], **_joints(source)}
    first = "deconv_layers.0.weight"
    return found | ({"width": source.size(first, 1)} if first in source.tensors else {})


DETECTORS = {
    "HRNet": Detector(
        HRNet,
        "hrnet_w{width}",
        ("joints", "width"),
        "transition1.1.0.0.weight",
        _hrnet,
        detector_maps.hrnet,
        head=("head.",),
        unused=(
            *("final_layer.", "classifier.", "incre_modules.", "downsamp_modules."),
            *(f"stage4.2.fuse_layers.{i}." for i in (1, 2, 3)),
        ),
    ),
    "PoseResNet": Detector(
        PoseResNet,
        "pose_resnet_{depth}",
        ("joints", "depth", "width", "bgr"),
        "layer4.0.conv1.weight",
        _pose_resnet,
        detector_maps.pose_resnet,
        head=("deconvolutions.", "head."),
        unused=("final_layer.", "fc."),
    ),
}


def recognise_detector(tensors: dict[str, Tensor]) -> str:
    """Return the name of the detector whose mark a file bears.

    Raises:
        InputError: If it bears none.
    """
    for name, kind in DETECTORS.items():
        if kind.mark in tensors:
            return name
    raise InputError(
        f"holds {next(iter(tensors))} and other tensors of no detector that is known here",
        remedy=f"known are {', '.join(DETECTORS)}.",
    )
