"""ONNX models written node by node: readers of dots, and finders whose answer is in the file."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.made_dots import CROP, JOINTS, bump, planes

FLOAT = TensorProto.FLOAT


def _save(path, nodes, constants, outputs, shape, kind=FLOAT, about=()):
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("images", kind, shape)],
        [helper.make_tensor_value_info(name, FLOAT, dims) for name, dims in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    for key, value in dict(about).items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return Path(path)


def _dots():
    """Nodes and constants that make ``(N, 17, H, W)`` of images, 1 inside the dots of each colour."""
    weights, biases = planes()
    constants = {
        "weights": weights.astype(np.float32)[..., None, None],
        "biases": biases.astype(np.float32),
        "one": np.float32(1),
    }
    nodes = [
        helper.make_node("Conv", ["images", "weights", "biases"], ["cut"]),
        helper.make_node("Relu", ["cut"], ["above"]),
        helper.make_node("Min", ["above", "one"], ["dots"]),
    ]
    return nodes, constants


def heatmap_model(path, batch="n", size=CROP) -> Path:
    """Heat-maps of dots, a quarter of the crop in size."""
    nodes, constants = _dots()
    constants["blur"] = np.tile(bump() / 4, (JOINTS, 1, 1, 1)).astype(np.float32)
    nodes += [
        # The middle of a cell lies on that of every fourth pixel, as in published heat-maps.
        helper.make_node(
            "AveragePool",
            ["dots"],
            ["small"],
            kernel_shape=[5, 5],
            strides=[4, 4],
            pads=[2] * 4,
            count_include_pad=1,
        ),
        helper.make_node("Conv", ["small", "blur"], ["maps"], group=JOINTS, pads=[2] * 4),
    ]
    shape = [batch, 3, *(size[::-1] if size else ("h", "w"))]
    return _save(path, nodes, constants, {"maps": [batch, JOINTS, None, None]}, shape)


def simcc_model(path, batch="n", finer=2) -> Path:
    """Sums of dots over rows and over columns, with several bins per pixel."""
    nodes, constants = _dots()
    constants |= {"rows": np.array([2]), "columns": np.array([3]), "none": np.zeros(0, np.float32)}
    side = np.exp(-0.5 * (np.arange(-8, 9) / 4) ** 2) / 100
    constants["blur"] = np.tile(side, (JOINTS, 1, 1)).astype(np.float32)
    constants["finer"] = np.array([1, 1, finer], np.float32)
    # The bin of a pixel's centre is the pixel's number times their number.
    how = {
        "mode": "nearest",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
    }
    for axis, name in (("rows", "simcc_x"), ("columns", "simcc_y")):
        nodes += [
            helper.make_node("ReduceSum", ["dots", axis], [f"sum_{name}"], keepdims=0),
            # The middle of a dot is its one highest bin.
            helper.make_node(
                "Conv", [f"sum_{name}", "blur"], [f"blurred_{name}"], group=JOINTS, pads=[8, 8]
            ),
            helper.make_node("Resize", [f"blurred_{name}", "none", "finer"], [name], **how),
        ]
    outputs = {name: [batch, JOINTS, None] for name in ("simcc_x", "simcc_y")}
    return _save(path, nodes, constants, outputs, [batch, 3, *CROP[::-1]])


def fixed_model(path, size=(64, 64), about=(), **outputs) -> Path:
    """A model that says the same of every image; the last column of the first grows with blue first.

    Args:
        path: The file.
        size: Width and height of its images.
        about: What the file says of itself.
        **outputs: What it says, by name.
    """
    first = next(iter(outputs))
    constants = {f"said_{name}": np.asarray(x, np.float32) for name, x in outputs.items()}
    weight = np.zeros(outputs[first].shape[-1], np.float32)
    weight[-1] = 1 / 255
    constants |= {"weight": weight, "channel": np.array([0]), "axes": np.array([1, 2, 3])}
    nodes = [
        helper.make_node("Gather", ["images", "channel"], ["blue"], axis=1),
        helper.make_node("ReduceMean", ["blue"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "weight"], ["more"]),
        helper.make_node("Add", [f"said_{first}", "more"], [first]),
    ]
    del constants["axes"]
    nodes += [helper.make_node("Identity", [f"said_{name}"], [name]) for name in list(outputs)[1:]]
    shapes = {name: list(np.shape(x)) for name, x in outputs.items()}
    return _save(path, nodes, constants, shapes, [1, 3, *size[::-1]], about=about)
