"""Prepare Leeds Sports Pose: joints.mat, the .npz or the annotations in, one clip store out.

python scripts/prepare_lsp.py downloads/lsp_dataset
"""

from pathlib import Path

from jsonargparse import auto_cli

from datamodules.lsp.convert import convert
from datamodules.store.preparation import prepare
from lifting.errors import guarded


def main(
    raw: str,
    images: str | None = None,
    split: str | None = None,
    skeleton: str = "lsp14",
    out: str = "data/lsp.h5",
) -> None:
    """Convert LSP or LSP-extended into a clip store, with the annotation as its 2D source.

    Args:
        raw: joints.mat of LSP or of LSP-extended, or the folder of it, lsp2000_joints14.npz, or
            relative_depth_lsp_v1.json, whose images have keypoints.
        images: The folder of the images, to read their size; guessed from the keypoints where not
            given.
        split: Put every image in this split, train or test; where not given, the first 1000 of LSP
            and all of LSP-extended are to train on.
        skeleton: Joint set of the poses that are to be predicted.
        out: The store to write.
    """
    prepare(
        lambda note: convert(
            Path(raw), Path(out), None if images is None else Path(images), split, skeleton, note
        ),
        Path(out),
    )


if __name__ == "__main__":
    guarded(lambda: auto_cli(main))
