"""DSTformer and MotionAGFormer as published: the names of their parameters, and what they compute.

Written from the publications in plain functions of a state dict, as :mod:`tests.lifting.nets.published`.
"""

import math

import torch

from tests.lifting.nets.published import (
    attention,
    attention_keys,
    linear,
    linear_keys,
    mlp,
    mlp_keys,
    norm,
    norm_keys,
)

# Whom each joint gathers from, as the authors list the edges.
EDGES = {
    **{0: [1, 7], 1: [0, 2], 2: [1, 3], 3: [2], 4: [0, 5], 5: [4, 6], 6: [5], 7: [0, 8], 8: [7, 9]},
    **{
        9: [8, 10],
        10: [9],
        11: [8, 12],
        12: [11, 13],
        13: [12],
        14: [8, 15],
        15: [14, 16],
        16: [15],
    },
}


def _fused(state, name, first, second):
    score = torch.exp(linear(state, name, torch.cat([first, second], -1)))
    share = score / score.sum(-1, keepdim=True)
    return share[..., :1] * first + share[..., 1:] * second


def _of_joints(block, x):
    return torch.stack([block(frame) for frame in x.unbind(1)], 1)


def _of_frames(block, x):
    return torch.stack([block(joint) for joint in x.unbind(2)], 2)


def dstformer_keys(joints=17, width=512, depth=5, ratio=2, places=243, representation=512):
    """DSTformer of https://github.com/Walter0807/MotionBERT."""
    keys = {
        "temp_embed": (1, places, 1, width),
        "pos_embed": (1, joints, width),
        **linear_keys("joints_embed", 3, width),
    }
    for blocks in ("blocks_st", "blocks_ts"):
        for i in range(depth):
            for kind in ("s", "t"):
                name = f"{blocks}.{i}"
                keys |= norm_keys(f"{name}.norm1_{kind}", width)
                keys |= norm_keys(f"{name}.norm2_{kind}", width)
                keys |= attention_keys(f"{name}.attn_{kind}", width)
                keys |= mlp_keys(f"{name}.mlp_{kind}", width, ratio)
    for i in range(depth):
        keys |= linear_keys(f"ts_attn.{i}", 2 * width, 2)
    return keys | {
        **norm_keys("norm", width),
        **linear_keys("pre_logits.fc", width, representation),
        **linear_keys("head", representation, 3),
    }


def dstformer_reference(state, x, depth=5, heads=8):
    def half(name, kind):
        def block(x):
            x = x + attention(
                state, f"{name}.attn_{kind}", norm(state, f"{name}.norm1_{kind}", x), heads
            )
            return x + mlp(state, f"{name}.mlp_{kind}", norm(state, f"{name}.norm2_{kind}", x))

        return block

    x = linear(state, "joints_embed", x) + state["pos_embed"]
    x = x + state["temp_embed"][:, : x.shape[1]]
    for i in range(depth):
        st, ts = f"blocks_st.{i}", f"blocks_ts.{i}"
        first = _of_frames(half(st, "t"), _of_joints(half(st, "s"), x))
        second = _of_joints(half(ts, "s"), _of_frames(half(ts, "t"), x))
        x = _fused(state, f"ts_attn.{i}", first, second)
    out = torch.tanh(linear(state, "pre_logits.fc", norm(state, "norm", x)))
    return linear(state, "head", out)


