"""Options of photographs: what is drawn of them, and where."""

from dataclasses import dataclass

from lifting.errors import InputError

_LEAST_HEIGHT = 32


@dataclass(frozen=True)
class PhotographOptions:
    """What is drawn of photographs, and where.

    Args:
        out: Folder of what is written; beside the photographs where not given.
        height: What is drawn is at most so high, pixels; 3 or less is how tall the people are, metres,
            as person_height says it.

    Raises:
        InputError: If the height is too small.
    """

    out: str | None = None
    height: float = 720

    def __post_init__(self) -> None:
        if self.height < _LEAST_HEIGHT:
            raise InputError(f"--height is {self.height}: give at least {_LEAST_HEIGHT}.")
