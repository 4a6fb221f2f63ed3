"""Alias of ``lifting benchmark sequences``."""

from lifting.cli.main import main

main("benchmark", "sequences")
