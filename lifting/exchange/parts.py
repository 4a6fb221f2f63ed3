"""Published methods in several files: their parts, joined into one file and named again."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from lifting.errors import InputError
from lifting.published.families import FAMILIES
from lifting.published.families.base import LifterFamily
from lifting.published.reading import PublishedFile, read_published

# Every way in which a method lies in several files: its family, and the names of the parts.
_WAYS = sorted(
    ((family, parts) for family in FAMILIES.values() for parts in family.parts),
    key=lambda way: len(way[1]),
)


def join_parts(published: PublishedFile, beside: Mapping[str, str | Path]) -> PublishedFile:
    """Return a file and those beside it as one, in which a part's name stands before its tensors.

    Args:
        published: The file, which is the one part that has no name beside it.
        beside: The other files, by the names of their parts.

    Raises:
        InputError: If they are no method's, or one of them is unsafe or damaged.
    """
    rests = [[part for part in parts if part not in beside] for _, parts in _WAYS]
    fits = [
        rest[0]
        for rest, (_, parts) in zip(rests, _WAYS, strict=True)
        if len(rest) == 1 and set(beside) <= set(parts)
    ]
    if not fits:
        ways = "; ".join(", ".join(parts) for _, parts in _WAYS)
        what = f"{', '.join(beside)} and one file more are no whole"
        raise InputError(what, "--beside", f"name all parts but one of {ways}.")
    files = {fits[0]: published} | {part: read_published(p) for part, p in beside.items()}
    tensors: dict[str, Tensor] = {}
    names: dict[str, str] = {}
    others: dict[str, str] = {}
    for part, file in files.items():
        tensors |= {f"{part}.{name}": tensor for name, tensor in file.tensors.items()}
        names |= {f"{part}.{name}": f"{part}.{where}" for name, where in file.names.items()}
        others |= {f"{part}.{name}": what for name, what in file.others.items()}
    return replace(published, tensors=tensors, names=names, others=others)


def refuse_single_part(published: PublishedFile) -> None:
    """Refuse a file that is one part of several.

    Raises:
        InputError: If it is; it names the parts.
    """
    ways = [
        f"all but one of {', '.join(parts)}"
        for family, parts in _WAYS
        if any(mark in published.tensors for mark in _marks_of_part(family))
    ]
    if ways:
        what = "is one of several files of a method"
        raise InputError(what, remedy=f"give --beside.NAME FILE of {', or of '.join(ways)}.")


def _marks_of_part(family: LifterFamily) -> list[str]:
    return [layout.mark.partition(".")[2] for layout in family.layouts]
