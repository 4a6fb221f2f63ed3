"""Published weights into checkpoints of this suite."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning
import torch
import yaml
from torch import Tensor

from lifting.checkpoints import file_digest, saved
from lifting.errors import InputError
from lifting.files import refuse_existing, write_together
from lifting.methods import PoseFlows
from lifting.methods.base import Method
from lifting.methods.sequence_lifter import SequenceLifter
from lifting.published.families import FAMILIES, Family, Layout, recognise
from lifting.published.key_maps import expand
from lifting.published.matching import match, some
from lifting.published.reading import Published, read_published
from lifting.published.report import Report
from lifting.published.source import Source
from lifting.published.statistics import import_statistics


def import_weights(
    path: str | Path,
    out: str | Path,
    family: str | None = None,
    given: Mapping[str, Any] | None = None,
    statistics: Mapping[str, Any] | None = None,
) -> str:
    """Write published weights as a checkpoint, with its configuration and a report beside it.

    Args:
        path: The published file.
        out: The checkpoint to write, ``.ckpt``; ``.yaml`` and ``.report.txt`` go beside it.
        family: A key of ``FAMILIES``; by the names of the tensors where not given.
        given: Options of the method: those that the file does not tell, and the joint sets. Others are
            compared with the file.
        statistics: Arrays that belong to the weights (:mod:`lifting.published.statistics`).

    Returns:
        The report: what became of every tensor of the file and where every one of ours is from.

    Raises:
        InputError: If the file is unsafe, damaged, or does not fit the family or what is given.
    """
    path, out = Path(path), Path(out)
    if out.suffix != ".ckpt":
        raise InputError(f"{out}: give the checkpoint to write a name that ends in .ckpt.")
    written = [out.with_suffix(".report.txt"), out.with_suffix(".yaml"), out]
    refuse_existing(written)
    published = read_published(path)
    try:
        family = family or recognise(published.tensors)
        source = Source(published.tensors, given or {})
        method, options = _method(FAMILIES[family], source)
        layout = _layout(FAMILIES[family], published)
        report = Report(f"{path.name}, SHA-256 {file_digest(path)}: {family}")
        report.head("imported as", f"{type(method).__name__}, {_listed(options)}")
        state = _state(method, FAMILIES[family], layout, published, report)
        taken = import_statistics(method, statistics)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    for name, tensor in taken.items():
        report.line("given", name, f"{tuple(tensor.shape)}, --statistics")
    for name, what in published.others.items():
        report.line("ignored", name, f"{what}: no part of the network")
    checkpoint = _checkpoint(method, state | taken)
    checkpoint["published"] = {"family": family, "mark": layout.mark, "sha256": file_digest(path)}
    contents = (str(report).encode(), _configuration(method, options), saved(checkpoint))
    write_together(dict(zip(written, contents, strict=True)))
    return str(report)


def _method(family: Family, source: Source) -> tuple[Method, dict[str, Any]]:
    """Build the method of a file without memory for its weights; and the options that differ."""
    found = family.infer(source)
    options = found | family.fixed(found)
    for name, value in source.given.items():
        kind = family.free.get(name)
        if kind is None and name not in options:
            free = ", ".join(family.free) or "none"
            raise InputError(f"--options.{name} is no option of these weights; there are: {free}.")
        if kind is None and options[name] != value:
            raise InputError(
                f"{name} is {options[name]} by the shapes of the file, not {value}: leave it out, or "
                "name another file."
            )
        if kind is bool and not isinstance(value, bool):
            raise InputError(f"--options.{name} is {value!r}: give true or false.")
        if kind is int and (type(value) is not int or value < 1):
            raise InputError(f"--options.{name} is {value!r}: give a whole number above zero.")
        options[name] = value
    with torch.device("meta"):
        return family.method(source)(**options), options


def _layout(family: Family, published: Published) -> Layout:
    for layout in family.layouts:
        if layout.mark in published.tensors:
            return layout
    raise InputError(
        f"lacks the tensor {family.layouts[0].mark}; name the family the file is of with --family."
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
                f"{method.hparams['skeleton']}; name the skeleton the file is of."
            )
        report.line(
            "ignored", published.names[name], "a constant, computed here to the same values"
        )
    if left:
        raise InputError(
            f"holds {some([published.names[n] for n in left])}, which a {type(method).__name__} "
            "has not; name the family the file is of."
        )
    if isinstance(method, PoseFlows):
        # Refuses matrices that are no rotations.
        method.flow("full").import_freia_state(published.tensors)
    return state


def _checkpoint(method: Method, state: dict[str, Tensor]) -> dict[str, Any]:
    """Return what Lightning and :mod:`lifting.checkpoints` look for, but no state of a training."""
    checkpoint: dict[str, Any] = {
        "epoch": 0,
        "global_step": 0,
        "pytorch-lightning_version": lightning.__version__,
        "state_dict": OrderedDict((name, state[name]) for name in method.state_dict()),
        "hparams_name": "kwargs",
        "hyper_parameters": dict(method.hparams),
    }
    method.on_save_checkpoint(checkpoint)
    return checkpoint


def _configuration(method: Method, options: Mapping[str, Any]) -> bytes:
    """Return the YAML that the command line needs to build the method, and to cut its windows."""
    data: dict[str, Any] = {"keypoint_skeleton": method.hparams["keypoint_skeleton"]}
    if isinstance(method, SequenceLifter) and method.seq2seq:
        data |= {"receptive_field": 1, "chunk": method.frames}
    elif isinstance(method, SequenceLifter):
        data |= {
            "receptive_field": method.frames,
            "causal": bool(method.hparams.get("causal", False)),
        }
    model = {"class_path": type(method).__name__, "init_args": dict(options)}
    return yaml.safe_dump({"model": model, "data": {"init_args": data}}, sort_keys=False).encode()


def _listed(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in options.items())
