"""Alias of ``lifting mean-keypoints``."""

from lifting.cli.main import main

main("mean-keypoints")
