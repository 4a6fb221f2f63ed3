"""Alias of ``lifting benchmark data``."""

from lifting.cli.main import main

main("benchmark", "data")
