"""Alias of ``lifting export weights``."""

from lifting.cli.main import main

main("export", "weights")
