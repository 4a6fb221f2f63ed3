"""Prepare CMU Panoptic's poses: the folder of panoptic-toolbox in, one clip store out.

python scripts/prepare_panoptic.py downloads/panoptic-toolbox
"""

from pathlib import Path

from jsonargparse import auto_cli
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from datamodules.panoptic_convert import EVERY, MARGIN, convert
from datamodules.panoptic_raw import JOINTS
from lifting.errors import guarded


def prepare(
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
    bar = TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*bar) as progress:
        task = progress.add_task("preparing", total=None)
        report = convert(
            Path(raw),
            Path(out),
            every,
            margin,
            shortest,
            skeleton,
            lambda name: progress.update(task, advance=1, description=f"{name:22}"),
        )
    Path(out).with_suffix(".report.txt").write_text(report + "\n")
    print(report)


if __name__ == "__main__":
    guarded(lambda: auto_cli(prepare))
