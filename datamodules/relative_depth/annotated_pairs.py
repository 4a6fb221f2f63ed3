"""Judgements of relative depth that people gave, laid out as tensors."""

from collections.abc import Mapping, Sequence

import torch

from datamodules.relative_depth.annotation_file import AnnotatedImage, DepthAnnotation
from datamodules.relative_depth.pairs import DepthPairs
from lifting.errors import InputError
from lifting.skeletons import Skeleton, skeleton

_JOINTS = skeleton("lsp14").joints


def depth_pairs(
    images: Sequence[str],
    annotations: Mapping[str, Sequence[DepthAnnotation]],
    joints: Skeleton,
    slots: int,
) -> DepthPairs:
    """Lay annotations out as tensors.

    Args:
        images: Names of the images, one row each; an image without annotations has empty slots.
        annotations: By name of the image.
        joints: Joint set to count the joints in.
        slots: Number of slots, at least as many as any image has annotations.

    Raises:
        InputError: If the joint set lacks a joint that was compared.
    """
    pairs = torch.zeros(len(images), slots, 2, dtype=torch.long)
    farther = torch.zeros(len(images), slots, dtype=torch.int8)
    compared = torch.zeros(len(images), slots, dtype=torch.bool)
    for row, name in enumerate(images):
        for slot, annotation in enumerate(annotations.get(name, ())):
            ends = [_JOINTS[joint] for joint in (annotation.first, annotation.second)]
            pairs[row, slot] = torch.tensor([joints.index(joint) for joint in ends])
            farther[row, slot] = 2 * annotation.label - 1
            compared[row, slot] = True
    return DepthPairs(pairs, farther, compared)


def annotations_by_image(
    images: Sequence[AnnotatedImage], max_risk: float | None = None
) -> dict[str, list[DepthAnnotation]]:
    """Return the annotations by name of the image; an image without any is left out.

    Args:
        images: What was read.
        max_risk: Leave out annotations whose risk is above it.

    Raises:
        InputError: If a risk is asked for and an annotation has none.
    """
    chosen: dict[str, list[DepthAnnotation]] = {}
    for image in images:
        for annotation in image.annotations:
            if max_risk is not None:
                if annotation.risk is None:
                    raise InputError(
                        f"--data.max_risk is {max_risk:g}, but an annotation of '{image.name}' has "
                        "no 'risk': leave the option out."
                    )
                if annotation.risk > max_risk:
                    continue
            chosen.setdefault(image.name, []).append(annotation)
    return chosen
