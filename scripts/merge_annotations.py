"""Alias of ``lifting relative-depth merge``."""

from lifting.cli.main import main

main("relative-depth", "merge")
