"""Weights of parity vectors, made of the published names and shapes of the tensors.

A file holds the names, the shapes and what the authors' code computed with such weights: outputs, norms
of gradients, statistics of batches. Values of a tensor are those of splitmix64, seeded by its name.
"""

import hashlib
import math

import numpy as np
import torch

_STEP, _FIRST, _SECOND = map(
    np.uint64, (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
# Relative to the root of the mean square of the outputs; of the norms of gradients.
OUTPUT, GRADIENT = 1e-9, 1e-6


def uniform(key, count):
    """Numbers between -1 and 1, which belong to a name."""
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little")
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * _STEP
        z = (z ^ (z >> np.uint64(30))) * _FIRST
        z = (z ^ (z >> np.uint64(27))) * _SECOND
        z = z ^ (z >> np.uint64(31))
    return 2 * ((z >> np.uint64(11)).astype(np.float64) * 2.0**-53) - 1


def made(key, shape):
    """The tensor of a name."""
    name, v = key.rsplit(".", 1)[-1], uniform(key, math.prod(shape))
    if name == "num_batches_tracked":
        return torch.tensor(0)
    if name == "running_var":
        v = 1 + v / 2
    elif name.startswith("layer_scale"):
        v = 0.6 + 0.2 * v
    elif name.endswith("_embed"):
        v = 0.3 * v
    elif len(shape) > 1:
        gain = 0.25 if "fusion" in key or "ts_attn" in key else 1.0
        v = gain * math.sqrt(3 / math.prod(shape[1:])) * v
    elif name == "weight":
        v = 1 + 0.2 * v
    else:
        v = 0.1 * v
    return torch.from_numpy(v.astype(np.float32).reshape(shape))


def load(path):
    """The arrays of a file of parity vectors, by name."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def weights(case):
    """A file of the authors with the weights of a case, less the name of its network."""
    shapes = (tuple(shape[shape >= 0].tolist()) for shape in case["shapes"])
    names = zip(map(str, case["keys"]), shapes, strict=True)
    return {f"module.{key}": made(key, shape) for key, shape in names}


def check_output(case, net, examples=slice(None)):
    """Compare outputs of a network in evaluation, in float64, and return them."""
    x = torch.from_numpy(case["x"][examples]).double()
    expected = torch.from_numpy(case["y64"][examples])
    size = expected.square().mean().sqrt()
    with torch.no_grad():
        found = net(x)
    assert (found - expected).abs().max() <= OUTPUT * size
    return found


def check_training(case, net, published):
    """Compare loss, gradients and statistics of batches of a step, given our names of the tensors."""
    net.train().requires_grad_(True)
    out = net(torch.from_numpy(case["x"]).double())
    size = torch.from_numpy(case["train_y64"]).square().mean().sqrt()
    assert (out - torch.from_numpy(case["train_y64"])).abs().max() <= OUTPUT * size
    loss = (out * torch.from_numpy(case["w"])).mean()
    assert abs(loss.item() / case["loss64"] - 1) < OUTPUT
    loss.backward()
    parameters, state = dict(net.named_parameters()), net.state_dict()
    norms = [parameters[published[str(key)]].grad.norm().item() for key in case["grad_keys"]]
    assert len(norms) == len(parameters)
    np.testing.assert_allclose(norms, case["grad_norms64"], rtol=GRADIENT)
    buffers = [str(key) for key in case["buffer_keys"] if key]
    norms = [state[published[key]].double().norm().item() for key in buffers]
    np.testing.assert_allclose(norms, case["buffer_norms64"], rtol=GRADIENT)
