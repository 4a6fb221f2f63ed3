"""Errors of code that takes the content of a damaged file apart, and their telling as an input error."""

from collections.abc import Iterator
from contextlib import contextmanager

from lifting.errors import InputError

DATA_ERRORS = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, TypeError, ValueError),
    *(RecursionError, MemoryError),
)


@contextmanager
def taking_apart(
    where: object, what: str = "damaged or of another layout", remedy: str = "get the file again."
) -> Iterator[None]:
    """Say of what fails inside that a file is not as it should be; the cause stays with the error.

    For content whose every part may be anything, after what is likely to be wrong has been checked.

    Args:
        where: The file.
        what: What is wrong with it.
        remedy: What to do, with the full stop.
    """
    try:
        yield
    except DATA_ERRORS as error:
        raise InputError(what, where, remedy) from error
