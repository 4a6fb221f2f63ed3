"""Alias of ``lifting compare-decoders``."""

from lifting.cli.main import main

main("compare-decoders")
