"""Alias of ``lifting relative-depth figure``."""

from lifting.cli.main import main

main("relative-depth", "figure")
