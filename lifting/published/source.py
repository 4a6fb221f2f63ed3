"""What a published file says of its network by the shapes of its tensors."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lifting.errors import InputError
from lifting.skeletons import SKELETONS, skeleton

# The joint set of so many joints, where nothing else is said.
_USUAL = {17: "h36m17", 16: "h36m16"}


class Source:
    """The tensors of a network, and what the user says of it.

    Args:
        tensors: Published tensors by name.
        given: Options of the method that the user gives.
    """

    def __init__(self, tensors: Mapping[str, Tensor], given: Mapping[str, Any]) -> None:
        self.tensors = tensors
        self.given = given

    def size(self, name: str, axis: int) -> int:
        """Return a tensor's length along an axis.

        Raises:
            InputError: If there is no such tensor or it has no such axis.
        """
        tensor = self.tensors.get(name)
        if tensor is None:
            raise InputError(f"lacks the tensor {name}; name the family the file is of.")
        if tensor.ndim <= axis:
            raise InputError(
                f"tensor {name} has the shape {tuple(tensor.shape)}, which is too short; "
                "name the family the file is of."
            )
        return tensor.shape[axis]

    def share(self, name: str, axis: int, parts: int) -> int:
        """Return a length divided by the values that each of its items has.

        Raises:
            InputError: If it does not divide.
        """
        size = self.size(name, axis)
        if size % parts:
            raise InputError(
                f"tensor {name} has the shape {tuple(self.tensors[name].shape)}, but {size} is no "
                f"multiple of {parts}; name the family the file is of."
            )
        return size // parts

    def count(self, prefix: str) -> int:
        """Return how many numbered modules there are: ``prefix.0``, ``prefix.1`` and so on."""
        rest = (n.removeprefix(f"{prefix}.") for n in self.tensors if n.startswith(f"{prefix}."))
        return len({name.partition(".")[0] for name in rest})

    def option(self, name: str, where: str) -> Any:
        """Return an option that the file does not tell.

        Raises:
            InputError: If the user does not give it either.
        """
        if name not in self.given:
            raise InputError(
                f"does not tell the option {name}{where}; give it with --options.{name}."
            )
        return self.given[name]

    def joint_set(self, option: str, joints: int, tensor: str) -> str:
        """Return the name of the joint set of a number of joints: the given one, or the usual one.

        Args:
            option: ``skeleton`` or ``keypoint_skeleton``.
            joints: How many joints the file has.
            tensor: The tensor that says so, for messages.

        Raises:
            InputError: If the given one has another number of joints, or none is usual.
        """
        name = self.given.get(option) or _USUAL.get(joints)
        if name is not None and len(skeleton(name)) == joints:
            return name
        fits = [s.name for s in SKELETONS.values() if len(s) == joints]
        shape = tuple(self.tensors[tensor].shape)
        what = "" if name is None else f", not the {len(skeleton(name))} of {name}"
        remedy = f"give --{option} {' or '.join(fits)}" if fits else "no joint set has so many"
        raise InputError(f"tensor {tensor} {shape} is of {joints} joints{what}: {remedy}.")
