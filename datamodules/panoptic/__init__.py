"""CMU Panoptic (Joo et al., ICCV 2015)."""

from datamodules.panoptic.images import Panoptic
from datamodules.panoptic.poses import PanopticPoses

__all__ = ["Panoptic", "PanopticPoses"]
