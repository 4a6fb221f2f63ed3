"""Prepare a dataset of images: annotation in, one index file out; the images stay where they are.

python scripts/prepare_images.py coco person_keypoints_val2017.json --images val2017 --split val
"""

from pathlib import Path

from jsonargparse import auto_cli

from datamodules.image_sets.convert import convert, find
from datamodules.store.preparation import prepare
from lifting.errors import guarded


def main(
    kind: str,
    raw: str,
    images: str | None = None,
    split: str | None = None,
    joints: str = "coco17",
    every: int | None = None,
    alone: bool = True,
    held_out: int = 0,
    out: str | None = None,
) -> None:
    """Write the index of people on images.

    Args:
        kind: coco, mpii, lsp, h36m, panoptic, mpi_inf_3dhp or shelf.
        raw: The annotation: a file, or the folder of all for h36m, panoptic, lsp and shelf, and for coco
            and mpii to have training and validation in one index.
        images: The folder of the images, where it is not that of the annotation.
        split: Whether these are train, val or test (coco, mpii, lsp).
        joints: Joint set of the annotation (coco).
        every: Take every so many of the frames (h36m: 1, panoptic: 15).
        alone: Take frames with exactly one person only (panoptic).
        held_out: Put so many of the training images, spread evenly, into val (lsp).
        out: The index to write; index.h5 in the folder of the images where not given.
    """
    place = None if images is None else Path(images)
    found = find(kind, Path(raw), place, split, joints, every, alone, held_out)
    prepare(lambda note: convert(found, None if out is None else Path(out), note))


if __name__ == "__main__":
    guarded(lambda: auto_cli(main))
