"""ONNX models of methods, which run without torch."""

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.export import ExportedProgram

from lifting.errors import require
from lifting.export.parity import Runner
from lifting.export.program import quietly
from lifting.export.wrapping import Exportable

_USER = "Exporting to ONNX"


def check_installed() -> None:
    """Refuse to begin where something is missing.

    Raises:
        InputError: If it is; it names it.
    """
    for name in ("onnx", "onnxscript", "onnxruntime"):
        require(name, _USER, "export")


def saved_onnx(model: Exportable, program: ExportedProgram, metadata: Mapping[str, str]) -> bytes:
    """Return a model, of which the program is the trace, as the content of an ONNX file."""
    with quietly():
        exported = torch.onnx.export(
            program,
            dynamo=True,
            input_names=list(model.inputs),
            output_names=list(model.outputs),
            verbose=False,
        )
    assert exported is not None
    proto = exported.model_proto
    _name_axes(proto.graph, model)
    del proto.metadata_props[:]
    for key, value in metadata.items():
        proto.metadata_props.add(key=key, value=value)
    proto.producer_name = metadata["suite"]
    return proto.SerializeToString()


def _name_axes(graph: Any, model: Exportable) -> None:
    """Give the open axes names in place of numbered symbols."""
    names: dict[str, str] = {}
    for value, axes in zip(graph.input, model.open_axes("batch", "frames"), strict=True):
        for axis, name in axes.items():
            names[value.type.tensor_type.shape.dim[axis].dim_param] = name
    for value in (*graph.input, *graph.output, *graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_param = re.sub(
                    r"\w+", lambda symbol: names.get(symbol[0], symbol[0]), dim.dim_param
                )


def runner(content: bytes, threads: int | None = None) -> Runner:
    """Return a function that runs the content of an ONNX file, with onnxruntime on the CPU.

    It uses as many threads as there are cores where their number is not given.
    """
    onnxruntime = require("onnxruntime", _USER, "export")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]

    def run(*inputs: Tensor) -> list[Tensor]:
        feeds = {name: x.numpy() for name, x in zip(names, inputs, strict=True)}
        return [torch.from_numpy(x) for x in session.run(None, feeds)]

    return run
