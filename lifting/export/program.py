"""Programs of torch.export of methods, which run without the code of this suite."""

import io
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.fx.experimental import _config as tracing
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._sympy.value_ranges import ValueRanges

from lifting.export.parity import Runner
from lifting.export.wrapping import Exportable

# The extra file within a .pt2 that holds its metadata.
METADATA_FILE = "lifting.json"
# Other than the sizes of the comparison and the constants of the networks.
_BATCH, _MORE_FRAMES = 3, 4


class _Contiguous(TorchFunctionMode):
    """Copies the inputs of linear layers: they would ask whether it is contiguous.

    The answer depends on whether the batch is one, and the program would then refuse the other.
    """

    def __torch_function__(
        self,
        function: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if function is functional.linear:
            copied = args[0].clone(memory_format=torch.contiguous_format)
            args = (copied, *args[1:])
        return function(*args, **(kwargs or {}))


class _Traced(nn.Module):
    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        with _Contiguous():
            return self.module(*inputs)


def build_program(model: Exportable) -> ExportedProgram:
    """Trace a model; its batch, and its frames where they may be any, are left open."""
    example = model.example(_BATCH, _MORE_FRAMES if model.any_length else 0)
    frames = Dim("frames", min=model.frames) if model.any_length else None
    axes = model.open_axes(Dim.AUTO, frames)
    any_size = tracing.patch(backed_size_oblivious=True)  # type: ignore[attr-defined]
    with quietly(), any_size, torch.no_grad():
        program = torch.export.export(_Traced(model.module), example, dynamic_shapes=(axes,))
    # Some guards remain: whether a size is one decides the memory layout of tensors, not their values.
    one = ("!= 1", ">= 2")
    program._guards_code = [guard for guard in program._guards_code if not guard.endswith(one)]
    ranges = program.range_constraints
    for symbol, allowed in ranges.items():
        if allowed.lower == 2:
            ranges[symbol] = ValueRanges(1, allowed.upper)
    return program


def saved_program(program: ExportedProgram, metadata: Mapping[str, str]) -> bytes:
    """Return a program as a file of ``torch.export.save``; metadata go to its ``lifting.json``."""
    stream = io.BytesIO()
    with quietly():
        torch.export.save(program, stream, extra_files={METADATA_FILE: json.dumps(dict(metadata))})
    return stream.getvalue()


def runner(content: bytes) -> Runner:
    """Return a function that runs the content of a ``.pt2``."""
    with quietly():
        module = torch.export.load(io.BytesIO(content)).module()

    def run(*inputs: Tensor) -> list[Tensor]:
        with torch.no_grad():
            return list(module(*inputs))

    return run


@contextmanager
def quietly() -> Iterator[None]:
    """Keep torch from talking to its own developers."""
    before = logging.root.manager.disable
    try:
        logging.disable(logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
