"""Prepare MPI-INF-3DHP: the folder of the download, or mmpose's files, in; one clip store out.

python scripts/prepare_mpi_inf_3dhp.py downloads/mpi_inf_3dhp --universal true
"""

from pathlib import Path

from jsonargparse import auto_cli

from datamodules.mpi_inf_3dhp.convert import convert
from datamodules.store.preparation import prepare
from lifting.errors import guarded


def main(
    raw: str,
    universal: bool = False,
    cameras: str = "vnect",
    out: str = "data/mpi_inf_3dhp.h5",
) -> None:
    """Convert MPI-INF-3DHP into a clip store, with the owners' 2D annotation as its 2D source.

    Args:
        raw: The folder of S* and TS* as downloaded, or of mmpose's *3dhp*.npz and cameras_*.pkl.
        universal: Take the poses scaled to one height, those of the official evaluation.
        cameras: Which of the studio's cameras: chest (5), vnect (8) or all (14).
        out: The store to write.
    """
    prepare(lambda note: convert(Path(raw), Path(out), universal, cameras, note), Path(out))


if __name__ == "__main__":
    guarded(lambda: auto_cli(main))
