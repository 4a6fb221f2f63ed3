"""Options of the page, by name: how files are read and lifted."""

from typing import Any

from lifting.errors import InputError
from lifting.inference.options import LiftOptions, ReadOptions

_NUMBERS = ("width", "height", "fps")
_NAMES = ("skeleton", "format", "smooth")


def parse_options(content: dict[str, Any]) -> tuple[ReadOptions, LiftOptions]:
    """Return how to read a keypoint file and how to lift, from the options of the page by name.

    Raises:
        InputError: If one of them is not what it should be.
    """
    numbers = {name: content.get(name) for name in _NUMBERS}
    for name, value in numbers.items():
        if value is not None and not (type(value) in (int, float) and 0 < value < 1e6):
            raise InputError(f"The {name} is {value}: give a number above 0, or leave it out.")
    skeleton, format, smooth = names = tuple(content.get(name) for name in _NAMES)
    if not all(value is None or isinstance(value, str) for value in names):
        raise InputError("Joint set, format and smoothing are names: load the page again.")
    width, height, fps = (None if value is None else float(value) for value in numbers.values())
    stills, trajectory = (content.get(name) is True for name in ("stills", "trajectory"))
    return (
        ReadOptions(skeleton, width, height, stills, format=format),
        LiftOptions(fps, smooth=smooth, trajectory=trajectory),
    )
