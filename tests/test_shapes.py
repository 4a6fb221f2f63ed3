"""Shapes in signatures are checked while tests run: in every package, and none is missed."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import jaxtyping
import pytest
import torch
from jaxtyping import AbstractArray, Float
from torch import Tensor

import callbacks
import datamodules
import lifting
from lifting.metrics.functional import mpjpe


def has_shape(hint: object) -> bool:
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        return True
    return any(has_shape(part) for part in getattr(hint, "__args__", ()))


def functions(module: Any) -> Iterator[Any]:
    """Yield what a module defines that can have a signature, methods and properties included."""
    for member in vars(module).values():
        if getattr(member, "__module__", None) != module.__name__:
            continue
        # Of a named tuple all is generated, and nothing of it can be decorated.
        if inspect.isclass(member) and issubclass(member, tuple):
            continue
        members = vars(member).values() if inspect.isclass(member) else [member]
        for one in members:
            yield getattr(one, "__func__", None) or getattr(one, "fget", None) or one


def modules() -> Iterator[str]:
    for package in (lifting, datamodules, callbacks):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield found.name


@pytest.mark.parametrize("name", sorted(modules()))
def test_every_signature_with_a_shape_is_checked(name):
    for function in functions(importlib.import_module(name)):
        hints = getattr(function, "__annotations__", {})
        if inspect.isfunction(function) and any(map(has_shape, hints.values())):
            assert hasattr(function, "__wrapped__"), function.__qualname__


def test_a_wrong_shape_is_refused():
    with pytest.raises(jaxtyping.TypeCheckError):
        mpjpe(torch.zeros(2, 17, 3), torch.zeros(2, 17, 2))


def test_the_hint_that_is_looked_for_is_found():
    assert has_shape(dict[str, Float[Tensor, "a b"] | None])
    assert not has_shape(dict[str, Tensor])
