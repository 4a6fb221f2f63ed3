"""Alias of ``lifting demo``."""

from lifting.cli.main import main

main("demo")
