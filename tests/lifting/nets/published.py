"""Transformers and graph networks as published: the names of their parameters, and what they compute.

Written from the publications in plain functions of a state dict, for comparison with the networks and
with weights imported into them. Names are those of the authors' files, less DataParallel's ``module.``.
"""

import math

import torch


def filled(keys):
    """A state dict of random numbers, in float64; scales of normalisation near one."""
    return {
        name: 0.3 * torch.randn(shape, dtype=torch.float64)
        + (1.0 if "norm" in name and name.endswith("weight") else 0.0)
        for name, shape in keys.items()
    }


def renamed(state, table):
    """Published entries under the names that follow from replacing part by part."""
    out = {}
    for name, tensor in state.items():
        for published, ours in table:
            name = name.replace(published, ours)
        out[name] = tensor
    return out


def linear_keys(name, inputs, outputs):
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def norm_keys(name, width):
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def attention_keys(name, width):
    return linear_keys(f"{name}.qkv", width, 3 * width) | linear_keys(f"{name}.proj", width, width)


def mlp_keys(name, width, ratio):
    return linear_keys(f"{name}.fc1", width, ratio * width) | linear_keys(
        f"{name}.fc2", ratio * width, width
    )


def _block_keys(name, width, ratio):
    return (
        norm_keys(f"{name}.norm1", width)
        | attention_keys(f"{name}.attn", width)
        | norm_keys(f"{name}.norm2", width)
        | mlp_keys(f"{name}.mlp", width, ratio)
    )


def linear(state, name, x):
    return x @ state[f"{name}.weight"].T + state.get(f"{name}.bias", 0)


def norm(state, name, x, eps=1e-6):
    deviation = x - x.mean(-1, keepdim=True)
    scale = ((deviation**2).mean(-1, keepdim=True) + eps) ** -0.5
    return deviation * scale * state[f"{name}.weight"] + state[f"{name}.bias"]


def _gelu(x):
    return x * (1 + torch.erf(x / math.sqrt(2))) / 2


def _heads(state, name, x, heads):
    """Attention before its last linear layer, head by head."""
    query, key, value = linear(state, f"{name}.qkv", x).chunk(3, -1)
    out = []
    for q, k, v in zip(*(t.chunk(heads, -1) for t in (query, key, value)), strict=True):
        score = torch.exp(torch.einsum("bic,bjc->bij", q, k) / math.sqrt(q.shape[-1]))
        out.append(torch.einsum("bij,bjc->bic", score / score.sum(-1, keepdim=True), v))
    return torch.cat(out, -1)


def attention(state, name, x, heads):
    return linear(state, f"{name}.proj", _heads(state, name, x, heads))


def mlp(state, name, x):
    return linear(state, f"{name}.fc2", _gelu(linear(state, f"{name}.fc1", x)))


def _block(state, name, x, heads):
    x = x + attention(state, f"{name}.attn", norm(state, f"{name}.norm1", x), heads)
    return x + mlp(state, f"{name}.mlp", norm(state, f"{name}.norm2", x))


def _spatial(state, x, embed, depth, heads):
    """PoseFormer's transformer over joints: a token per frame."""
    b, t, k, _ = x.shape
    tokens = linear(state, embed, x).reshape(b * t, k, -1) + state["Spatial_pos_embed"]
    for i in range(depth):
        tokens = _block(state, f"Spatial_blocks.{i}", tokens, heads)
    return norm(state, "Spatial_norm", tokens).reshape(b, t, -1)


def _weighted_mean(state, name, x):
    weights = state[f"{name}.weight"][0, :, 0]
    return torch.einsum("t,btc->bc", weights, x) + state[f"{name}.bias"]


def poseformer_keys(frames=81, keypoints=17, width=32, depth=4, ratio=2):
    """PoseTransformer of https://github.com/zczcwh/PoseFormer."""
    wide = width * keypoints
    keys = {
        "Spatial_pos_embed": (1, keypoints, width),
        "Temporal_pos_embed": (1, frames, wide),
        **linear_keys("Spatial_patch_to_embedding", 2, width),
    }
    for i in range(depth):
        keys |= _block_keys(f"Spatial_blocks.{i}", width, ratio)
    for i in range(depth):
        keys |= _block_keys(f"blocks.{i}", wide, ratio)
    return keys | {
        **norm_keys("Spatial_norm", width),
        **norm_keys("Temporal_norm", wide),
        "weighted_mean.weight": (1, frames, 1),
        "weighted_mean.bias": (1,),
        **norm_keys("head.0", wide),
        **linear_keys("head.1", wide, 3 * keypoints),
    }


