"""Published weights of 2D detectors: into a network to use or to train on, and out again."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lifting.checkpoints import saved
from lifting.errors import InputError
from lifting.files import refuse_existing, write_together
from lifting.published.detector_families import DETECTORS, Net, recognise_detector
from lifting.published.key_maps import expand
from lifting.published.matching import match, some
from lifting.published.reading import Published, read_published
from lifting.published.report import Report, listed
from lifting.published.source import Source

# What mmpose puts before the official names.
_TRUNK = "backbone."
_HEADS = ("keypoint_head.", "head.")
_ADVICE = "get the file again, or name another."


def read_detector(path: str | Path, bgr: bool = False) -> tuple[Net, str]:
    """Build the detector that a published file is of.

    Args:
        path: The published file: official, or mmpose's.
        bgr: The file is of images whose blue came first, as the official PoseResNets are.

    Returns:
        The network in evaluation mode, and the report on every tensor.

    Raises:
        InputError: If the file is unsafe, damaged or no detector's.
    """
    path = Path(path)
    published = official(read_published(path))
    try:
        name = recognise_detector(published.tensors)
        with torch.device("meta"):
            net = DETECTORS[name].net(**detector_options(published, name, bgr))
        report = _report(path, name, DETECTORS[name].options_of(net))
        state = detector_state(net, published, report)
    except InputError as error:
        raise error.at(path) from error
    report.beside(published.others)
    net.load_state_dict(state, assign=True)
    return net.eval(), str(report)


def detector_options(published: Published, name: str, bgr: bool = False) -> dict[str, Any]:
    """Return the options of the network that a file is of.

    Args:
        published: The file, under official names.
        name: The key of ``DETECTORS`` that it is of.
        bgr: See :func:`read_detector`.

    Raises:
        InputError: If it is of a classifier, or none such sees blue first.
    """
    kind = DETECTORS[name]
    options: dict[str, Any] = dict(kind.infer(Source(published.tensors, {})))
    if "joints" not in options:
        raise InputError(
            "is of a classifier, which finds no joints: start the training of a detector from it with "
            "--model.weights."
        )
    if bgr and "bgr" not in kind.options:
        raise InputError(f"is of a {name}, which sees red first: leave bgr out.")
    return options | ({"bgr": True} if bgr else {})


def detector_state(
    net: Net, published: Published, report: Report, prefix: str = ""
) -> dict[str, Tensor]:
    """Return our tensors of a file, and report on every one of its own.

    Args:
        net: The network that the file is of.
        published: The file, under official names.
        report: Where each tensor gets its line.
        prefix: What stands before our names.

    Raises:
        InputError: If a tensor is missing, too many or of another shape.
    """
    name = type(net).__name__
    kind = DETECTORS[name]
    tensors = net.state_dict()
    pairs = expand(kind.pairs(kind.options_of(net)), tensors)
    own = {prefix + ours: tensor for ours, tensor in tensors.items()}
    places = {prefix + ours: pair for ours, pair in pairs.items()}
    state, left = match(own, places, published, report, name, _ADVICE)
    _refuse([published.names[n] for n in left], name)
    return state


def initialise_detector(net: Net, path: str | Path, head: bool = True) -> str:
    """Give a detector that is to be trained the weights of a published file.

    From a classifier of ImageNet it takes all layers that there are; what is behind them stays as it is.
    So does the last layer where the file's has another number of joints.

    Args:
        net: The detector, which changes only if the whole file is right.
        path: The published file: official, mmpose's or torchvision's.
        head: Take the last layer, too; not, where the file's joints are others but as many.

    Returns:
        The report on every tensor.

    Raises:
        InputError: If the file is unsafe, damaged, or of a detector of another kind or size.
    """
    path = Path(path)
    published = official(read_published(path))
    try:
        name = recognise_detector(published.tensors)
        kind = DETECTORS[name]
        if not isinstance(net, kind.net):
            raise InputError(
                f"is of a {name}, the detector is a {type(net).__name__}: choose the same for both."
            )
        found = kind.infer(Source(published.tensors, {}))
        for option in found.keys() - {"joints"}:
            if found[option] != getattr(net, option):
                raise InputError(
                    f"is of a {name} of {option} {found[option]}, the detector's is "
                    f"{getattr(net, option)}: choose the same for both."
                )
        kept = () if "joints" in found else kind.head
        if not head or found.get("joints") != net.joints:
            kept = (*kept, "head.")
        report = _report(path, name, kind.options_of(net))
        own = {n: t for n, t in net.state_dict().items() if not n.startswith(kept)}
        pairs = expand(kind.pairs(kind.options_of(net)), own)
        state, left = match(own, pairs, published, report, name, _ADVICE)
        _refuse([published.names[n] for n in left if not n.startswith(kind.unused)], name)
    except InputError as error:
        raise error.at(path) from error
    for tensor in net.state_dict().keys() - own.keys():
        report.line("kept", tensor, "as it was: not in the file, or of other joints")
    for tensor in left:
        report.line("ignored", published.names[tensor], "of no use to this detector")
    report.beside(published.others)
    net.load_state_dict(net.state_dict() | state)
    return str(report)


def export_detector(net: Net, out: str | Path, report: Report | None = None) -> str:
    """Write the weights of a detector as the official code reads them.

    Args:
        net: The detector.
        out: The file to write; ``<out>.report.txt`` goes beside it.
        report: One that was begun, to go on with.

    Returns:
        The report on every tensor.
    """
    out = Path(out)
    beside = out.with_name(out.name + ".report.txt")
    refuse_existing([out, beside])
    name = type(net).__name__
    kind = DETECTORS[name]
    described = f"{name}, {listed(kind.options_of(net))}"
    if report is None:
        report = Report(described)
        report.head("exported as", out.name)
    else:
        report.head("exported as", f"{described}, {out.name}")
    tensors: OrderedDict[str, Tensor] = OrderedDict()
    own = net.state_dict()
    for ours, pair in expand(kind.pairs(kind.options_of(net)), own).items():
        tensors[pair.published] = own[ours].cpu().contiguous()
        report.tensor(ours, own[ours], pair.published, tensors[pair.published])
    write_together({beside: str(report).encode(), out: saved(tensors)})
    return str(report)


def official(published: Published) -> Published:
    """Take away what mmpose puts before the official names.

    Raises:
        InputError: If some are there with it and without.
    """
    if not any(name.startswith(_TRUNK) for name in published.tensors):
        return published
    short = {}
    for name in published.tensors:
        prefix = next((p for p in (_TRUNK, *_HEADS) if name.startswith(p)), "")
        short[name] = name.removeprefix(prefix)
    if len(set(short.values())) < len(short):
        raise InputError(
            f"has some tensors twice, with and without {_TRUNK}", published.path, f"{_ADVICE}"
        )
    return replace(
        published,
        tensors={short[n]: tensor for n, tensor in published.tensors.items()},
        names={short[n]: where for n, where in published.names.items()},
    )


def _refuse(strange: list[str], name: str) -> None:
    if strange:
        raise InputError(f"holds {some(strange)}, which a {name} has not", remedy=f"{_ADVICE}")


def _report(path: Path, name: str, options: Mapping[str, Any]) -> Report:
    report = Report.on(path, name)
    report.head("imported as", f"{name}, {listed(options)}")
    return report
