"""Import of libraries that are not always installed, but with an extra of the package."""

import importlib
from types import ModuleType

from lifting.errors import InputError


def require(name: str, user: str, extra: str = "export", package: str | None = None) -> ModuleType:
    """Import a library of an extra.

    Raises:
        InputError: If it is not installed; ``user``, which needs it, begins the sentence.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        remedy = f'pip install -c constraints.txt -e ".[{extra}]".'
        raise InputError(
            f"{user} needs {package or name}, which is not installed: {remedy}"
        ) from error
