"""The official 2D detectors, written from their publications as functions of a state dict."""

import torch
from torch.nn import functional

HRNET_ROUNDS = {2: 1, 3: 4, 4: 3}
RESNET_BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}


def norm_keys(name, width):
    keys = {f"{name}.{k}": (width,) for k in ("weight", "bias", "running_mean", "running_var")}
    return keys | {f"{name}.num_batches_tracked": ()}


def conv_keys(conv, norm, inputs, outputs, kernel):
    return {f"{conv}.weight": (outputs, inputs, kernel, kernel)} | norm_keys(norm, outputs)


def pair_keys(name, inputs, outputs, kernel):
    return conv_keys(f"{name}.0", f"{name}.1", inputs, outputs, kernel)


def bottleneck_keys(name, inputs, width, first):
    keys = {}
    sizes = ((inputs, width, 1), (width, width, 3), (width, 4 * width, 1))
    for i, size in enumerate(sizes, 1):
        keys |= conv_keys(f"{name}.conv{i}", f"{name}.bn{i}", *size)
    return keys | (pair_keys(f"{name}.downsample", inputs, 4 * width, 1) if first else {})


def basic_keys(name, inputs, width, first=False):
    keys = conv_keys(f"{name}.conv1", f"{name}.bn1", inputs, width, 3)
    keys |= conv_keys(f"{name}.conv2", f"{name}.bn2", width, width, 3)
    return keys | (pair_keys(f"{name}.downsample", inputs, width, 1) if first else {})


def hrnet_trunk_keys(width, whole=False):
    """Without the head; ``whole``: the last exchange has all four outputs, as for ImageNet."""
    keys = conv_keys("conv1", "bn1", 3, 64, 3) | conv_keys("conv2", "bn2", 64, 64, 3)
    for i in range(4):
        keys |= bottleneck_keys(f"layer1.{i}", 256 if i else 64, 64, not i)
    keys |= pair_keys("transition1.0", 256, width, 3)
    keys |= pair_keys("transition1.1.0", 256, 2 * width, 3)
    keys |= pair_keys("transition2.2.0", 2 * width, 4 * width, 3)
    keys |= pair_keys("transition3.3.0", 4 * width, 8 * width, 3)
    for stage, rounds in HRNET_ROUNDS.items():
        for m in range(rounds):
            name = f"stage{stage}.{m}"
            for b in range(stage):
                for k in range(4):
                    keys |= basic_keys(f"{name}.branches.{b}.{k}", width * 2**b, width * 2**b)
            one = stage == 4 and m == 2 and not whole
            for i in range(1 if one else stage):
                for j in range(stage):
                    fuse = f"{name}.fuse_layers.{i}.{j}"
                    if j > i:
                        keys |= pair_keys(fuse, width * 2**j, width * 2**i, 1)
                    for step in range(i - j):
                        out = i if step == i - j - 1 else j
                        keys |= pair_keys(f"{fuse}.{step}", width * 2**j, width * 2**out, 3)
    return keys


def hrnet_keys(width=32, joints=17):
    head = {"final_layer.weight": (joints, width, 1, 1), "final_layer.bias": (joints,)}
    return hrnet_trunk_keys(width) | head


def hrnet_imagenet_keys(width=32):
    """Of the classifier only some: what follows the trunk is of no use to a detector."""
    keys = hrnet_trunk_keys(width, whole=True)
    keys |= bottleneck_keys("incre_modules.0.0", width, 32, True)
    keys |= pair_keys("downsamp_modules.0", 128, 256, 3)
    keys |= {"downsamp_modules.0.0.bias": (256,)}
    keys |= pair_keys("final_layer", 64, 96, 1)
    return keys | {"classifier.weight": (10, 96), "classifier.bias": (10,)}


def resnet_trunk_keys(depth):
    keys, channels = conv_keys("conv1", "bn1", 3, 64, 7), 64
    for i, count in enumerate(RESNET_BLOCKS[depth]):
        width = 64 * 2**i
        for k in range(count):
            name = f"layer{i + 1}.{k}"
            if depth >= 50:
                keys |= bottleneck_keys(name, channels, width, not k)
                channels = 4 * width
            else:
                keys |= basic_keys(name, channels, width, not k and i > 0)
                channels = width
    return keys


def resnet_imagenet_keys(depth):
    keys = resnet_trunk_keys(depth)
    width = 2048 if depth >= 50 else 512
    return keys | {"fc.weight": (10, width), "fc.bias": (10,)}


def pose_resnet_keys(depth=50, joints=17, width=256):
    keys, channels = resnet_trunk_keys(depth), 2048 if depth >= 50 else 512
    for i in (0, 3, 6):
        keys |= {f"deconv_layers.{i}.weight": (channels, width, 4, 4)}
        keys |= norm_keys(f"deconv_layers.{i + 1}", width)
        channels = width
    return keys | {"final_layer.weight": (joints, width, 1, 1), "final_layer.bias": (joints,)}


