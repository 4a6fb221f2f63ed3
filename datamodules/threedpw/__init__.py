"""3D Poses in the Wild (von Marcard et al., ECCV 2018)."""

from datamodules.threedpw.poses import ThreeDPW

__all__ = ["ThreeDPW"]
