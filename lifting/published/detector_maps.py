"""Which tensor of a published 2D detector is which of ours: one table per network."""

from lifting.nets.hrnet import BLOCKS, ROUNDS
from lifting.nets.pose_resnet import DEPTHS
from lifting.published.key_maps import Options, Pair


def hrnet(options: Options) -> list[Pair]:
    """Sun et al., ``PoseHighResolutionNet``."""
    pairs = [*_convolution("conv1", "bn1", "stem.0"), *_convolution("conv2", "bn2", "stem.1")]
    for i in range(BLOCKS):
        pairs += _block(f"layer1.{i}", f"first.{i}", 3)
    for s, rounds in enumerate(ROUNDS):
        # Entries of scales that were there before have neither tensors nor names, but for the first.
        pairs += [Pair(f"transition{s + 1}.{s + 1}.0", f"stages.{s}.entries.{s + 1}")]
        for r in range(rounds):
            theirs, mine = f"stage{s + 2}.{r}", f"stages.{s}.rounds.{r}"
            for b in range(s + 2):
                for k in range(BLOCKS):
                    pairs += _block(f"{theirs}.branches.{b}.{k}", f"{mine}.scales.{b}.{k}", 2)
            pairs += [Pair(f"{theirs}.fuse_layers", f"{mine}.paths")]
    return [*pairs, Pair("transition1.0", "stages.0.entries.0"), Pair("final_layer", "head")]


def pose_resnet(options: Options) -> list[Pair]:
    """Xiao et al., ``PoseResNet``, whose trunk has the names of torchvision's."""
    kind, counts = DEPTHS[options["depth"]]
    pairs = _convolution("conv1", "bn1", "stem")
    for i, count in enumerate(counts):
        for k in range(count):
            layers = 3 if kind.expansion > 1 else 2
            pairs += _block(f"layer{i + 1}.{k}", f"scales.{i}.{k}", layers)
    for i in range(3):
        pairs += _convolution(
            f"deconv_layers.{3 * i}", f"deconv_layers.{3 * i + 1}", f"deconvolutions.{i}"
        )
    return [*pairs, Pair("final_layer", "head")]


def _convolution(convolution: str, norm: str, ours: str) -> list[Pair]:
    return [Pair(convolution, f"{ours}.0"), Pair(norm, f"{ours}.1")]


def _block(theirs: str, ours: str, layers: int) -> list[Pair]:
    pairs = [Pair(f"{theirs}.downsample", f"{ours}.skip")]
    for i in range(layers):
        names = f"{theirs}.conv{i + 1}", f"{theirs}.bn{i + 1}"
        pairs += _convolution(*names, f"{ours}.layers.{i}")
    return pairs
