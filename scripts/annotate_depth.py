"""Alias of ``lifting relative-depth annotate``."""

from lifting.cli.main import main

main("relative-depth", "annotate")
