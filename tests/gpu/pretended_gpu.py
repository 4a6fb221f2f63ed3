"""Pretended GPU: tensors that say they are on one, compute on the CPU, and note launches and host waits.

PyTorch runs a backend written in Python in place of the one that is kept free for other devices
(``PrivateUse1``). Here it wraps a tensor of the CPU, so that a training takes its steps, backward and
optimiser included, with true values, on any machine. What a GPU would do is noted of each operation:

- a *launch* is an operation that computes: neither a view nor memory that is only allocated;
- a *host wait* is an operation after which the program stands still until the GPU has done all that was
  asked of it before: a value read back, a mask used as an index, a copy to or from ordinary memory.

Tensors of both devices in one operation are refused, as on a GPU.
"""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

NAME = "pretended"
DEVICE = torch.device("cpu")  # until pretended() has been entered
ROOT = f"{Path(__file__).parents[2]}/"

# What gives a result whose size, or the value itself, the host must know.
_READ = {
    *("_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero"),
    *("_unique", "_unique2", "unique_dim", "unique_consecutive", "repeat_interleave"),
}
_INDEXING = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"}
_MASKS = (torch.bool, torch.uint8)


@dataclass(frozen=True)
class Operation:
    """What the pretended GPU was asked for.

    Attributes:
        name: Of the operation in ATen.
        wait: Why the host waits for it; empty where it does not.
        place: The lines of the suite that asked, the innermost last; of waits alone.
        compiled: Whether it is in a part of a step that ``--compile`` makes one graph of.
    """

    name: str
    wait: str = ""
    place: tuple[str, ...] = ()
    compiled: bool = False


# What a graph takes in place of its operations: a launch, and one that brings its inputs to their place.
GRAPH, INPUTS = Operation("graph"), Operation("inputs of a graph")

_noted: list[Operation] | None = None
_in_graph = False


class PretendedTensor(Tensor):
    """A tensor of the pretended GPU.

    Attributes:
        held: The tensor of the CPU whose values it has.
    """

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> "PretendedTensor":
        wrapper = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=DEVICE,
        )
        wrapper.held = held
        return wrapper

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Read anywhere, as checkpoints are.
        return self.held.__reduce_ex__(protocol)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"{type(self).__name__}({self.held})"


class _Dispatch(TorchDispatchMode):
    """Sees what makes tensors of the device from none."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Functions(TorchFunctionMode):
    """Sees what reads values past the dispatcher."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is Tensor.tolist and isinstance(args[0], PretendedTensor):
            _note("tolist", "a value is read")
            return args[0].held.detach().tolist()
        return func(*args, **(kwargs or {}))


@contextmanager
def pretended() -> Iterator[torch.device]:
    """Within it, ``torch.device("pretended")`` is a GPU of its own."""
    _register()
    before = torch.__future__.get_overwrite_module_params_on_conversion()
    # Weights that move become tensors of another class.
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        with _Dispatch(), _Functions():
            yield DEVICE
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(before)


@contextmanager
def noted() -> Iterator[list[Operation]]:
    """Note what the pretended GPU is asked for, in the list that is given."""
    global _noted
    _noted, before = [], _noted
    try:
        yield _noted
    finally:
        _noted = before


@contextmanager
def in_graph(*launches: Operation) -> Iterator[None]:
    """Within it, operations are noted as parts of a graph, besides what that takes."""
    global _in_graph
    if _noted is not None:
        _noted.extend(launches)
    _in_graph, before = True, _in_graph
    try:
        yield
    finally:
        _in_graph = before


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Run an operation on the CPU; wrap the results where a GPU would have made them, and note it."""
    given = tree_leaves((args, kwargs))
    ours = [value for value in given if isinstance(value, PretendedTensor)]
    asked = None if kwargs.get("device") is None else torch.device(kwargs["device"])
    made_here = bool(ours) if asked is None else asked.type == NAME
    if not ours and not made_here:
        return func(*args, **kwargs)
    name = func._schema.name.partition("::")[2]
    others = [v for v in given if isinstance(v, Tensor) and not isinstance(v, PretendedTensor)]
    wait = _wait(func, name, args, kwargs, ours, others, made_here)
    # A fused optimiser returns nothing.
    returns = func._schema.returns
    makes = not returns or any(not r.alias_info or r.alias_info.is_write for r in returns)
    if wait or (makes and not name.startswith(("empty", "new_empty", "detach"))):
        _note(name, wait)
    if asked is not None and made_here:
        kwargs = kwargs | {"device": torch.device("cpu")}
    plain = tree_map(lambda v: v.held if isinstance(v, PretendedTensor) else v, (args, kwargs))
    results = _ONLY_ON_A_GPU.get(name, func)(*plain[0], **plain[1])
    if torch.Tag.inplace_view in func.tags:
        # What changes the shape of a tensor itself: that of the wrapper as well.
        with torch._C._DisableTorchDispatch():
            func(*args, **kwargs)
        return args[0]
    known = {id(value.held): value for value in ours}

    def wrapped(value: Any) -> Any:
        if not isinstance(value, Tensor) or isinstance(value, PretendedTensor) or not made_here:
            return value
        return known[id(value)] if id(value) in known else PretendedTensor(value)

    return tree_map(wrapped, results)


def _lstm_cell(
    inputs: Tensor,
    hidden: Tensor,
    cell: Tensor,
    input_bias: Tensor | None = None,
    hidden_bias: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return hidden state, cell and gates after a step of an LSTM, whose products are given."""
    biases = [bias for bias in (input_bias, hidden_bias) if bias is not None]
    gates = list(sum(biases, inputs + hidden).chunk(4, -1))
    gates = [g.tanh() if n == 2 else g.sigmoid() for n, g in enumerate(gates)]
    entry, forget, new, out = gates
    after = forget * cell + entry * new
    return out * after.tanh(), after, torch.cat(gates, -1)


