"""VideoPose3D's published parameters and what they compute, with plain convolutions."""

import math

import torch
from torch.nn import functional


def video_pose_3d_keys(keypoints=17, joints=17, taps=(3, 3, 3), channels=1024):
    """The names and shapes of the published state dict."""
    norm = {"weight": (channels,), "bias": (channels,), "running_mean": (channels,)}
    norm |= {"running_var": (channels,), "num_batches_tracked": ()}
    keys = {f"expand_bn.{k}": s for k, s in norm.items()}
    keys |= {"shrink.weight": (3 * joints, channels, 1), "shrink.bias": (3 * joints,)}
    keys["expand_conv.weight"] = (channels, 2 * keypoints, taps[0])
    for i, count in enumerate(taps[1:]):
        keys[f"layers_conv.{2 * i}.weight"] = (channels, channels, count)
        keys[f"layers_conv.{2 * i + 1}.weight"] = (channels, channels, 1)
    for i in range(2 * (len(taps) - 1)):
        keys |= {f"layers_bn.{i}.{k}": s for k, s in norm.items()}
    return keys


def made_state(keys, seed=0, dtype=torch.float64):
    """Random values that keep a deep network's activations of order one."""
    draw = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in keys.items():
        value = torch.randn(shape, generator=draw, dtype=dtype)
        if name.endswith("num_batches_tracked"):
            value = torch.tensor(7)
        elif name.endswith("running_var"):
            value = 0.5 + value.square()
        elif len(shape) > 1:
            value = value / math.sqrt(math.prod(shape[1:]))
        state[name] = value
    return state


def video_pose_3d_reference(state, x, taps, causal=False, strided=False, training=False):
    """Frames (B, T, K, 2) to poses (B, C, J, 3)."""

    def activation(h, name):
        mean, var = state[f"{name}.running_mean"].clone(), state[f"{name}.running_var"].clone()
        scale, shift = state[f"{name}.weight"], state[f"{name}.bias"]
        return functional.batch_norm(h, mean, var, scale, shift, training).relu()

    def conv(h, name, dilation):
        weight = state[name]
        if strided:
            return functional.conv1d(h, weight, stride=weight.shape[2])
        return functional.conv1d(h, weight, dilation=dilation)

    h = x.flatten(2).mT
    h = activation(conv(h, "expand_conv.weight", 1), "expand_bn")
    dilation = taps[0]
    for i, count in enumerate(taps[1:]):
        if strided:
            kept = h[:, :, (count - 1 if causal else count // 2) :: count]
        else:
            reach = (count - 1) * dilation
            begin = reach if causal else reach // 2
            kept = h[:, :, begin : begin + h.shape[2] - reach]
        h = activation(conv(h, f"layers_conv.{2 * i}.weight", dilation), f"layers_bn.{2 * i}")
        h = conv(h, f"layers_conv.{2 * i + 1}.weight", 1)
        h = kept + activation(h, f"layers_bn.{2 * i + 1}")
        dilation *= count
    out = functional.conv1d(h, state["shrink.weight"], state["shrink.bias"])
    return out.mT.unflatten(-1, (-1, 3))
