"""Prepare data of your own, or HumanEva, in VideoPose3D's npz layout: one clip store out.

python scripts/prepare_npz.py data_2d_custom_mine.npz --fps 25 --missing interpolate
"""

from pathlib import Path

from jsonargparse import auto_cli

from datamodules.custom.convert import convert
from datamodules.store.preparation import prepare
from lifting.errors import guarded


def main(
    keypoints: str,
    poses: str | None = None,
    cameras: str | None = None,
    skeleton: str | None = None,
    pose_skeleton: str | None = None,
    source: str = "detected",
    missing: str = "refuse",
    fps: float | None = None,
    origin: str = "own recordings",
    licence: str = "not stated",
    out: str = "data/custom.h5",
) -> None:
    """Convert keypoints, and poses if there are any, into a clip store.

    Args:
        keypoints: A data_2d_*.npz.
        poses: A data_3d_*.npz: world, metres. Needs cameras.
        cameras: A JSON file that describes the cameras, see docs/data/custom.md.
        skeleton: Joint set of the keypoints; by the file's layout_name where not given.
        pose_skeleton: Joint set of the poses; by their number of joints where not given (h36m17,
            humaneva15). Without poses that which is to be predicted, h36m17 where not given.
        source: Name of the keypoints as a 2D source; the projection of the poses is 'gt'.
        missing: What to do with keypoints that are NaN: refuse them, or interpolate them over time.
        fps: Frames per second; as in the cameras file where not given.
        origin: Where the data come from, kept in the store.
        licence: The condition they are under, kept in the store.
        out: The store to write.
    """
    prepare(
        lambda note: convert(
            Path(keypoints),
            Path(out),
            poses=None if poses is None else Path(poses),
            cameras=None if cameras is None else Path(cameras),
            joint_set=skeleton,
            pose_joint_set=pose_skeleton,
            source=source,
            missing=missing,
            fps=fps,
            origin=origin,
            licence=licence,
            progress=note,
        ),
        Path(out),
    )


if __name__ == "__main__":
    guarded(lambda: auto_cli(main))
