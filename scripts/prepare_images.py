"""Alias of ``lifting prepare images``."""

from lifting.cli.main import main

main("prepare", "images")
