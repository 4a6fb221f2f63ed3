"""Alias of ``lifting describe``."""

from lifting.cli.main import main

main("describe")
