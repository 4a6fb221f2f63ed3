"""Import of published lifters as methods of this suite."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lifting import methods
from lifting.errors import InputError
from lifting.exchange.imported_method import ImportedMethod
from lifting.methods.bases.method import Method
from lifting.methods.bases.sequence_lifter import SequenceLifter
from lifting.published.families.base import Layout, LifterFamily, expand
from lifting.published.matching import abbreviate, match_tensors
from lifting.published.reading import PublishedFile
from lifting.published.report import Report
from lifting.published.shapes import ShapeReader


def import_lifter(
    published: PublishedFile, family: LifterFamily, user_options: Mapping[str, Any]
) -> ImportedMethod:
    """Return a published file as the lifter, or the prior of one, that it is.

    Raises:
        InputError: If the file does not fit the family or the options that the user gives.
    """
    shapes = ShapeReader(published.tensors, user_options)
    inferred = family.infer(shapes)
    options = shapes.options({**inferred, **family.fixed(inferred)}, family.free)
    # Without memory for its weights.
    with torch.device("meta"):
        method = getattr(methods, family.method(shapes))(**options)
    layout = family.layout_of(published.tensors)
    report = Report.on_import(published.path, family.name, type(method).__name__, options)
    state = _state(method, family, layout, published, report)
    for name, value in family.buffers(method.hparams).items():
        state[name] = value
        report.add("made", name, "a constant")
    data = _data_options(method)
    return ImportedMethod(method, options, data, state, family, layout.mark, report)


def _state(
    method: Method, family: LifterFamily, layout: Layout, published: PublishedFile, report: Report
) -> dict[str, Tensor]:
    """Return our tensors of a file, and report on every one of its own."""
    own = method.state_dict()
    pairs = expand(layout.pairs(method.hparams), own)
    remedy = "name the family and the joint sets the file is of, or get it again."
    state, left = match_tensors(own, pairs, published, report, type(method).__name__, remedy)
    for name, value in family.constants(method.hparams).items():
        tensor = left.pop(name, None)
        if tensor is None:
            continue
        if tensor.shape != value.shape or not torch.allclose(tensor.float(), value, atol=1e-3):
            known = method.hparams["skeleton"]
            what = f"tensor {published.names[name]} is another constant than that of {known}"
            raise InputError(what, remedy="name the skeleton the file is of.")
        report.add("ignored", published.names[name], "a constant, computed here to the same values")
    for name in family.unused(method.hparams):
        if left.pop(name, None) is not None:
            report.add("ignored", published.names[name], "not used by the published network")
    if left:
        names = abbreviate([published.names[n] for n in left])
        what = f"holds {names}, which a {type(method).__name__} has not"
        raise InputError(what, remedy="name the family the file is of.")
    family.check(method, published.tensors)
    return state


def _data_options(method: Method) -> dict[str, Any]:
    """Return the joint set and the windows that the method needs."""
    data: dict[str, Any] = {"keypoint_skeleton": method.hparams["keypoint_skeleton"]}
    if isinstance(method, SequenceLifter) and method.seq2seq:
        data |= {"receptive_field": 1, "chunk": method.frames}
    elif isinstance(method, SequenceLifter):
        causal = bool(method.hparams.get("causal", False))
        data |= {"receptive_field": method.frames, "causal": causal}
    return data
