"""Published detectors as methods of this suite, and the networks of its checkpoints to publish."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import torch

from lifting.errors import InputError
from lifting.exchange.imported import Imported
from lifting.imaging.heatmaps import DECODERS, Alignment
from lifting.methods import HeatmapDetector
from lifting.published.detector_families import DETECTORS
from lifting.published.detectors import detector_options, detector_state, export_detector
from lifting.published.reading import Published
from lifting.published.report import Report, listed
from lifting.published.source import Kind, Source
from lifting.skeletons import SKELETONS, skeleton

# Where a detector keeps its network, and where its file says how many joints it finds.
_NET, _HEAD = "net.", "final_layer.weight"
# What says how images are seen and heat-maps are read; published heat-maps are aligned by centres.
_READING: dict[str, Any] = {"sigma": 2.0, "decoder": "soft", "alignment": "centres"}
_FREE: dict[str, Kind] = {
    "bgr": bool,
    "sigma": float,
    "decoder": tuple(DECODERS),
    "alignment": get_args(Alignment),
    "flip_test": bool,
}


def _joint_sets() -> dict[int, str]:
    """Return the joint sets that their number of joints tells; those of 16 are MPII's."""
    sizes = Counter(map(len, SKELETONS.values()))
    return {len(s): s.name for s in SKELETONS.values() if sizes[len(s)] == 1} | {16: "mpii16"}


def import_detector(published: Published, name: str, given: Mapping[str, Any]) -> Imported:
    """Return a published file as the detector that it is.

    Args:
        published: The file, under official names.
        name: The key of ``DETECTORS`` that it is of.
        given: Options of the method.

    Raises:
        InputError: If the file does not fit the family or what is given.
    """
    mark = DETECTORS[name].mark
    if mark not in published.tensors:
        raise InputError(
            f"lacks the tensor {mark}", remedy="name the family the file is of with --family."
        )
    size = detector_options(published, name, bgr=given.get("bgr") is True)
    source = Source(published.tensors, given)
    keypoints = source.joint_set("keypoint_skeleton", size["joints"], _HEAD, _joint_sets())
    found = {
        "network": DETECTORS[name].network.format(**size),
        "keypoint_skeleton": keypoints,
        # Of true poses, which are measured with through lifters; the file says nothing of them.
        "skeleton": skeleton(given.get("skeleton") or keypoints).name,
    }
    reading = _READING | ({"bgr": False} if "bgr" in DETECTORS[name].options else {})
    options = reading | source.options(found, _FREE)
    with torch.device("meta"):
        method = HeatmapDetector(**options)
    for option, value in size.items():
        if getattr(method.net, option) != value:
            raise InputError(
                f"is of a {name} of {option} {value}, a {found['network']} has "
                f"{getattr(method.net, option)}: name another file."
            )
    report = Report.on(published.path, name)
    report.head("imported as", f"{type(method).__name__}, {listed(options)}")
    state = detector_state(method.net, published, report, _NET)
    data = {"keypoint_skeleton": keypoints, "pose_skeleton": found["skeleton"]}
    return Imported(method, options, data, state, name, mark, report)


def export_trained(checkpoint: Mapping[str, Any], path: Path, out: Path) -> str:
    """Write the network of a detector's checkpoint as the official code reads it.

    Args:
        checkpoint: What the checkpoint holds.
        path: Where it lies.
        out: The file to write; ``<out>.report.txt`` goes beside it.

    Returns:
        The report on every tensor.

    Raises:
        InputError: If the network is of another shape than its options say.
    """
    h = checkpoint["hyper_parameters"]
    # Lifters that guided it, whose own files need not be there any more, are no part of what is written.
    method = HeatmapDetector(**{n: h[n] for n in ("network", "bgr", "keypoint_skeleton")})
    state = {n: x for n, x in checkpoint["state_dict"].items() if n.startswith(_NET)}
    try:
        method.load_state_dict(state)
    except InputError as error:
        raise error.at(path) from error
    report = Report.on(path, checkpoint["lifting"]["method"])
    if h["alignment"] == "edges":
        report.head(
            "alignment edges:",
            "what the official code reads is 1.5 pixels of the crop too far to the left and above",
        )
    for name in checkpoint["state_dict"]:
        if name not in state:
            report.line("ignored", name, "no part of the network")
    return export_detector(method.net, out, report)
