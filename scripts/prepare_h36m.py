"""Prepare Human3.6M: any of three raw layouts in, one clip store out.

python scripts/prepare_h36m.py data_3d_h36m.npz --keypoints.sh data_2d_h36m_sh_pt_mpii.npz
"""

from pathlib import Path

from jsonargparse import auto_cli

from datamodules.h36m.convert import FULL_SEQUENCES, convert
from datamodules.store.preparation import prepare
from lifting.errors import guarded


def main(
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
    prepare(
        lambda note: convert(Path(raw), sources, Path(out), note, skeleton),
        Path(out),
        total=7 * FULL_SEQUENCES,
    )


if __name__ == "__main__":
    guarded(lambda: auto_cli(main))
