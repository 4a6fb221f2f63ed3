"""Alias of ``lifting export model``."""

from lifting.cli.main import main

main("export", "model")
