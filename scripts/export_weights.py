"""Export weights: a checkpoint of this suite in, a file that the published code reads out.

python scripts/export_weights.py runs/video_pose_3d/checkpoints/best.ckpt video_pose_3d.bin
python scripts/export_weights.py runs/hrnet_w32/checkpoints/best.ckpt hrnet_w32.pth
"""

from jsonargparse import auto_cli

from lifting.errors import guarded
from lifting.exchange import export_weights


def export_published(checkpoint: str, out: str) -> None:
    """Write the weights of a checkpoint under their published names, in the published shapes.

    Args:
        checkpoint: The checkpoint.
        out: The file to write; OUT.report.txt goes beside it, and OUT.statistics.npz where the method
            has statistics.
    """
    print(export_weights(checkpoint, out))


if __name__ == "__main__":
    guarded(lambda: auto_cli(export_published))
