"""Prepare CMU motion capture: ASF and AMC, BVH, or an npz in; one clip store out.

python scripts/prepare_cmu.py downloads/cmu
"""

from pathlib import Path

from jsonargparse import auto_cli

from datamodules.cmu.convert import FPS, VIEWS, convert
from datamodules.cmu.raw import AMC_FPS
from datamodules.store.preparation import prepare
from lifting.errors import guarded


def main(
    raw: str | list[str],
    fps: float = FPS,
    views: int = VIEWS,
    seed: int = 0,
    amc_fps: float = AMC_FPS,
    out: str = "data/cmu.h5",
) -> None:
    """Convert CMU motion capture into a clip store of what virtual cameras see.

    Args:
        raw: A folder of .asf and .amc, .bvh or .npz files, or one such file; or a list of them.
        fps: Frames per second to keep, an integer part of those recorded.
        views: Cameras around each trial.
        seed: Seed of the cameras.
        amc_fps: Frames per second of AMC files, which do not tell.
        out: The store to write.
    """
    prepare(
        lambda note: convert(
            [Path(path) for path in ([raw] if isinstance(raw, str) else raw)],
            Path(out),
            fps,
            views,
            seed,
            amc_fps,
            note,
        ),
        Path(out),
    )


if __name__ == "__main__":
    guarded(lambda: auto_cli(main))
