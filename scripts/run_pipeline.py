"""Alias of ``lifting pipeline``."""

from lifting.cli.main import main

main("pipeline")
