"""Small published networks of what learns without 3D, and what they compute, layer by layer."""

import torch

from tests.lifting.published.made_files import linear, made_state

# The place of each of our joints where the right arm comes first.
RIGHT_ARM_FIRST = [*range(11), 14, 15, 16, 11, 12, 13]
# Joints of the parts, as the published code lists them.
PARTS = {
    "left": [0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
    "right": [0, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16],
    "legs": list(range(7)),
    "torso": list(range(7, 17)),
}
# What each completion sees and completes.
COMPLETIONS = {
    "left_arm": [11, 12, 13],
    "right_arm": [14, 15, 16],
    "left_leg": [4, 5, 6],
    "right_leg": [1, 2, 3],
    "both_legs": [1, 2, 3, 4, 5, 6],
    "left_side": [4, 5, 6, 11, 12, 13],
    "right_side": [1, 2, 3, 14, 15, 16],
    "torso": list(range(7, 17)),
}


def lrelu(x):
    return torch.where(x > 0, x, 0.01 * x)


def apply(state, name, x):
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def normed_block(name, width, batch=False):
    """A residual block with two layers of normalisation that are never applied."""
    keys = linear(f"{name}.l1", width, width) | linear(f"{name}.l2", width, width)
    for i in (1, 2):
        keys |= {f"{name}.bn{i}.weight": (width,), f"{name}.bn{i}.bias": (width,)}
        if batch:
            keys |= {f"{name}.bn{i}.{k}": (width,) for k in ("running_mean", "running_var")}
            keys[f"{name}.bn{i}.num_batches_tracked"] = ()
    return keys


def depth_lifter_keys(joints, width=8, blocks=3, depth="downscale", batch=False):
    keys = linear("upscale", 2 * joints, width) | normed_block("res_common", width, batch)
    for head in ("pose", "angle"):
        for i in range(blocks):
            keys |= normed_block(f"res_{head}{i + 1}", width, batch)
    return keys | linear(depth, width, joints) | linear("angles", width, 1)


def completion_keys(seen, completed, width=8):
    keys = linear("upscale", 3 * seen, width) | normed_block("res_common", width)
    for i in (1, 2, 3):
        keys |= normed_block(f"res_pose{i}", width)
    return keys | linear("downscale", width, 3 * completed)


def as_begun(keys, seed=0, unused_block=None):
    """Random values; what is never used is as it begins."""
    state = made_state(keys, seed)
    for name in state:
        if ".bn" in name:
            one = name.endswith(("weight", "running_var"))
            state[name] = torch.ones(keys[name]) if one else torch.zeros(keys[name])
            if name.endswith("num_batches_tracked"):
                state[name] = torch.tensor(0)
        elif unused_block is not None and name.startswith(unused_block):
            state[name] = torch.zeros(keys[name])
    return state


def block(state, name, x, names=("l1", "l2")):
    """The sum with two activated layers."""
    inner = lrelu(apply(state, f"{name}.{names[0]}", x))
    return x + lrelu(apply(state, f"{name}.{names[1]}", inner))


def depth_lifter_reference(state, x, blocks=3, depth="downscale"):
    """Depths and elevation of all x, then all y."""
    common = lrelu(block(state, "res_common", apply(state, "upscale", x)))
    ends = []
    for head, last in (("pose", depth), ("angle", "angles")):
        h = common
        for i in range(blocks):
            h = lrelu(block(state, f"res_{head}{i + 1}", h))
        ends.append(apply(state, last, h))
    return ends[0], ends[1][:, 0]


def completion_reference(state, x):
    h = apply(state, "upscale", x)
    for i in (1, 2, 3):
        h = lrelu(block(state, f"res_pose{i}", h))
    return apply(state, "downscale", h)


def gan_block(name, width):
    return linear(f"{name}.w1", width, width) | linear(f"{name}.w2", width, width)


def gan_block_reference(state, name, x):
    return lrelu(x + apply(state, f"{name}.w2", lrelu(apply(state, f"{name}.w1", x))))


def repnet_keys(width=8):
    keys = linear("w1", 32, width)
    for name in ("linear_stage", "pose3d_stages1", "pose3d_stages2"):
        keys |= gan_block(name, width)
    keys |= linear("w21", width, width) | linear("w22", width, 48)
    for name in ("camera_stages1", "camera_stages2"):
        keys |= gan_block(name, width)
    return keys | linear("w3", width, 6)


def repnet_reference(state, x):
    """48 values of the pose, and 6 of the camera."""
    common = gan_block_reference(state, "linear_stage", lrelu(apply(state, "w1", x)))
    pose = gan_block_reference(state, "pose3d_stages1", common)
    pose = gan_block_reference(state, "pose3d_stages2", pose)
    pose = apply(state, "w22", lrelu(apply(state, "w21", pose)))
    camera = gan_block_reference(state, "camera_stages1", common)
    camera = gan_block_reference(state, "camera_stages2", camera)
    return pose, apply(state, "w3", camera)


def critic_keys(width=8, joints=100):
    return {
        **linear("w11", 48, joints),
        **gan_block("linear_stage1", joints),
        **linear("w12", joints, joints),
        **linear("w2", 225, width),
        **gan_block("linear_stage2", width),
        **linear("w3", joints + width, joints),
        **linear("w4", joints, 1),
    }


# Bones among the sixteen joints without the root, the first minus the second; the last but one is a sum.
BONES = [
    *((0, 1), (1, 2), (3, 4), (4, 5), (6, 7), (7, 8), (8, 9)),
    *((7, 10), (10, 11), (11, 12), (7, 13), (13, 14), (14, 15)),
    *((0, 3), (0, 6)),
]


def critic_reference(state, pose):
    """Scores of poses (B, 16, 3)."""
    bones = torch.stack(
        [pose[:, a] + (1 if i == 13 else -1) * pose[:, b] for i, (a, b) in enumerate(BONES)], 1
    )
    psi = (bones @ bones.mT).flatten(1)
    first = gan_block_reference(state, "linear_stage1", lrelu(apply(state, "w11", pose.flatten(1))))
    second = gan_block_reference(state, "linear_stage2", lrelu(apply(state, "w2", psi)))
    both = torch.cat([apply(state, "w12", first), second], 1)
    return apply(state, "w4", lrelu(apply(state, "w3", both)))[:, 0]


def generator_keys(inputs, outputs, width=8):
    def convolution(name, before, after, taps):
        return {f"{name}.weight": (after, before, taps), f"{name}.bias": (after,)}

    return {
        **convolution("w1", inputs, width, 3),
        **convolution("w21", width, width, 3),
        **convolution("w22", width, width, 1),
        **convolution("w31", width, width, 3),
        **convolution("w32", width, width, 1),
        **convolution("w4", width, outputs, 1),
    }


def generator_reference(state, x):
    """One output of windows (B, 27, inputs)."""

    def convolve(name, x, stride=1):
        weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
        return torch.nn.functional.conv1d(x, weight, bias, stride)

    first = lrelu(convolve("w1", x.mT, 3))
    second = lrelu(convolve("w22", lrelu(convolve("w21", first, 3))) + first[:, :, 1::3])
    third = lrelu(convolve("w32", lrelu(convolve("w31", second))) + second[:, :, 1:2])
    return convolve("w4", third)[..., 0]


def relative_depth_keys(joints=17, width=8):
    keys = linear("w1", 2 * joints, width) | linear("w2", width, 3 * joints)
    norms = ["batch_norm1"]
    for i in (1, 2):
        keys |= linear(f"linear_stages.0.w{i}", width, width)
        norms.append(f"linear_stages.0.batch_norm{i}")
    for name in norms:
        sizes = ("weight", "bias", "running_mean", "running_var")
        keys |= {f"{name}.{k}": (width,) for k in sizes}
    return keys | linear("ws", width, 1) | {"mult": (3 * joints,)}


def relative_depth_reference(state, x, units=True):
    def layer(w, norm, x):
        x = apply(state, w, x) - state[f"{norm}.running_mean"]
        x = x / (state[f"{norm}.running_var"] + 1e-5).sqrt() * state[f"{norm}.weight"]
        return (x + state[f"{norm}.bias"]).clamp_min(0)

    h = layer("w1", "batch_norm1", x)
    inner = layer("linear_stages.0.w1", "linear_stages.0.batch_norm1", h)
    h = h + layer("linear_stages.0.w2", "linear_stages.0.batch_norm2", inner)
    pose = apply(state, "w2", h) * (state["mult"] if units else 1)
    return pose, apply(state, "ws", h).sigmoid()[:, 0]
