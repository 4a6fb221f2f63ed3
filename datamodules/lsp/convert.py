"""Conversion of Leeds Sports Pose into a clip store: every image is a clip of one frame."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from datamodules.crops.pixels import image_size
from datamodules.lsp.raw import (
    ACTION,
    JOINTS,
    LICENCE,
    ORIGIN,
    SPLITS,
    RawImages,
    image_file,
    locate,
    read_images,
)
from datamodules.matlab import Array
from datamodules.safe_load import sha256
from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo
from lifting.cameras import nominal_camera
from lifting.errors import InputError, Option, Phrase
from lifting.skeletons import skeleton as skeleton_of

_IMAGES = {"LSP": 2000, "LSP-extended": 10000}

# An image has no frame rate; a number has to stand there.
FPS = 1.0
# Where the size of the image is not known: margin around the keypoints, as a fraction of their larger
# extent, and a divisor of the size, so that images share cameras.
_MARGIN, _STEP = 0.1, 16


def convert(
    raw: Path,
    out: Path,
    images: Path | None = None,
    split: str | None = None,
    skeleton: str = JOINTS,
    progress: Callable[[str], None] = lambda _: None,
) -> str:
    """Convert LSP or LSP-extended into a clip store without poses.

    The subject of a clip is its split, its sequence the name of the image, and its camera a nominal
    one of the image's size. The one 2D source, ``gt``, is the annotation; confidence is visibility.

    Args:
        raw: One of the files of :mod:`datamodules.lsp.raw`, or the folder of ``joints.mat`` and
            ``images``.
        out: The store to write.
        images: The folder of the images, to read their size. Where not given, an image is taken to
            have the person in its middle and to end a margin beyond the keypoints.
        split: Put every image in this split, ``train`` or ``test``; where not given, the first 1000
            of LSP and all of LSP-extended are to train on.
        skeleton: Joint set of the poses that are to be predicted.
        progress: Called with the name of each image that is done.

    Returns:
        The report.

    Raises:
        InputError: If an input is not as it should be; nothing is left at ``out`` then.
    """
    if split not in (None, *SPLITS):
        raise InputError(
            Phrase("{} is '{}': choose one of {}.", Option("split"), split, ", ".join(SPLITS))
        )
    skeleton_of(skeleton)
    file, images = locate(raw, images)
    content = read_images(file)
    if split is not None:
        content = replace(content, train=np.full(len(content.names), split == "train"))
    elsewhere = content.attribution
    info = StoreInfo(
        skeleton=skeleton,
        sources={"gt": JOINTS},
        origin=ORIGIN[content.kind] if elsewhere is None else elsewhere.origin,
        licence=LICENCE if elsewhere is None else elsewhere.licence,
        inputs={file.name: sha256(file)},
    )
    cameras: set[tuple[str, str]] = set()
    with ClipWriter(out, info) as store:
        for number, name in enumerate(content.names):
            points, visible = content.keypoints[number], content.visible[number]
            size = nominal_size(points) if images is None else image_size(image_file(images, name))
            subject, camera = SPLITS[not content.train[number]], f"{size[0]}x{size[1]}"
            # One camera for all images of a size, as ten thousand cameras are slow to read.
            if (subject, camera) not in cameras:
                store.add_camera(subject, camera, nominal_camera(float(size[0]), float(size[1])))
                cameras.add((subject, camera))
            keypoints = np.concatenate([points, visible[:, None]], -1, dtype=np.float32)
            store.add(ClipKey(subject, name, ACTION, camera, FPS, 1), {"gt": keypoints[None]})
            progress(f"{subject} {name}")
    return _report(out, content)


def nominal_size(keypoints: Array) -> tuple[int, int]:
    """Return the assumed size of an image: the person in its centre, and a margin around it."""
    low, high = keypoints.min(0), keypoints.max(0)
    margin = _MARGIN * max(*(high - low), 1.0)
    size = np.maximum(low + high, high + margin)
    width, height = (_STEP * max(1, int(np.ceil(x / _STEP))) for x in size)
    return width, height


def _report(out: Path, content: RawImages) -> str:
    with ClipStore(out) as finished:
        lines = [finished.describe(), ""]
    there, full = len(content.names), _IMAGES[content.kind]
    if content.attribution is None:
        lines.append(f"{content.kind}: {there:,} of {full:,} images ({there / full:.1%})")
    lines.append(f"joints seen: {content.visible.mean():.1%}")
    hidden = Counter(
        {
            joint: int(count)
            for joint, count in zip(
                skeleton_of(JOINTS).joints, (~content.visible).sum(0), strict=True
            )
        }
    )
    worst = [f"{joint} {count / there:.0%}" for joint, count in hidden.most_common(3) if count]
    if worst:
        lines.append(f"most often not seen: {', '.join(worst)}")
    if content.left_out:
        lines.append(f"left out, no joint labelled: {', '.join(content.left_out)}")
    return "\n".join(lines)
