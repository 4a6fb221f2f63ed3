"""Alias of ``lifting view``."""

from lifting.cli.main import main

main("view")
