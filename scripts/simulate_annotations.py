"""Alias of ``lifting relative-depth simulate``."""

from lifting.cli.main import main

main("relative-depth", "simulate")
