"""Run-time check of the shapes in signatures, in every module of the product while tests run."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any, get_args

import jaxtyping
from beartype import beartype

PACKAGES = ("callbacks", "datamodules", "lifting")

assert not set(PACKAGES) & sys.modules.keys(), "imported before its shapes could be checked"


def has_shape(hint: object) -> bool:
    """Tell whether a type hint says the shape of a tensor or an array, at any depth."""
    if isinstance(hint, type) and issubclass(hint, jaxtyping.AbstractArray):
        return True
    return any(has_shape(part) for part in get_args(hint))


def checked(function: Any) -> Any:
    """Check the arguments and the result that have a shape, and no others: mypy does those."""
    function.__annotations__ = {n: h for n, h in function.__annotations__.items() if has_shape(h)}
    return beartype(function)


def with_shapes(jaxtyped: Callable[..., Any]) -> Callable[..., Any]:
    """Leave alone what has no shapes: a wrapper costs time, and hides options from Lightning."""

    def decorate(target: Any = None, *, typechecker: Any) -> Any:
        if target is None:
            return partial(decorate, typechecker=typechecker)
        inner = getattr(target, "__func__", None) or getattr(target, "fget", None) or target
        if any(map(has_shape, getattr(inner, "__annotations__", {}).values())):
            return jaxtyped(target, typechecker=checked)
        return target

    return decorate


jaxtyping.jaxtyped = with_shapes(jaxtyping.jaxtyped)
jaxtyping.install_import_hook(PACKAGES, None)
