"""Your own datasets, and HumanEva, in VideoPose3D's layout."""

from datamodules.custom.poses import CustomPoses

__all__ = ["CustomPoses"]
