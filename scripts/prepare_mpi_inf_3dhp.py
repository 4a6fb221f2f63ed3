"""Alias of ``lifting prepare mpi_inf_3dhp``."""

from lifting.cli.main import main

main("prepare", "mpi_inf_3dhp")
