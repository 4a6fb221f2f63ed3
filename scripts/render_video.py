"""Alias of ``lifting render``."""

from lifting.cli.main import main

main("render")
