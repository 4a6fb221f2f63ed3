"""The command ``lifting mean-keypoints``."""

from lifting.cli.main import main

main("mean-keypoints")