def poseformer_reference(state, x, depth=4, heads=8):
    x = _spatial(state, x, "Spatial_patch_to_embedding", depth, heads)
    x = x + state["Temporal_pos_embed"]
    for i in range(depth):
        x = _block(state, f"blocks.{i}", x, heads)
    x = _weighted_mean(state, "weighted_mean", norm(state, "Temporal_norm", x))
    return linear(state, "head.1", norm(state, "head.0", x, 1e-5)).reshape(len(x), 1, -1, 3)


def poseformer_v2_keys(kept=3, coefficients=3, keypoints=17, width=32, depth=4, ratio=2):
    """PoseTransformerV2 of https://github.com/QitaoZhao/PoseFormerV2, whatever the frames."""
    wide = width * keypoints
    keys = {
        "Spatial_pos_embed": (1, keypoints, width),
        "Temporal_pos_embed": (1, kept, wide),
        "Temporal_pos_embed_": (1, coefficients, wide),
        **linear_keys("Joint_embedding", 2, width),
        **linear_keys("Freq_embedding", 2 * keypoints, wide),
    }
    for i in range(depth):
        keys |= _block_keys(f"Spatial_blocks.{i}", width, ratio)
    for i in range(depth):
        keys |= {
            **norm_keys(f"blocks.{i}.norm1", wide),
            **attention_keys(f"blocks.{i}.attn", wide),
            **norm_keys(f"blocks.{i}.norm2", wide),
            **mlp_keys(f"blocks.{i}.mlp1", wide, ratio),
            **norm_keys(f"blocks.{i}.norm3", wide),
            **mlp_keys(f"blocks.{i}.mlp2", wide, ratio),
        }
    return keys | {
        **norm_keys("Spatial_norm", width),
        **norm_keys("Temporal_norm", wide),
        "weighted_mean.weight": (1, coefficients, 1),
        "weighted_mean.bias": (1,),
        "weighted_mean_.weight": (1, kept, 1),
        "weighted_mean_.bias": (1,),
        **norm_keys("head.0", 2 * wide),
        **linear_keys("head.1", 2 * wide, 3 * keypoints),
    }


def _cosines(count):
    """DCT-II as a matrix, entry by entry of its definition; without normalisation."""
    return torch.tensor(
        [
            [2 * math.cos(math.pi * k * (2 * n + 1) / (2 * count)) for n in range(count)]
            for k in range(count)
        ],
        dtype=torch.float64,
    )


def _freq_mlp(state, name, x):
    transform = _cosines(x.shape[1])
    return torch.linalg.inv(transform) @ mlp(state, name, transform @ x)


