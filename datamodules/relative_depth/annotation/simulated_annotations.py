"""Simulated annotations of relative depth, from the poses of a clip store.

They suffice to train on, and for every figure of the user study of Ronchi et al., "It's all Relative",
BMVC 2018; nothing in them was measured on people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray

from datamodules.examples.bank import clip_number
from datamodules.matlab import Array
from datamodules.relative_depth.annotation.images import FRAMES, JudgedImage, frames_of
from datamodules.relative_depth.annotation_file import AnnotatedImage, Attribution, DepthAnnotation
from datamodules.relative_depth.labels import DepthLabels
from datamodules.store.clips import ClipKey, ClipStore
from lifting.errors import InputError, Option, Phrase, wrong_value

Pick = tuple[ClipKey, list[int]]


@dataclass(frozen=True)
class SimulatedImages:
    """Frames of a store with simulated annotations.

    Attributes:
        annotated: The frames, with annotations.
        depth: By name of the image, the depth that the annotations are of, millimetres ``(14,)``.
        attribution: Where they come from.
    """

    annotated: list[AnnotatedImage]
    depth: dict[str, Array]
    attribution: Attribution


def simulate(
    source: Path, images: int, labels: DepthLabels, frame: str = "camera"
) -> SimulatedImages:
    """Select frames of a store, half of them for training, and label pairs of their joints.

    The halves are of different people; where the store has but one, of different recordings. Each half
    has its frames evenly from all of its clips. Pairs of joints that are equally far, or of which one
    is not seen, are left out.

    Args:
        source: A clip store with poses, whose joints convert to ``lsp14``.
        images: Number of frames.
        labels: How they are labelled.
        frame: Whose depth counts: ``camera``, or ``level``, that of the camera turned level.

    Raises:
        InputError: If an option is wrong, or the store lacks poses or frames.
    """
    if images < 2:
        raise wrong_value("images", images, "give at least 2, to train and to test on.")
    if frame not in FRAMES:
        raise InputError(
            Phrase("{} is '{}': choose one of {}.", Option("frame"), frame, ", ".join(FRAMES))
        )
    judged: list[JudgedImage] = []
    number: list[tuple[int, int]] = []
    with ClipStore(source) as store:
        halves = zip(_halves(store), ((images + 1) // 2, images // 2), (True, False), strict=True)
        for keys, count, train in halves:
            for key, rows in _spread(store, keys, count):
                frames = frames_of(store, key, rows)
                judged += [replace(image, train=train) for image in frames]
                number += [(clip_number(key), n) for n in store.frames(key)[rows].tolist()]
        attribution = Attribution(
            f"{store.info.origin}; relative depth simulated", store.info.licence
        )
    if len({image.name for image in judged}) < len(judged):
        raise InputError("clips of one frame share a name", source, "give each its sequence.")
    depth = {image.name: _depth(image, frame, source) for image in judged}
    annotated = _annotated(judged, np.stack(list(depth.values())), np.array(number), labels)
    return SimulatedImages(annotated, depth, attribution)


def _depth(image: JudgedImage, frame: str, source: Path) -> Array:
    depth = image.depth_in(frame)
    if depth is None:
        raise InputError(f"'{image.name}' has no pose", source, "name a store of 3D data.")
    if not np.isfinite(depth).all():
        what = f"the camera of '{image.name}' looks straight up or down"
        raise InputError(what, source, "leave --frame at camera.")
    return depth


def _halves(store: ClipStore) -> tuple[list[ClipKey], list[ClipKey]]:
    """Split the clips by person, where there is one alone by recording."""
    groups = {key: key.subject for key in store.keys}
    if len(set(groups.values())) == 1:
        groups = {key: key.sequence for key in store.keys}
    # S11 comes after S9.
    names = sorted(set(groups.values()), key=lambda name: (len(name), name))
    if len(names) < 2:
        what = "has one recording only, none to test on"
        raise InputError(what, store.path, "name a store with more.")
    train = set(names[: (len(names) + 1) // 2])
    return (
        [key for key, name in groups.items() if name in train],
        [key for key, name in groups.items() if name not in train],
    )


def _spread(store: ClipStore, keys: Sequence[ClipKey], count: int) -> list[Pick]:
    """Choose frames evenly from all clips, and evenly within each."""
    have = np.array([key.frames for key in keys])
    if have.sum() < count:
        what = (
            f"has {have.sum():,} frames in one of the halves, of which --images asks for {count:,}"
        )
        raise InputError(what, store.path, "ask for fewer.")
    take = np.zeros_like(have)
    while left := count - take.sum():
        room = np.flatnonzero(take < have)
        # All that have room; in the last round some of them, from the first to the last.
        some = min(left, len(room))
        take[room[np.arange(some) * len(room) // some]] += 1
    # The middles of as many equal parts.
    return [
        (key, ((2 * np.arange(n) + 1) * key.frames // (2 * n)).tolist())
        for key, n in zip(keys, take.tolist(), strict=True)
        if n
    ]


def _annotated(
    judged: Sequence[JudgedImage],
    depth: Float[ndarray, "images joints"],
    number: Int[ndarray, "images 2"],
    labels: DepthLabels,
) -> list[AnnotatedImage]:
    of = torch.from_numpy(depth)
    clip, frame = torch.from_numpy(number).unbind(1)
    simulated = labels.of(of, clip, frame, epoch=0)
    ends = of[:, None].expand(-1, simulated.pairs.shape[1], -1).gather(2, simulated.pairs)
    wrong = labels.wrong((ends[..., 0] - ends[..., 1]).abs())
    annotated = []
    for row, image in enumerate(judged):
        annotations = tuple(
            # The first is farther, so the second is closer: label 1.
            DepthAnnotation(first, second, int(farther > 0), 1 - risk, risk)
            for (first, second), farther, risk in zip(
                simulated.pairs[row].tolist(),
                simulated.farther[row].tolist(),
                wrong[row].tolist(),
                strict=True,
            )
            if farther and image.seen[[first, second]].all()
        )
        file = f"images/{image.name}.jpg"
        annotated.append(
            AnnotatedImage(file, image.train, image.keypoints, ~image.seen, annotations)
        )
    return annotated
