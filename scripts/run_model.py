"""The command ``lifting pose``."""

from lifting.cli.main import main

main("pose")
