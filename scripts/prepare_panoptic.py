"""Alias of ``lifting prepare panoptic``."""

from lifting.cli.main import main

main("prepare", "panoptic")
