"""AIST++ (Li et al., ICCV 2021)."""

from datamodules.aist.poses import AIST

__all__ = ["AIST"]
