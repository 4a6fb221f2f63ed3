"""Tensors of a published file under our names, each of which is checked."""

from collections.abc import Mapping

import torch
from torch import Tensor

from lifting.errors import InputError
from lifting.published.families.base import Pair
from lifting.published.reading import PublishedFile
from lifting.published.report import Report

# Counts batches, for nothing that is used here; files of torch before 0.4.1 lack it.
_COUNTER = "num_batches_tracked"


def match_tensors(
    own: Mapping[str, Tensor],
    pairs: Mapping[str, Pair],
    published: PublishedFile,
    report: Report,
    kind: str,
    remedy: str,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return our tensors with the values of a file, and what is left of the file; report on each.

    The values of ``own`` are not looked at; ``pairs`` hold the published name of each by ours. Messages
    name the ``kind``, a method or network, and the remedy.

    Raises:
        InputError: If one is missing or has another shape.
    """
    left = dict(published.tensors)
    state, missing = {}, []
    for name, pair in pairs.items():
        tensor = left.pop(pair.published, None)
        if tensor is None:
            missing.append(pair.published)
            continue
        expected = pair.to_published(own[name]).shape
        if tensor.shape != expected:
            raise InputError(
                f"tensor {published.names[pair.published]} is {tuple(tensor.shape)}, but a {kind} as "
                f"wide and with as many joints as the others say has {tuple(expected)} there",
                remedy=remedy,
            )
        state[name] = pair.to_ours(tensor).to(own[name].dtype).clone()
        where = published.names[pair.published]
        report.add_tensor(where, tensor, name, state[name], pair.reorders(tensor))
    for name, pair in pairs.items():
        if pair.published in missing and name.endswith(_COUNTER):
            state[name] = torch.zeros((), dtype=torch.int64)
            missing.remove(pair.published)
            report.add("made", name, "0: files of old versions of torch lack this counter")
    if missing:
        raise InputError(f"lacks {abbreviate(missing)} of a {kind}", remedy=remedy)
    return state, left


def abbreviate(names: list[str]) -> str:
    """Return the first of several names, and how many there are besides."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