def motion_agformer_keys(frames=27, joints=17, width=64, depth=12, representation=512):
    """MotionAGFormer of https://github.com/TaatiTeam/MotionAGFormer."""
    keys = {"pos_embed": (1, joints, width), **linear_keys("joints_embed", 3, width)}
    for i in range(depth):
        keys |= linear_keys(f"layers.{i}.fusion", 2 * width, 2)
        for stream in ("att_spatial", "att_temporal", "graph_spatial", "graph_temporal"):
            name = f"layers.{i}.{stream}"
            keys |= {f"{name}.layer_scale_1": (width,), f"{name}.layer_scale_2": (width,)}
            keys |= norm_keys(f"{name}.norm1", width) | norm_keys(f"{name}.norm2", width)
            keys |= mlp_keys(f"{name}.mlp", width, 4)
            if stream.startswith("att"):
                keys |= attention_keys(f"{name}.mixer", width)
                del keys[f"{name}.mixer.qkv.bias"]
                continue
            keys |= linear_keys(f"{name}.mixer.U", width, width)
            keys |= linear_keys(f"{name}.mixer.V", width, width)
            nodes = joints if stream == "graph_spatial" else frames
            statistics = ("weight", "bias", "running_mean", "running_var")
            keys |= {f"{name}.mixer.batch_norm.{kind}": (nodes,) for kind in statistics}
            keys[f"{name}.mixer.batch_norm.num_batches_tracked"] = ()
    return keys | {
        **norm_keys("norm", width),
        **linear_keys("rep_logit.fc", width, representation),
        **linear_keys("head", representation, 3),
    }


def similar(x, count=2):
    """For each token of each element those as similar as the last of the most similar ones, as lists."""
    graphs = []
    for tokens in x:
        scores = [[float(a @ b) for b in tokens] for a in tokens]
        least = [sorted(row)[-count] for row in scores]
        graphs.append(
            {
                i: [j for j, score in enumerate(row) if score >= least[i]]
                for i, row in enumerate(scores)
            }
        )
    return graphs


def gathered(edges, values):
    """Sum of the values of the neighbours, over the roots of both numbers of neighbours."""
    rows = [
        sum(values[j] / math.sqrt(len(edges[i]) * len(edges[j])) for j in edges[i])
        for i in range(len(values))
    ]
    return torch.stack(rows)


def _graph_mixer(state, name, x, edges):
    values = linear(state, f"{name}.V", x)
    graphs = [edges] * len(x) if edges else similar(x)
    u = torch.stack([gathered(graph, v) for graph, v in zip(graphs, values, strict=True)])
    u = u + linear(state, f"{name}.U", x)
    bn = {kind: state[f"{name}.batch_norm.{kind}"][:, None] for kind in ("weight", "bias")}
    mean, var = (state[f"{name}.batch_norm.running_{kind}"][:, None] for kind in ("mean", "var"))
    return (x + (u - mean) / (var + 1e-5).sqrt() * bn["weight"] + bn["bias"]).clamp_min(0)


def motion_agformer_reference(state, x, depth=12, heads=8, edges=None):
    edges = edges or EDGES

    def block(name, mixer):
        def apply(x):
            mixed = mixer(f"{name}.mixer", norm(state, f"{name}.norm1", x, 1e-5))
            x = x + state[f"{name}.layer_scale_1"] * mixed
            mapped = mlp(state, f"{name}.mlp", norm(state, f"{name}.norm2", x, 1e-5))
            return x + state[f"{name}.layer_scale_2"] * mapped

        return apply

    def attend(name, x):
        return attention(state, name, x, heads)

    def over_bones(name, x):
        return _graph_mixer(state, name, x, edges)

    def over_time(name, x):
        return _graph_mixer(state, name, x, None)

    x = linear(state, "joints_embed", x) + state["pos_embed"]
    for i in range(depth):
        name = f"layers.{i}"
        attended = _of_joints(block(f"{name}.att_spatial", attend), x)
        attended = _of_frames(block(f"{name}.att_temporal", attend), attended)
        convolved = _of_joints(block(f"{name}.graph_spatial", over_bones), x)
        convolved = _of_frames(block(f"{name}.graph_temporal", over_time), convolved)
        x = _fused(state, f"{name}.fusion", attended, convolved)
    out = torch.tanh(linear(state, "rep_logit.fc", norm(state, "norm", x, 1e-5)))
    return linear(state, "head", out)
