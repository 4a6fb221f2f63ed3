"""Published networks made up: names and shapes as the authors' files have them, and what they compute.

Written from the publications, in plain functions of a state dict; for those that the tests of the
networks have already, see there.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch

from tests.lifting.nets import published, published_two_streams, published_video_pose_3d

H36M_BONES = [(0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9), (9, 10)]
H36M_BONES += [(8, 11), (11, 12), (12, 13), (8, 14), (14, 15), (15, 16)]
H36M_PAIRS = [(1, 4), (2, 5), (3, 6), (11, 14), (12, 15), (13, 16)]
H36M_HOPS = [1, 2, 3, 4, 2, 3, 4, 0, 1, 2, 3, 2, 3, 4, 2, 3, 4]


def linear(name, inputs, outputs):
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def simple_baseline_keys(inputs=34, outputs=51, width=1024, blocks=2, norm="bn"):
    """LinearModel of weigq/3d_pose_baseline_pytorch (norm: batch_norm), and as L2D-Pose has it."""

    def layer(w, bn, inputs):
        sizes = ("weight", "bias", "running_mean", "running_var")
        return {
            **linear(w, inputs, width),
            **{f"{bn}.{k}": (width,) for k in sizes},
            f"{bn}.num_batches_tracked": (),
        }

    keys = layer("w1", f"{norm}1", inputs)
    for i in range(blocks):
        for n in (1, 2):
            keys |= layer(f"linear_stages.{i}.w{n}", f"linear_stages.{i}.{norm}{n}", width)
    return keys | linear("w2", width, outputs)


def simple_baseline_reference(state, x, norm="bn", blocks=2):
    def layer(w, bn, x):
        x = x @ state[f"{w}.weight"].T + state[f"{w}.bias"]
        deviation = (state[f"{bn}.running_var"] + 1e-5).sqrt()
        x = (x - state[f"{bn}.running_mean"]) / deviation * state[f"{bn}.weight"]
        return (x + state[f"{bn}.bias"]).clamp_min(0)

    x = layer("w1", f"{norm}1", x)
    for i in range(blocks):
        inner = layer(f"linear_stages.{i}.w1", f"linear_stages.{i}.{norm}1", x)
        x = x + layer(f"linear_stages.{i}.w2", f"linear_stages.{i}.{norm}2", inner)
    return x @ state["w2.weight"].T + state["w2.bias"]


def lstm_keys(joints=17, width=512):
    """LSTM_PoseNet of bargav25/3D-Human-Pose-Estimation."""
    return {
        "lstm.weight_ih_l0": (4 * width, 2 * joints),
        "lstm.weight_hh_l0": (4 * width, width),
        "lstm.bias_ih_l0": (4 * width,),
        "lstm.bias_hh_l0": (4 * width,),
        **linear("fc", width, 3 * joints),
    }


def lstm_reference(state, x):
    h = c = x.new_zeros(len(x), state["lstm.weight_hh_l0"].shape[1])
    for frame in x.flatten(2).unbind(1):
        gates = frame @ state["lstm.weight_ih_l0"].T + state["lstm.bias_ih_l0"]
        gates = gates + h @ state["lstm.weight_hh_l0"].T + state["lstm.bias_hh_l0"]
        enter, forget, new, leave = gates.chunk(4, -1)
        c = forget.sigmoid() * c + enter.sigmoid() * new.tanh()
        h = leave.sigmoid() * c.tanh()
    out = h @ state["fc.weight"].T + state["fc.bias"]
    return out.reshape(len(x), 1, -1, 3)


def transformer_keys(joints=17, frames=81, width=256, hidden=512, layers=3):
    """SimpleTransformerPoseNet of bargav25/3D-Human-Pose-Estimation."""
    keys = {
        **linear("input_linear", 2 * joints, width),
        "pos_encoder.permanent_pe": (1, frames, width),
    }
    for i in range(layers):
        name = f"transformer_encoder.layers.{i}"
        keys |= {
            f"{name}.self_attn.in_proj_weight": (3 * width, width),
            f"{name}.self_attn.in_proj_bias": (3 * width,),
            **linear(f"{name}.self_attn.out_proj", width, width),
            **linear(f"{name}.linear1", width, hidden),
            **linear(f"{name}.linear2", hidden, width),
            **{f"{name}.norm{n}.{k}": (width,) for n in (1, 2) for k in ("weight", "bias")},
        }
    return keys | linear("output_linear", width, 3 * joints)


def positions(frames, width):
    out = torch.zeros(1, frames, width, dtype=torch.float64)
    for t in range(frames):
        for i in range(0, width, 2):
            angle = t / 10000 ** (i / width)
            out[0, t, i], out[0, t, i + 1] = math.sin(angle), math.cos(angle)
    return out


def transformer_reference(state, x, layers=3, heads=8):
    def apply(name, x):
        return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    def norm(name, x):
        x = x - x.mean(-1, keepdim=True)
        x = x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        return x * state[f"{name}.weight"] + state[f"{name}.bias"]

    x = apply("input_linear", x.flatten(2))
    x = x + positions(*x.shape[1:])
    for i in range(layers):
        name = f"transformer_encoder.layers.{i}"
        qkv = x @ state[f"{name}.self_attn.in_proj_weight"].T
        qkv = (qkv + state[f"{name}.self_attn.in_proj_bias"]).chunk(3, -1)
        seen = []
        for q, k, v in zip(*(t.chunk(heads, -1) for t in qkv), strict=True):
            seen.append((q @ k.mT / math.sqrt(q.shape[-1])).softmax(-1) @ v)
        x = norm(f"{name}.norm1", x + apply(f"{name}.self_attn.out_proj", torch.cat(seen, -1)))
        hidden = apply(f"{name}.linear1", x).clamp_min(0)
        x = norm(f"{name}.norm2", x + apply(f"{name}.linear2", hidden))
    return apply("output_linear", x.mean(1)).reshape(len(x), 1, -1, 3)


def window_mlp_keys(joints=17, frames=81, width=1024):
    """SimplePoseNet of bargav25/3D-Human-Pose-Estimation."""
    return linear("fc1", frames * 2 * joints, width) | linear("fc2", width, 3 * joints)


def window_mlp_reference(state, x):
    hidden = (x.flatten(1) @ state["fc1.weight"].T + state["fc1.bias"]).clamp_min(0)
    return (hidden @ state["fc2.weight"].T + state["fc2.bias"]).reshape(len(x), 1, -1, 3)


def elepose_keys(dims=26, hidden=1024, blocks=8):
    """FrEIA 0.2's SequenceINN of AllInOneBlocks, as ElePose's file has it."""
    keys = {}
    for i in range(blocks):
        name = f"module_list.{i}"
        keys |= {
            f"{name}.global_scale": (1, dims),
            f"{name}.global_offset": (1, dims),
            f"{name}.w_perm": (dims, dims),
            f"{name}.w_perm_inv": (dims, dims),
            **linear(f"{name}.subnet.0", dims - dims // 2, hidden),
            **linear(f"{name}.subnet.2", hidden, 2 * (dims // 2)),
        }
    return keys


def graph():
    return published.iganet_graph(H36M_BONES, H36M_PAIRS, H36M_HOPS)


def made_state(keys, seed=0):
    """Random values in float32 with which a deep network's activations stay of order one."""
    state = published_video_pose_3d.made_state(keys, seed, torch.float32)
    for name in state:
        if "norm" in name and name.endswith(".weight"):
            state[name] = 1 + 0.1 * state[name]
    return state


