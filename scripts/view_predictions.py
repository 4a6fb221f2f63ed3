"""The command ``lifting view``."""

from lifting.cli.main import main

main("view")
