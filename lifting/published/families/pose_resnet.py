"""PoseResNet (Xiao et al.), whose trunk has the names of torchvision's, and classifiers of ImageNet."""

from lifting.errors import InputError
from lifting.nets.pose_resnet import DEPTHS, PoseResNet
from lifting.published.families.base import DetectorFamily, Layout, Options, Pair
from lifting.published.families.common import convolution, detector_joints, residual_block
from lifting.published.shapes import ShapeReader


def _options(shapes: ShapeReader) -> Options:
    counts = tuple(shapes.count(f"layer{i}") for i in range(1, 5))
    expansion = 4 if "layer1.0.conv3.weight" in shapes.tensors else 1
    depths = [d for d, (kind, n) in DEPTHS.items() if (kind.expansion, n) == (expansion, counts)]
    if not depths:
        blocks, layers = (", ".join(map(str, x)) for x in (counts, DEPTHS))
        what = f"has {blocks} blocks, as none of the ResNets of {layers} layers has"
        raise InputError(what, remedy="name another file.")
    options = {"depth": depths[0], **detector_joints(shapes)}
    first = "deconv_layers.0.weight"
    return options | ({"width": shapes.size(first, 1)} if first in shapes.tensors else {})


def _pairs(options: Options) -> list[Pair]:
    kind, counts = DEPTHS[options["depth"]]
    pairs = convolution("conv1", "bn1", "stem")
    for i, count in enumerate(counts):
        for k in range(count):
            layers = 3 if kind.expansion > 1 else 2
            pairs += residual_block(f"layer{i + 1}.{k}", f"scales.{i}.{k}", layers)
    for i in range(3):
        names = f"deconv_layers.{3 * i}", f"deconv_layers.{3 * i + 1}"
        pairs += convolution(*names, f"deconvolutions.{i}")
    return [*pairs, Pair("final_layer", "head")]


FAMILY = DetectorFamily(
    name="PoseResNet",
    net=PoseResNet,
    network="pose_resnet_{depth}",
    options=("joints", "depth", "width", "bgr"),
    infer=_options,
    layouts=(Layout(_pairs, "layer4.0.conv1.weight"),),
    head=("deconvolutions.", "head."),
    unused=("final_layer.", "fc."),
)
