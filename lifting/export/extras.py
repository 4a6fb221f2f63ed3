"""Import of libraries that are not always installed, but with an extra of the package."""

import importlib
from types import ModuleType

from lifting.errors import InputError


def require(name: str, user: str, extra: str = "export") -> ModuleType:
    """Import a library of an extra.

    Args:
        name: Its name.
        user: The feature that needs it, as the beginning of a sentence.
        extra: The extra that brings it.

    Raises:
        InputError: If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f"{user} needs {name}, which is not installed: pip install -c constraints.txt -e "
            f'".[{extra}]".'
        ) from error
