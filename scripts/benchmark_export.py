"""Alias of ``lifting benchmark export``."""

from lifting.cli.main import main

main("benchmark", "export")
