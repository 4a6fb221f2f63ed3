"""Published lifters as methods of this suite."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lifting import methods
from lifting.errors import InputError
from lifting.exchange.imported import Imported
from lifting.methods import PoseFlows
from lifting.methods.bases.method import Method
from lifting.methods.bases.sequence_lifter import SequenceLifter
from lifting.published.families import FAMILIES, Family, Layout
from lifting.published.key_maps import expand
from lifting.published.matching import match, some
from lifting.published.reading import Published
from lifting.published.report import Report, listed
from lifting.published.source import Source


def import_lifter(published: Published, name: str, given: Mapping[str, Any]) -> Imported:
    """Return a published file as the lifter, or the prior of one, that it is.

    Args:
        published: The file.
        name: The key of ``FAMILIES`` that it is of.
        given: Options of the method.

    Raises:
        InputError: If the file does not fit the family or what is given.
    """
    family = FAMILIES[name]
    method, options = _method(family, Source(published.tensors, given))
    layout = _layout(family, published)
    report = Report.on(published.path, name)
    report.head("imported as", f"{type(method).__name__}, {listed(options)}")
    state = _state(method, family, layout, published, report)
    return Imported(method, options, _data(method), state, name, layout.mark, report)


def _method(family: Family, source: Source) -> tuple[Method, dict[str, Any]]:
    """Build the method of a file without memory for its weights; and the options that differ."""
    found = family.infer(source)
    options = source.options(found | family.fixed(found), family.free)
    with torch.device("meta"):
        return getattr(methods, family.method(source))(**options), options


def _layout(family: Family, published: Published) -> Layout:
    for layout in family.layouts:
        if layout.mark in published.tensors:
            return layout
    raise InputError(
        f"lacks the tensor {family.layouts[0].mark}",
        remedy="name the family the file is of with --family.",
    )


def _state(
    method: Method, family: Family, layout: Layout, published: Published, report: Report
) -> dict[str, Tensor]:
    """Return our tensors of a file, and report on every one of its own."""
    own = method.state_dict()
    pairs = expand(layout.pairs(method.hparams), own)
    advice = "name the family and the joint sets the file is of, or get it again."
    state, left = match(own, pairs, published, report, type(method).__name__, advice)
    for name, value in family.constants(method.hparams).items():
        tensor = left.pop(name, None)
        if tensor is None:
            continue
        if tensor.shape != value.shape or not torch.allclose(tensor.float(), value, atol=1e-3):
            raise InputError(
                f"tensor {published.names[name]} is another constant than the one of "
                f"{method.hparams['skeleton']}",
                remedy="name the skeleton the file is of.",
            )
        report.line(
            "ignored", published.names[name], "a constant, computed here to the same values"
        )
    if left:
        raise InputError(
            f"holds {some([published.names[n] for n in left])}, which a {type(method).__name__} "
            "has not",
            remedy="name the family the file is of.",
        )
    if isinstance(method, PoseFlows):
        # Refuses matrices that are no rotations.
        method.flow("full").import_freia_state(published.tensors)
    return state


def _data(method: Method) -> dict[str, Any]:
    """Return the joint set and the windows that the method needs."""
    data: dict[str, Any] = {"keypoint_skeleton": method.hparams["keypoint_skeleton"]}
    if isinstance(method, SequenceLifter) and method.seq2seq:
        data |= {"receptive_field": 1, "chunk": method.frames}
    elif isinstance(method, SequenceLifter):
        data |= {
            "receptive_field": method.frames,
            "causal": bool(method.hparams.get("causal", False)),
        }
    return data
