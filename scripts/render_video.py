"""The command ``lifting render``."""

from lifting.cli.main import main

main("render")
