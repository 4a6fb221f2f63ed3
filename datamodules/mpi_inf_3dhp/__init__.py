"""MPI-INF-3DHP (Mehta et al., 3DV 2017)."""

from datamodules.mpi_inf_3dhp.poses import MPIINF3DHP

__all__ = ["MPIINF3DHP"]
