"""Alias of ``lifting prepare h36m``."""

from lifting.cli.main import main

main("prepare", "h36m")