def poseformer_v2_reference(state, x, depth=4, heads=8, split=None):
    """Args: split: tokens that the ordinary MLP sees; as published, half of all."""
    kept = state["Temporal_pos_embed"].shape[1]
    coefficients = state["Temporal_pos_embed_"].shape[1]
    b, t = x.shape[:2]
    centre = (t - 1) // 2
    middle = x[:, centre - kept // 2 : centre + kept // 2 + 1]
    tokens = _spatial(state, middle, "Joint_embedding", depth, heads)
    spectrum = torch.einsum("nt,btkd->bnkd", _cosines(t), x)[:, :coefficients]
    low = linear(state, "Freq_embedding", spectrum.reshape(b, coefficients, -1))
    x = torch.cat([low + state["Temporal_pos_embed_"], tokens + state["Temporal_pos_embed"]], 1)
    split = (coefficients + kept) // 2 if split is None else split
    for i in range(depth):
        name = f"blocks.{i}"
        x = x + attention(state, f"{name}.attn", norm(state, f"{name}.norm1", x), heads)
        first, second = x[:, :split], x[:, split:]
        first = first + mlp(state, f"{name}.mlp1", norm(state, f"{name}.norm2", first))
        second = second + _freq_mlp(state, f"{name}.mlp2", norm(state, f"{name}.norm3", second))
        x = torch.cat([first, second], 1)
    x = norm(state, "Temporal_norm", x)
    low = _weighted_mean(state, "weighted_mean", x[:, :coefficients])
    high = _weighted_mean(state, "weighted_mean_", x[:, coefficients:])
    x = torch.cat([low, high], -1)
    return linear(state, "head.1", norm(state, "head.0", x, 1e-5)).reshape(b, 1, -1, 3)


def mixste_keys(frames=243, joints=17, width=512, depth=8, ratio=2):
    """MixSTE2 of https://github.com/JinluZhang1126/MixSTE."""
    keys = {
        "Spatial_pos_embed": (1, joints, width),
        "Temporal_pos_embed": (1, frames, width),
        **linear_keys("Spatial_patch_to_embedding", 2, width),
    }
    for blocks in ("STEblocks", "TTEblocks"):
        for i in range(depth):
            keys |= _block_keys(f"{blocks}.{i}", width, ratio)
    return keys | {
        **norm_keys("Spatial_norm", width),
        **norm_keys("Temporal_norm", width),
        **norm_keys("head.0", width),
        **linear_keys("head.1", width, 3),
    }


def mixste_reference(state, x, depth=8, heads=8):
    b, t, k, _ = x.shape
    x = linear(state, "Spatial_patch_to_embedding", x) + state["Spatial_pos_embed"]
    for i in range(depth):
        x = _block(state, f"STEblocks.{i}", x.reshape(b * t, k, -1), heads)
        x = norm(state, "Spatial_norm", x).reshape(b, t, k, -1).transpose(1, 2)
        if i == 0:
            x = x + state["Temporal_pos_embed"]
        x = _block(state, f"TTEblocks.{i}", x.reshape(b * k, t, -1), heads)
        x = norm(state, "Temporal_norm", x).reshape(b, k, t, -1).transpose(1, 2)
    return linear(state, "head.1", norm(state, "head.0", x, 1e-5))


def iganet_keys(joints=17, width=512, depth=3):
    """Model of https://github.com/xiu-cs/IGANet, without the graph that some files hold."""
    half = width // 2
    keys = {}
    sizes = [2, width // 8, width // 4, half, width]
    for layer, inputs, outputs in zip((1, 3, 4, 5), sizes, sizes[1:], strict=False):
        keys |= linear_keys(f"encoder.fc{layer}", inputs, outputs)
    for i in range(depth):
        name = f"IGANet.blocks.{i}"
        keys |= {
            f"{name}.s_gcn2attn": (1,),
            f"{name}.s_attn2gcn": (1,),
            **norm_keys(f"{name}.norm1", joints),
            f"{name}.GCN_Block1.conv1d.weight": (4 * width, width, 1),
            f"{name}.GCN_Block1.conv1d.bias": (4 * width,),
            f"{name}.GCN_Block2.conv1d.weight": (4 * width, width, 1),
            f"{name}.GCN_Block2.conv1d.bias": (4 * width,),
            **norm_keys(f"{name}.norm_att1", width),
            **attention_keys(f"{name}.attn", width),
            **norm_keys(f"{name}.norm2", width),
            **linear_keys(f"{name}.uMLP.linear512_256.linear.0", width, half),
            **linear_keys(f"{name}.uMLP.linear256_256.linear.0", half, half),
            **linear_keys(f"{name}.uMLP.linear256_512.linear.0", half, width),
        }
    return keys | norm_keys("IGANet.norm", width) | linear_keys("fcn", width, 3)


def iganet_graph(bones, pairs, hops):
    """Edges by kind, (4, joints, joints): self, towards the centre, away from it, to the other side."""
    joints = len(hops)
    edges = {(j, j) for j in range(joints)}
    for i, j in [*bones, *pairs]:
        edges |= {(i, j), (j, i)}
    graph = torch.zeros(4, joints, joints, dtype=torch.float64)
    for i, j in edges:
        share = 1 / sum(column == j for _, column in edges)
        if i == j:
            kind = 0
        elif (i, j) in pairs or (j, i) in pairs:
            kind = 3
        else:
            kind = 1 if hops[i] > hops[j] else 2
        graph[kind, i, j] = share
    return graph


def _graph_convolution(state, name, x, graph):
    weight = state[f"{name}.conv1d.weight"][:, :, 0].chunk(4)
    bias = state[f"{name}.conv1d.bias"].chunk(4)
    return sum(torch.einsum("bvc,vw->bwc", x @ weight[k].T + bias[k], graph[k]) for k in range(4))


def iganet_reference(state, x, graph, depth=3, heads=8):
    b, t, joints, _ = x.shape
    x = x.reshape(b * t, joints, 2)
    for layer in (1, 3, 4, 5):
        x = linear(state, f"encoder.fc{layer}", x)
    for i in range(depth):
        name = f"IGANet.blocks.{i}"
        over_joints = norm(state, f"{name}.norm1", x.transpose(1, 2)).transpose(1, 2)
        first = _graph_convolution(state, f"{name}.GCN_Block1", over_joints, graph)
        seen = _heads(state, f"{name}.attn", norm(state, f"{name}.norm_att1", x), heads)
        attended = linear(state, f"{name}.attn.proj", seen + state[f"{name}.s_gcn2attn"] * first)
        second = _graph_convolution(
            state, f"{name}.GCN_Block2", first + state[f"{name}.s_attn2gcn"] * seen, graph
        )
        x = x + second + attended
        down = _gelu(
            linear(state, f"{name}.uMLP.linear512_256.linear.0", norm(state, f"{name}.norm2", x))
        )
        middle = down + _gelu(linear(state, f"{name}.uMLP.linear256_256.linear.0", down))
        x = x + _gelu(linear(state, f"{name}.uMLP.linear256_512.linear.0", middle))
    x = linear(state, "fcn", norm(state, "IGANet.norm", x))
    return x.reshape(b, t, joints, 3)
