"""The tensors of a published file put into the places of ours, each of which is checked."""

from collections.abc import Mapping

import torch
from torch import Tensor

from lifting.errors import InputError
from lifting.published.key_maps import Pair
from lifting.published.reading import Published
from lifting.published.report import Report

# Counts batches, for nothing that is used here; files of torch before 0.4.1 lack it.
_COUNTER = "num_batches_tracked"


def match(
    own: Mapping[str, Tensor],
    pairs: Mapping[str, Pair],
    published: Published,
    report: Report,
    what: str,
    advice: str,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return our tensors with the values of a file, and report on each; and what is left of the file.

    Args:
        own: Our tensors, whose values are not looked at.
        pairs: The published name of each of them, by ours.
        published: The file.
        report: Where each tensor gets its line.
        what: What the tensors are of, for messages.
        advice: What to do if a tensor is missing or has another shape, for messages.

    Raises:
        InputError: If one is missing or has another shape.
    """
    left = dict(published.tensors)
    state, lacking = {}, []
    for name, pair in pairs.items():
        tensor = left.pop(pair.published, None)
        if tensor is None:
            lacking.append(pair.published)
            continue
        wanted = pair.to_published(own[name]).shape
        if tensor.shape != wanted:
            raise InputError(
                f"tensor {published.names[pair.published]} is {tuple(tensor.shape)}, but a {what} as "
                f"wide and with as many joints as the others say has {tuple(wanted)} there",
                remedy=f"{advice}",
            )
        state[name] = pair.to_ours(tensor).to(own[name].dtype).clone()
        report.tensor(published.names[pair.published], tensor, name, state[name])
    for name, pair in pairs.items():
        if pair.published in lacking and name.endswith(_COUNTER):
            state[name] = torch.zeros((), dtype=torch.int64)
            lacking.remove(pair.published)
            report.line("made", name, "0: files of old versions of torch lack this counter")
    if lacking:
        raise InputError(f"lacks {some(lacking)} of a {what}", remedy=f"{advice}")
    return state, left


def some(names: list[str]) -> str:
    """Return the first of some names, and how many there are besides."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
