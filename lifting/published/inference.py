"""The options of a method by the shapes of the tensors of a published file."""

from typing import Any

from lifting.published.source import Source
from lifting.skeletons import skeleton

Found = dict[str, Any]


def video_pose_3d(source: Source) -> Found:
    """Read the kernels' sizes, from which dense ones differ by option."""
    layers = source.count("layers_conv")
    kernels = [source.size("expand_conv.weight", 2)]
    kernels += [source.size(f"layers_conv.{2 * i}.weight", 2) for i in range(layers // 2)]
    taps, dilation = [], 1
    for kernel in kernels:
        taps.append((kernel - 1) // dilation + 1 if source.given.get("dense") else kernel)
        dilation *= taps[-1]
    return {
        "taps": taps,
        "channels": source.size("expand_conv.weight", 0),
        **_joints(source, "shrink.weight", "expand_conv.weight"),
    }


def _joints(source: Source, poses: str, keypoints: str) -> Found:
    """Joint sets by the rows of the last layer and the columns of the first."""
    joints, points = source.share(poses, 0, 3), source.share(keypoints, 1, 2)
    return {
        "skeleton": source.joint_set("skeleton", joints, poses),
        "keypoint_skeleton": source.joint_set("keypoint_skeleton", points, keypoints),
    }


def _same_joints(source: Source, tensor: str, axis: int) -> Found:
    name = source.joint_set("skeleton", source.size(tensor, axis), tensor)
    return {"skeleton": name, "keypoint_skeleton": name}


def mixste(source: Source) -> Found:
    """Read the sizes of the position embeddings."""
    return {
        "frames": source.size("Temporal_pos_embed", 1),
        "width": source.size("Spatial_pos_embed", 2),
        "depth": source.count("STEblocks"),
        **_same_joints(source, "Spatial_pos_embed", 1),
    }


def _over_keypoints(source: Source) -> Found:
    """What PoseFormer and its successor have in common."""
    points, joints = source.size("Spatial_pos_embed", 1), source.share("head.1.weight", 0, 3)
    return {
        "width": source.size("Spatial_pos_embed", 2),
        "depth": source.count("Spatial_blocks"),
        "skeleton": source.joint_set("skeleton", joints, "head.1.weight"),
        "keypoint_skeleton": source.joint_set("keypoint_skeleton", points, "Spatial_pos_embed"),
    }


def poseformer(source: Source) -> Found:
    """Read the sizes of the position embeddings."""
    return {"frames": source.size("Temporal_pos_embed", 1), **_over_keypoints(source)}


def poseformer_v2(source: Source) -> Found:
    """Read the sizes of the position embeddings; the length of the window has no trace."""
    return {
        "frames": source.option("frames", " (how many the window has)"),
        "kept": source.size("Temporal_pos_embed", 1),
        "coefficients": source.size("Temporal_pos_embed_", 1),
        **_over_keypoints(source),
    }


def iganet(source: Source) -> Found:
    """Read the sizes of the normalisations."""
    return {
        "width": source.size("IGANet.norm.weight", 0),
        "depth": source.count("IGANet.blocks"),
        **_same_joints(source, "IGANet.blocks.0.norm1.weight", 0),
    }


def simple_baseline(source: Source) -> Found:
    """Read the sizes of the first and the last layer."""
    outputs, points = source.share("w2.weight", 0, 3), source.share("w1.weight", 1, 2)
    given = source.given.get("skeleton")
    # Sixteen outputs are Human3.6M's seventeen joints without the root, unless said otherwise.
    whole = outputs != 16 if given is None else outputs == len(skeleton(given))
    return {
        "width": source.size("w1.weight", 0),
        "blocks": source.count("linear_stages"),
        "predict_root": whole,
        "skeleton": source.joint_set("skeleton", outputs + (not whole), "w2.weight"),
        "keypoint_skeleton": source.joint_set("keypoint_skeleton", points, "w1.weight"),
    }


def elepose(source: Source) -> Found:
    """Read the sizes of the first block."""
    return {
        "parts": ["full"],
        "hidden": source.size("module_list.0.subnet.0.weight", 0),
        "blocks": source.count("module_list"),
        "pca": source.size("module_list.0.w_perm", 0),
        "input_noise": 0.0,
        "skeleton": "h36m17",
        "keypoint_skeleton": "h36m17",
    }


def lstm(source: Source) -> Found:
    """Read the sizes of the recurrent layers; the length of the window has no trace."""
    layers = sum(name.startswith("lstm.weight_hh_l") for name in source.tensors)
    return {
        "frames": source.option("frames", " (how many the window has)"),
        "width": source.size("lstm.weight_hh_l0", 1),
        "layers": layers,
        **_joints(source, "fc.weight", "lstm.weight_ih_l0"),
    }


def transformer(source: Source) -> Found:
    """Read the sizes of the layers and of the stored position encoding."""
    return {
        "frames": source.size("pos_encoder.permanent_pe", 1),
        "width": source.size("input_linear.weight", 0),
        "layers": source.count("transformer_encoder.layers"),
        "hidden": source.size("transformer_encoder.layers.0.linear1.weight", 0),
        **_joints(source, "output_linear.weight", "input_linear.weight"),
    }


def window_mlp(source: Source) -> Found:
    """Read the sizes of both layers."""
    name = source.joint_set("skeleton", source.share("fc2.weight", 0, 3), "fc2.weight")
    keypoints = source.given.get("keypoint_skeleton") or name
    return {
        "frames": source.share("fc1.weight", 1, 2 * len(skeleton(keypoints))),
        "width": source.size("fc1.weight", 0),
        "skeleton": name,
        "keypoint_skeleton": keypoints,
    }
