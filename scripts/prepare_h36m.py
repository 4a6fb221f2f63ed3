"""Prepare Human3.6M: any of three raw layouts in, one clip store out.

python scripts/prepare_h36m.py data_3d_h36m.npz --keypoints.sh data_2d_h36m_sh_pt_mpii.npz
"""

from pathlib import Path

from jsonargparse import auto_cli
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from datamodules.h36m_convert import FULL_SEQUENCES, convert
from lifting.errors import guarded


def prepare(
    raw: str,
    keypoints: dict[str, str] | None = None,
    skeleton: str = "h36m17",
    out: str = "data/h36m.h5",
) -> None:
    """Convert Human3.6M's poses into a clip store, with ground-truth 2D by exact projection.

    Safe to interrupt: the same command goes on where it stopped.

    Args:
        raw: VideoPose3D's data_3d_h36m.npz, or a folder in 3d-pose-baseline's or h36m-fetch's layout.
        keypoints: Further 2D sources in VideoPose3D's layout, name: file.
        skeleton: Joints of the poses: h36m17, or h36m32 for all that were recorded.
        out: The store to write.
    """
    sources = {name: Path(path) for name, path in (keypoints or {}).items()}
    bar = TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*bar) as progress:
        task = progress.add_task("preparing", total=7 * FULL_SEQUENCES)
        report = convert(
            Path(raw),
            sources,
            Path(out),
            lambda name: progress.update(task, advance=1, description=f"{name:22}"),
            skeleton,
        )
    Path(out).with_suffix(".report.txt").write_text(report + "\n")
    print(report)


if __name__ == "__main__":
    guarded(lambda: auto_cli(prepare))
