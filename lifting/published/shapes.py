"""Reader of a network's options from the shapes of a published file's tensors."""

from collections.abc import Mapping
from math import inf
from typing import Any, TypeAlias

from torch import Tensor

from lifting.errors import InputError
from lifting.skeletons import SKELETONS, skeleton

# Values of an option that the file does not tell: of a type, or one of several words.
Kind: TypeAlias = type | tuple[str, ...]

_REMEDY = "name the family the file is of."
# The joint set of so many joints, where nothing else is said.
_USUAL = {17: "h36m17", 16: "h36m16"}


class ShapeReader:
    """Reader of the published tensors of a network, and of the options that the user gives."""

    def __init__(self, tensors: Mapping[str, Tensor], user_options: Mapping[str, Any]) -> None:
        self.tensors = tensors
        self.user_options = user_options

    def size(self, name: str, axis: int) -> int:
        """Return a tensor's length along an axis.

        Raises:
            InputError: If there is no such tensor or it has no such axis.
        """
        tensor = self.tensors.get(name)
        if tensor is None:
            raise InputError(f"lacks the tensor {name}", remedy=_REMEDY)
        if tensor.ndim <= axis:
            what = f"tensor {name} has the shape {tuple(tensor.shape)}, which is too short"
            raise InputError(what, remedy=_REMEDY)
        return tensor.shape[axis]

    def item_count(self, name: str, axis: int, values: int) -> int:
        """Return the number of items along an axis, each of which has so many values.

        Raises:
            InputError: If it does not divide.
        """
        size = self.size(name, axis)
        if size % values:
            shape = tuple(self.tensors[name].shape)
            what = f"tensor {name} has the shape {shape}, but {size} is no multiple of {values}"
            raise InputError(what, remedy=_REMEDY)
        return size // values

    def count(self, prefix: str) -> int:
        """Return the number of numbered modules: ``prefix.0``, ``prefix.1`` and so on."""
        rest = (n.removeprefix(f"{prefix}.") for n in self.tensors if n.startswith(f"{prefix}."))
        return len({name.partition(".")[0] for name in rest})

    def count_alike(self, prefix: str) -> int:
        """Return the number of modules whose names go on with a number: ``prefix1``, ``prefix2``."""
        rest = (n.removeprefix(prefix) for n in self.tensors if n.startswith(prefix))
        return len({number for name in rest if (number := name.partition(".")[0]).isdigit()})

    def option(self, name: str, where: str) -> Any:
        """Return an option that the file does not tell.

        Raises:
            InputError: If the user does not give it either.
        """
        if name not in self.user_options:
            what = f"does not tell the option {name}{where}"
            raise InputError(what, remedy=f"give it with --options.{name}.")
        return self.user_options[name]

    def options(self, inferred: Mapping[str, Any], free: Mapping[str, Kind]) -> dict[str, Any]:
        """Return the options that the shapes of the file tell, and those that the user gives.

        The shapes do not tell the ``free`` ones, whose values are said.

        Raises:
            InputError: If an option of the user contradicts the file, or does not exist.
        """
        options = dict(inferred)
        for name, value in self.user_options.items():
            if name not in free and name not in inferred:
                what = f"--options.{name} is no option of these weights"
                raise InputError(what, remedy=f"there are: {', '.join(free) or 'none'}.")
            if name in free:
                options[name] = _checked(name, value, free[name])
            elif inferred[name] != value:
                what = f"{name} is {inferred[name]} by the shapes of the file, not {value}"
                raise InputError(what, remedy="leave it out, or name another file.")
        return options

    def joint_set(
        self, option: str, joints: int, tensor: str, usual: Mapping[int, str] = _USUAL
    ) -> str:
        """Return the name of the joint set of a number of joints: the user's, or the usual one.

        The option is ``skeleton`` or ``keypoint_skeleton``; the tensor, which tells the number, is named
        in messages.

        Raises:
            InputError: If the user's has another number of joints, or none is usual.
        """
        name = self.user_options.get(option) or usual.get(joints)
        if name is not None and len(skeleton(name)) == joints:
            return name
        fits = [s.name for s in SKELETONS.values() if len(s) == joints]
        shape = tuple(self.tensors[tensor].shape)
        what = "" if name is None else f", not the {len(skeleton(name))} of {name}"
        remedy = f"give --{option} {' or '.join(fits)}" if fits else "no joint set has so many"
        raise InputError(f"tensor {tensor} {shape} is of {joints} joints{what}: {remedy}.")


def _checked(name: str, value: Any, kind: Kind) -> Any:
    """Return the value of an option that the file does not tell, if it can be one."""
    if isinstance(kind, tuple):
        fits, what = value in kind, f"one of {', '.join(kind)}"
    elif kind is bool:
        fits, what = isinstance(value, bool), "true or false"
    elif kind is float:
        fits, what = type(value) in (int, float) and 0 < value < inf, "a number above zero"
    else:
        fits, what = type(value) is int and value > 0, "a whole number above zero"
    if not fits:
        raise InputError(f"--options.{name} is {value!r}: give {what}.")
    return float(value) if kind is float else value
