"""Prepare CMU Panoptic's poses: the folder of panoptic-toolbox in, one clip store out.

python scripts/prepare_panoptic.py downloads/panoptic-toolbox
"""

from pathlib import Path

from jsonargparse import auto_cli

from datamodules.panoptic.convert import EVERY, MARGIN, convert
from datamodules.panoptic.raw import JOINTS
from datamodules.store.preparation import prepare
from lifting.errors import guarded


def main(
    raw: str,
    every: int = EVERY,
    margin: float = MARGIN,
    shortest: int = 1,
    skeleton: str = JOINTS,
    out: str = "data/panoptic_poses.h5",
) -> None:
    """Convert CMU Panoptic's poses into a clip store of five HD views, 2D by exact projection.

    Its images, which are not needed here, are prepared by prepare_images.py.

    Args:
        raw: The folder of the sequences, each with calibration and unpacked poses.
        every: Take every so many of the frames.
        margin: How far joints may lie outside the image, pixels.
        shortest: Leave out clips of fewer frames.
        skeleton: Joints of the poses: panoptic19, or panoptic15 to also take people of whom an eye or an
            ear is missing.
        out: The store to write.
    """
    prepare(
        lambda note: convert(Path(raw), Path(out), every, margin, shortest, skeleton, note),
        Path(out),
    )


if __name__ == "__main__":
    guarded(lambda: auto_cli(main))
