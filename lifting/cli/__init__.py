"""The command line."""

from lifting.cli.main import main

__all__ = ["main"]
