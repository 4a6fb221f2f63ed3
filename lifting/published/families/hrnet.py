"""HRNet (Sun et al., ``PoseHighResolutionNet``), detectors and classifiers of ImageNet."""

from lifting.nets.hrnet import BLOCKS, ROUNDS, HRNet
from lifting.published.families.base import DetectorFamily, Layout, Options, Pair
from lifting.published.families.common import convolution, detector_joints, residual_block
from lifting.published.shapes import ShapeReader


def _options(shapes: ShapeReader) -> Options:
    width = shapes.size("stage2.0.branches.0.0.conv1.weight", 0)
    return {"width": width, **detector_joints(shapes)}


def _pairs(options: Options) -> list[Pair]:
    pairs = [*convolution("conv1", "bn1", "stem.0"), *convolution("conv2", "bn2", "stem.1")]
    for i in range(BLOCKS):
        pairs += residual_block(f"layer1.{i}", f"first.{i}", 3)
    for s, rounds in enumerate(ROUNDS):
        # Entries of scales that were there before have neither tensors nor names, but for the first.
        pairs += [Pair(f"transition{s + 1}.{s + 1}.0", f"stages.{s}.entries.{s + 1}")]
        for r in range(rounds):
            published, ours = f"stage{s + 2}.{r}", f"stages.{s}.rounds.{r}"
            for b in range(s + 2):
                for k in range(BLOCKS):
                    names = f"{published}.branches.{b}.{k}", f"{ours}.scales.{b}.{k}"
                    pairs += residual_block(*names, 2)
            pairs += [Pair(f"{published}.fuse_layers", f"{ours}.paths")]
    return [*pairs, Pair("transition1.0", "stages.0.entries.0"), Pair("final_layer", "head")]


FAMILY = DetectorFamily(
    name="HRNet",
    net=HRNet,
    network="hrnet_w{width}",
    options=("joints", "width"),
    infer=_options,
    layouts=(Layout(_pairs, "transition1.1.0.0.weight"),),
    head=("head.",),
    unused=(
        *("final_layer.", "classifier.", "incre_modules.", "downsamp_modules."),
        *(f"stage4.2.fuse_layers.{i}." for i in (1, 2, 3)),
    ),
)
