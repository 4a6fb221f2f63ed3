"""Alias of ``lifting report``."""

from lifting.cli.main import main

main("report")
