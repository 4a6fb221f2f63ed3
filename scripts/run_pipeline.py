"""The command ``lifting pipeline``."""

from lifting.cli.main import main

main("pipeline")
