"""Libraries that only exporting and uploading need."""

import importlib
from types import ModuleType

from lifting.errors import InputError


def needed(name: str, what: str, extra: str = "export") -> ModuleType:
    """Import a library of an extra.

    Args:
        name: Its name.
        what: What needs it, as the begin of a sentence.
        extra: The extra that brings it.

    Raises:
        InputError: If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f"{what} needs {name}, which is not installed: pip install -c constraints.txt -e "
            f'".[{extra}]".'
        ) from error