def windows(frames, keypoints=17, count=3, coordinates=2):
    draw = torch.Generator().manual_seed(1)
    shape = (count, frames, keypoints, coordinates)
    return torch.rand(shape, generator=draw, dtype=torch.float64) * 2 - 1


def double(state):
    return {name: tensor.double() for name, tensor in state.items()}


def rotated_state():
    keys = elepose_keys(26, 8, 2)
    state = made_state(keys)
    for i in range(2):
        draw = torch.Generator().manual_seed(i)
        q = torch.linalg.qr(torch.randn(26, 26, generator=draw))[0]
        state[f"module_list.{i}.w_perm"] = q
        state[f"module_list.{i}.w_perm_inv"] = q.T.contiguous()
    return state


def statistics(keypoints, joints):
    draw = np.random.default_rng(3)
    return {
        "mean_2d": draw.normal(500, 50, (keypoints, 2)),
        "std_2d": draw.uniform(50, 100, (keypoints, 2)),
        "mean_3d": draw.normal(0, 100, (joints, 3)),
        "std_3d": draw.uniform(50, 200, (joints, 3)),
    }


@dataclass(frozen=True)
class Made:
    """A small published network.

    Attributes:
        keys: Names and shapes.
        reference: What it computes of a state and windows (B, T, K, coordinates).
        frames: Frames of a window.
        options: What the user has to say of it.
        nested: Where the network is in the file.
        prefix: What stands before every name.
        constants: Tensors that are not drawn.
        coordinates: Numbers of a keypoint that the network sees.
    """

    keys: dict[str, tuple[int, ...]]
    reference: Any
    frames: int
    options: dict[str, Any] = field(default_factory=dict)
    nested: str | None = None
    prefix: str = ""
    constants: dict[str, Any] = field(default_factory=dict)
    coordinates: int = 2

    def state(self) -> dict[str, torch.Tensor]:
        return made_state(self.keys) | {k: v.float() for k, v in self.constants.items()}

    def file(self) -> dict[str, Any]:
        state = OrderedDict((self.prefix + k, v) for k, v in self.state().items())
        if self.nested is None:
            return state
        training = {"epoch": 80, "lr": 1e-4, "random_state": None, "optimizer": None}
        return {**training, self.nested: state}


