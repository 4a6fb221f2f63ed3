"""VideoPose3D (Pavllo et al.): the network of the pose, and that of the trajectory if there is one."""

from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import lifter_joints
from lifting.published.reading import TRAJECTORY
from lifting.published.shapes import ShapeReader


def _options(shapes: ShapeReader) -> Options:
    layers = shapes.count("layers_conv")
    kernels = [shapes.size("expand_conv.weight", 2)]
    kernels += [shapes.size(f"layers_conv.{2 * i}.weight", 2) for i in range(layers // 2)]
    taps, dilation = [], 1
    for kernel in kernels:
        taps.append((kernel - 1) // dilation + 1 if shapes.user_options.get("dense") else kernel)
        dilation *= taps[-1]
    return {
        "taps": taps,
        "channels": shapes.size("expand_conv.weight", 0),
        **lifter_joints(shapes, "shrink.weight", "expand_conv.weight"),
    }


def _pairs(options: Options) -> list[Pair]:
    pairs = []
    for published, ours in (("", "net"), (f"{TRAJECTORY}.", "trajectory_net")):
        dilation = 1
        for i, taps in enumerate(options["taps"]):
            wide = (taps - 1) * dilation + 1 if options["dense"] else taps
            dilation *= taps
            if i == 0:
                pairs += [
                    Pair(f"{published}expand_conv", f"{ours}.first", wide),
                    Pair(f"{published}expand_bn", f"{ours}.activation.0"),
                ]
                continue
            first, second, block = 2 * i - 2, 2 * i - 1, f"{ours}.blocks.{i - 1}"
            pairs += [
                Pair(f"{published}layers_conv.{first}", f"{block}.over_time", wide),
                Pair(f"{published}layers_bn.{first}", f"{block}.activation_1.0"),
                Pair(f"{published}layers_conv.{second}", f"{block}.over_channels", 1),
                Pair(f"{published}layers_bn.{second}", f"{block}.activation_2.0"),
            ]
        pairs.append(Pair(f"{published}shrink", f"{ours}.last", 1))
    return pairs


def _method(shapes: ShapeReader) -> str:
    two = any(name.startswith(f"{TRAJECTORY}.") for name in shapes.tensors)
    return "SemiSupervisedVideoPose3D" if two else "VideoPose3D"


FAMILY = LifterFamily(
    name="VideoPose3D",
    methods=("VideoPose3D", "SemiSupervisedVideoPose3D"),
    choose_method=_method,
    infer=_options,
    layouts=(Layout(_pairs, "expand_conv.weight", "model_pos"),),
    free={"causal": bool, "dense": bool},
    fixed=lambda options: {"root_on_ray": False} if "root_on_ray" in options else {},
)
