"""Device without float64, as Apple's GPUs are, and its tensors, which mix with no others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from lifting.geometry import WITHOUT_FLOAT64

# A device that every build of torch knows by name; its tensors here have values, unlike others of it.
DEVICE = torch.device("meta")
# These take a tensor of the CPU beside one of another device.
_MIXING = ("copy_", "_to_copy", "index", "index_put", "index_put_", "_index_put_impl_")


class _OnDevice(torch.Tensor):
    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> "_OnDevice":
        if inner.dtype == torch.float64:
            raise TypeError("this device has no float64")
        made = torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, strides=inner.stride(), dtype=inner.dtype, device=DEVICE
        )
        made.inner = inner
        return made

    def __repr__(self, **_: Any) -> str:
        return f"on the device: {self.inner!r}"

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        return _run(func, args, kwargs or {})


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    given = [x for x in tree_flatten((args, kwargs))[0] if isinstance(x, torch.Tensor)]
    there = any(isinstance(x, _OnDevice) for x in given)
    name = func._schema.name.removeprefix("aten::")
    if there and name not in _MIXING and any(type(x) is torch.Tensor and x.ndim for x in given):
        raise RuntimeError(f"{name} of tensors on two devices")
    wanted = kwargs.get("device")
    target = there if wanted is None else torch.device(wanted) == DEVICE
    if wanted is not None and target:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    inner_args, inner_kwargs = tree_map(
        lambda x: x.inner if isinstance(x, _OnDevice) else x, (args, kwargs)
    )
    result = func(*inner_args, **inner_kwargs)
    if result is not None and args and result is inner_args[0]:
        return args[0]
    if target:
        return tree_map(lambda x: _OnDevice(x) if type(x) is torch.Tensor else x, result)
    return result


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        return _run(func, args, kwargs or {})


class _Constants(TorchFunctionMode):
    """Lets tensors of Python's numbers have values, which torch makes out of a dispatcher's reach."""

    def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        kwargs = kwargs or {}
        if func in (torch.tensor, torch.as_tensor, torch.Tensor.new_tensor):
            place = args[0].device if func is torch.Tensor.new_tensor else torch.device("cpu")
            device = torch.device(kwargs.pop("device", None) or place)
            if device == DEVICE:
                if func is torch.Tensor.new_tensor:
                    kwargs.setdefault("dtype", args[0].dtype)
                    args = args[1:]
                return torch.tensor(*args, **kwargs).to(DEVICE)
            kwargs["device"] = device
        return func(*args, **kwargs)


@contextmanager
def device_without_float64() -> Iterator[torch.device]:
    """Yield a device that has no float64, on which everything else is computed."""
    WITHOUT_FLOAT64.add(DEVICE.type)
    try:
        with _Mode(), _Constants():
            yield DEVICE
    finally:
        WITHOUT_FLOAT64.remove(DEVICE.type)
