"""Human3.6M (Ionescu et al., PAMI 2014)."""

from datamodules.h36m.images import H36MImages
from datamodules.h36m.poses import H36M

__all__ = ["H36M", "H36MImages"]
