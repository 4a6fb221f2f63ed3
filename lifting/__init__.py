"""Poses, networks, losses, metrics and methods for lifting 2D human keypoints to 3D."""

__version__ = "0.2.0"
