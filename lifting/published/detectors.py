"""Published weights of 2D detectors: into a network to use or to train on, and out again."""

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from lifting.checkpoints import checkpoint_bytes
from lifting.errors import InputError, located
from lifting.files import refuse_existing, write_together
from lifting.published.families import DETECTORS, recognise
from lifting.published.families.base import DetectorFamily, DetectorNet, Options
from lifting.published.matching import abbreviate, match_tensors
from lifting.published.reading import PublishedFile, read_published
from lifting.published.report import Report, format_options
from lifting.published.shapes import ShapeReader

# Prefixes of the official names in files of mmpose.
_TRUNK = "backbone."
_HEADS = ("keypoint_head.", "head.")
_REMEDY = "get the file again, or name another."
_SAME = "choose the same for both."


def read_detector(path: str | Path, bgr: bool = False) -> tuple[DetectorNet, str]:
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
    published = strip_mmpose_prefixes(read_published(path))
    with located(path):
        family = DETECTORS[recognise(published.tensors, DETECTORS, "detector")]
        with torch.device("meta"):
            net = family.net(**detector_options(published, family, bgr))
        report = Report.on_import(path, family.name, family.name, family.options_of(net))
        state = detector_state(net, published, report)
    report.add_ignored(published.others)
    net.load_state_dict(state, assign=True)
    return net.eval(), str(report)


def detector_options(
    published: PublishedFile, family: DetectorFamily, bgr: bool = False
) -> Options:
    """Return the options of the network that a file, under official names, is of.

    Raises:
        InputError: If it is of a classifier, or none such sees blue first.
    """
    options = family.infer(ShapeReader(published.tensors, {}))
    if "joints" not in options:
        remedy = "start the training of a detector from it with --model.weights."
        raise InputError("is an ImageNet classifier without a keypoint head", remedy=remedy)
    if bgr and "bgr" not in family.options:
        raise InputError(f"is of a {family.name}, which expects RGB: leave bgr out.")
    return {**options, "bgr": True} if bgr else options


def detector_state(
    net: DetectorNet, published: PublishedFile, report: Report, prefix: str = ""
) -> dict[str, Tensor]:
    """Return our tensors of a file, under official names, and report on every one of its own.

    Raises:
        InputError: If a tensor is missing, too many or of another shape.
    """
    family = _family_of(net)
    tensors = net.state_dict()
    own = {prefix + name: tensor for name, tensor in tensors.items()}
    pairs = {prefix + name: pair for name, pair in family.expand(net, tensors).items()}
    state, left = match_tensors(own, pairs, published, report, family.name, _REMEDY)
    _refuse_unknown([published.names[n] for n in left], family)
    return state


def initialise_detector(net: DetectorNet, path: str | Path, head: bool = True) -> str:
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
    published = strip_mmpose_prefixes(read_published(path))
    with located(path):
        family = DETECTORS[recognise(published.tensors, DETECTORS, "detector")]
        name = family.name
        if not isinstance(net, family.net):
            what = f"is of a {name}, the detector is a {type(net).__name__}"
            raise InputError(what, remedy=_SAME)
        options = family.infer(ShapeReader(published.tensors, {}))
        for option in options.keys() - {"joints"}:
            if options[option] != getattr(net, option):
                own_option = f"the detector's is {getattr(net, option)}"
                what = f"is of a {name} of {option} {options[option]}, {own_option}"
                raise InputError(what, remedy=_SAME)
        kept = () if "joints" in options else family.head
        if not head or options.get("joints") != net.joints:
            kept = (*kept, "head.")
        report = Report.on_import(path, family.name, family.name, family.options_of(net))
        own = {n: t for n, t in net.state_dict().items() if not n.startswith(kept)}
        pairs = family.expand(net, own)
        state, left = match_tensors(own, pairs, published, report, name, _REMEDY)
        unknown = [published.names[n] for n in left if not n.startswith(family.unused)]
        _refuse_unknown(unknown, family)
    for tensor in net.state_dict().keys() - own.keys():
        report.add("kept", tensor, "as it was: not in the file, or of other joints")
    for tensor in left:
        report.add("ignored", published.names[tensor], "of no use to this detector")
    report.add_ignored(published.others)
    net.load_state_dict(net.state_dict() | state)
    return str(report)


def export_detector(net: DetectorNet, out: str | Path, report: Report | None = None) -> str:
    """Write the weights of a detector as the official code reads them.

    The report on every tensor, which goes on with one that is given, is returned and written to
    ``<out>.report.txt``.
    """
    out = Path(out)
    beside = out.with_name(out.name + ".report.txt")
    refuse_existing([out, beside])
    family = _family_of(net)
    description = f"{family.name}, {format_options(family.options_of(net))}"
    if report is None:
        report = Report(description)
        report.add_heading("exported as", out.name)
    else:
        report.add_heading("exported as", f"{description}, {out.name}")
    tensors: OrderedDict[str, Tensor] = OrderedDict()
    own = net.state_dict()
    for name, pair in family.expand(net, own).items():
        tensors[pair.published] = own[name].cpu().contiguous()
        report.add_tensor(name, own[name], pair.published, tensors[pair.published])
    write_together({beside: str(report).encode(), out: checkpoint_bytes(tensors)})
    return str(report)


def strip_mmpose_prefixes(published: PublishedFile) -> PublishedFile:
    """Return a file under the official names, before which mmpose puts others.

    Raises:
        InputError: If a tensor is in it twice, with the prefix and without.
    """
    if not any(name.startswith(_TRUNK) for name in published.tensors):
        return published
    short = {}
    for name in published.tensors:
        prefix = next((p for p in (_TRUNK, *_HEADS) if name.startswith(p)), "")
        short[name] = name.removeprefix(prefix)
    if len(set(short.values())) < len(short):
        what = f"has some tensors twice, with and without {_TRUNK}"
        raise InputError(what, published.path, _REMEDY)
    return replace(
        published,
        tensors={short[n]: tensor for n, tensor in published.tensors.items()},
        names={short[n]: where for n, where in published.names.items()},
    )


def _family_of(net: DetectorNet) -> DetectorFamily:
    return DETECTORS[type(net).__name__]


def _refuse_unknown(names: list[str], family: DetectorFamily) -> None:
    if names:
        what = f"holds {abbreviate(names)}, which a {family.name} has not"
        raise InputError(what, remedy=_REMEDY)
