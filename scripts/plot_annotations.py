"""Alias of ``lifting relative-depth plot``."""

from lifting.cli.main import main

main("relative-depth", "plot")
