"""Alias of ``lifting benchmark links``."""

from lifting.cli.main import main

main("benchmark", "links")
