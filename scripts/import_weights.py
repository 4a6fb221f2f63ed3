"""Alias of ``lifting import``."""

from lifting.cli.main import main

main("import")
