"""Alias of ``lifting prepare cmu``."""

from lifting.cli.main import main

main("prepare", "cmu")
