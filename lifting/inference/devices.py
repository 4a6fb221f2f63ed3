"""Devices that networks run on, by name."""

import torch

from lifting.errors import InputError


def device_of(name: str | None) -> torch.device:
    """Return a device by its name; a GPU where there is one and none is named.

    Raises:
        InputError: If there is no such device here.
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError, ImportError) as error:
        raise InputError(f"device is '{name}', which is not here: use cpu, or omit it.") from error
