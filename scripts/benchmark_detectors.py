"""Alias of ``lifting benchmark detectors``."""

from lifting.cli.main import main

main("benchmark", "detectors")
