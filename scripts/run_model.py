"""Alias of ``lifting pose``."""

from lifting.cli.main import main

main("pose")