def made_detector(keys, seed=0):
    """Draw values with which activations neither vanish nor explode over a hundred layers."""
    draw = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in keys.items():
        if not shape:
            state[name] = torch.tensor(7)
            continue
        values = torch.randn(shape, generator=draw)
        if len(shape) == 4:
            state[name] = values * (2 / (shape[1] * shape[2] * shape[3])) ** 0.5
        elif name.endswith("running_var"):
            state[name] = 1 + 0.3 * values.abs()
        elif name.endswith("weight"):
            state[name] = 0.8 + 0.1 * values
        else:
            state[name] = 0.1 * values
    return state


class Reference:
    """What the official code computes, in evaluation mode.

    Args:
        state: Tensors by their official names.
    """

    def __init__(self, state):
        self.state = state

    def norm(self, name, x):
        mean, var, weight, bias = (
            self.state[f"{name}.{k}"][:, None, None]
            for k in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / (var + 1e-5).sqrt() * weight + bias

    def conv(self, conv, norm, x, stride=1):
        kernel = self.state[f"{conv}.weight"]
        padding = (kernel.shape[-1] - 1) // 2
        return self.norm(norm, functional.conv2d(x, kernel, None, stride, padding))

    def pair(self, name, x, stride=1):
        return self.conv(f"{name}.0", f"{name}.1", x, stride)

    def block(self, name, x, stride=1):
        layers = 3 if f"{name}.conv3.weight" in self.state else 2
        strided = 2 if layers == 3 else 1
        out = x
        for i in range(1, layers + 1):
            step = stride if i == strided else 1
            out = self.conv(f"{name}.conv{i}", f"{name}.bn{i}", out, step)
            if i < layers:
                out = out.clamp_min(0)
        if f"{name}.downsample.0.weight" in self.state:
            x = self.pair(f"{name}.downsample", x, stride)
        return (out + x).clamp_min(0)

    def head(self, x):
        kernel = self.state["final_layer.weight"][:, :, 0, 0]
        return (
            torch.einsum("jc,bchw->bjhw", kernel, x) + self.state["final_layer.bias"][:, None, None]
        )

    def fuse(self, name, i, j, x):
        if i == j:
            return x
        if j > i:
            factor = 2 ** (j - i)
            x = self.pair(name, x)
            return x.repeat_interleave(factor, -1).repeat_interleave(factor, -2)
        for step in range(i - j):
            x = self.pair(f"{name}.{step}", x, 2)
            if step < i - j - 1:
                x = x.clamp_min(0)
        return x

    def hrnet(self, x):
        x = self.conv("conv1", "bn1", x, 2).clamp_min(0)
        x = self.conv("conv2", "bn2", x, 2).clamp_min(0)
        for i in range(4):
            x = self.block(f"layer1.{i}", x)
        maps = [
            self.pair("transition1.0", x).clamp_min(0),
            self.pair("transition1.1.0", x, 2).clamp_min(0),
        ]
        for stage, rounds in HRNET_ROUNDS.items():
            if stage > 2:
                entry = f"transition{stage - 1}.{stage - 1}.0"
                maps.append(self.pair(entry, maps[-1], 2).clamp_min(0))
            for m in range(rounds):
                name = f"stage{stage}.{m}"
                for b in range(stage):
                    for k in range(4):
                        maps[b] = self.block(f"{name}.branches.{b}.{k}", maps[b])
                count = 1 if stage == 4 and m == 2 else stage
                maps = [
                    sum(
                        self.fuse(f"{name}.fuse_layers.{i}.{j}", i, j, maps[j])
                        for j in range(stage)
                    ).clamp_min(0)
                    for i in range(count)
                ]
        return self.head(maps[0])

    def pose_resnet(self, x, depth):
        x = self.conv("conv1", "bn1", x, 2).clamp_min(0)
        x = functional.max_pool2d(functional.pad(x, (1, 1, 1, 1), value=-torch.inf), 3, 2)
        for i, count in enumerate(RESNET_BLOCKS[depth]):
            for k in range(count):
                x = self.block(f"layer{i + 1}.{k}", x, 2 if i and not k else 1)
        for i in (0, 3, 6):
            x = raised(x, self.state[f"deconv_layers.{i}.weight"])
            x = self.norm(f"deconv_layers.{i + 1}", x).clamp_min(0)
        return self.head(x)


def raised(x, kernel):
    """Deconvolve with a kernel of 4 and a stride of 2 by adding each pixel's kernel where it belongs."""
    batch, _, height, width = x.shape
    out = x.new_zeros(batch, kernel.shape[1], 2 * height + 2, 2 * width + 2)
    for row in range(height):
        for column in range(width):
            patch = torch.einsum("bi,iokl->bokl", x[:, :, row, column], kernel)
            out[:, :, 2 * row : 2 * row + 4, 2 * column : 2 * column + 4] += patch
    return out[:, :, 1:-1, 1:-1]
