"""Alias of ``lifting video``."""

from lifting.cli.main import main

main("video")