_TAPS = (3, 1, 5)
MADE = {
    "VideoPose3D": Made(
        published_video_pose_3d.video_pose_3d_keys(taps=_TAPS, channels=8),
        partial(published_video_pose_3d.video_pose_3d_reference, taps=_TAPS, causal=True),
        frames=15,
        options={"causal": True},
        nested="model_pos",
    ),
    "MixSTE": Made(
        published.mixste_keys(frames=5, width=16, depth=2),
        partial(published.mixste_reference, depth=2, heads=4),
        frames=5,
        options={"heads": 4},
        nested="model_pos",
        prefix="module.",
    ),
    "MotionAGFormer": Made(
        published_two_streams.motion_agformer_keys(5, width=16, depth=2, representation=8),
        partial(published_two_streams.motion_agformer_reference, depth=2),
        frames=5,
        nested="model",
        prefix="module.",
        coordinates=3,
    ),
    "DSTformer": Made(
        published_two_streams.dstformer_keys(
            width=16, depth=2, ratio=3, places=6, representation=8
        ),
        partial(published_two_streams.dstformer_reference, depth=2, heads=4),
        frames=5,
        options={"frames": 5, "heads": 4},
        nested="model_pos",
        prefix="module.",
        coordinates=3,
    ),
    "IGANet": Made(
        published.iganet_keys(width=16, depth=2),
        partial(published.iganet_reference, graph=graph(), depth=2),
        frames=1,
    ),
    "PoseFormer": Made(
        published.poseformer_keys(frames=5, width=8, depth=2),
        partial(published.poseformer_reference, depth=2),
        frames=5,
        nested="model_pos",
        prefix="module.",
    ),
    "PoseFormerV2": Made(
        published.poseformer_v2_keys(kept=3, coefficients=4, width=8, depth=2),
        partial(published.poseformer_v2_reference, depth=2),
        frames=9,
        options={"frames": 9},
        nested="model_pos",
        prefix="module.",
    ),
    "LSTMLifter": Made(lstm_keys(width=8), lstm_reference, frames=5, options={"frames": 5}),
    "TransformerLifter": Made(
        transformer_keys(frames=5, width=16, hidden=24, layers=2),
        partial(transformer_reference, layers=2),
        frames=5,
        constants={"pos_encoder.permanent_pe": positions(5, 16)},
    ),
    "WindowMLPLifter": Made(window_mlp_keys(frames=5, width=8), window_mlp_reference, frames=5),
}