def _lstm_cell_backward(
    hidden_grad: Tensor | None,
    cell_grad: Tensor | None,
    before: Tensor,
    after: Tensor,
    gates: Tensor,
    has_bias: bool,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return the gradients of the gates before activation, of the cell before, and of the bias."""
    entry, forget, new, out = gates.chunk(4, -1)
    hidden_grad = torch.zeros_like(after) if hidden_grad is None else hidden_grad
    cell_grad = torch.zeros_like(after) if cell_grad is None else cell_grad
    squashed = after.tanh()
    total = cell_grad + hidden_grad * out * (1 - squashed**2)
    grads = [
        total * new * entry * (1 - entry),
        total * before * forget * (1 - forget),
        total * entry * (1 - new**2),
        hidden_grad * squashed * out * (1 - out),
    ]
    joined = torch.cat(grads, -1)
    return joined, total * forget, joined.sum(0) if has_bias else None


# Kernels that the CPU does without.
_ONLY_ON_A_GPU = {
    "_thnn_fused_lstm_cell": _lstm_cell,
    "_thnn_fused_lstm_cell_backward_impl": _lstm_cell_backward,
}


def _wait(
    func: Any,
    name: str,
    args: Any,
    kwargs: dict[str, Any],
    ours: list[PretendedTensor],
    others: list[Tensor],
    made_here: bool,
) -> str:
    """Return why the host waits for an operation.

    Raises:
        RuntimeError: If its tensors are of two devices, or it draws from a generator of the CPU.
    """
    generator = kwargs.get("generator")
    if generator is not None and generator.device.type != NAME:
        raise RuntimeError(f"Expected a generator of the device {NAME}, but found one of the CPU")
    if name in ("_to_copy", "copy_"):
        blocks = not (kwargs.get("non_blocking") or (name == "copy_" and True in args[2:]))
        across = bool(others) if ours or name == "copy_" else made_here
        across = across or (bool(ours) and not made_here)
        there = "to the host" if ours and not made_here else "to the device"
        return f"copied {there}" if across and blocks else ""
    if name in _INDEXING:
        indices = [i for i in args[1] if i is not None]
        if any(not isinstance(i, PretendedTensor) for i in indices):
            return "an index of the host"
        if any(i.dtype in _MASKS for i in indices) and not _is_filled(name, args, indices):
            return "a mask as an index"
        others = [o for o in others if all(o is not i for i in indices)]
    if ours and any(other.dim() for other in others):
        raise RuntimeError(f"Expected all tensors to be on the same device: {func}")
    is_read = name in _READ and not (name == "repeat_interleave" and kwargs.get("output_size"))
    return "a value is read" if is_read else ""


def _is_filled(name: str, args: Any, indices: list[Tensor]) -> bool:
    """Return whether one value is put where a mask says: that needs no places."""
    return "put" in name and len(indices) == 1 and args[2].numel() == 1


def _note(name: str, wait: str = "") -> None:
    if _noted is not None:
        _noted.append(Operation(name, wait, _place() if wait else (), _in_graph))


def _place() -> tuple[str, ...]:
    """Return the last lines of the suite that are being run."""
    lines = []
    for frame, line in traceback.walk_stack(sys._getframe(1)):
        path = frame.f_code.co_filename
        if path.startswith(ROOT) and path != __file__ and "/.venv/" not in path:
            lines.append(f"{path.removeprefix(ROOT)}:{line}")
            if len(lines) == 2:
                break
    return tuple(reversed(lines))


class _Module(backend_registration._DummyBackendModule):
    """What PyTorch asks of ``torch.<device>``."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.float16, torch.bfloat16]


_library: torch.library.Library | None = None


def _register() -> None:
    """Make the device known to PyTorch, once; it stays so."""
    global DEVICE, _library
    if _library is not None:
        return
    backend_registration._setup_privateuseone_for_python_backend(NAME, backend_module=_Module())
    DEVICE = torch.device(NAME, 0)
    _library = torch.library.Library("aten", "IMPL")
    # What tensors are made of without a mode, as torch.tensor does.
    _library.impl("empty_strided", _empty_strided, "PrivateUse1")
    _library.impl("empty.memory_format", _empty, "PrivateUse1")
    _library.impl("_copy_from", _copy_from, "PrivateUse1")
    # Optimisers update all weights at once on a GPU.
    for module in ("torch.optim.optimizer", "torch.utils._foreach_utils"):
        sys.modules[module]._foreach_supported_types.append(PretendedTensor)


def _empty_strided(size: Any, stride: Any, *, dtype: Any = None, **_: Any) -> Tensor:
    return PretendedTensor(torch.empty_strided(size, stride, dtype=dtype, device="cpu"))


def _empty(size: Any, *, dtype: Any = None, **_: Any) -> Tensor:
    return PretendedTensor(torch.empty(size, dtype=dtype, device="cpu"))


def _copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    ends = [isinstance(end, PretendedTensor) for end in (source, target)]
    there = "to the device" if ends[1] else "to the host"
    _note("copy_", f"copied {there}" if ends[0] != ends[1] and not non_blocking else "")
    source, target_ = (getattr(end, "held", end) for end in (source, target))
    target_.copy_(source)
    return target
