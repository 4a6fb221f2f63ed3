"""Which frames make an example: :mod:`lifting.windows`, under the name datasets know it by."""

from lifting.windows import Windows

__all__ = ["Windows"]
