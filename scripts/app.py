"""Alias of ``lifting app``."""

from lifting.cli.main import main

main("app")
