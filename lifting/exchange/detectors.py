"""Import of published detectors as methods of this suite, and export of their networks."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import torch

from lifting.checkpoints import by_name
from lifting.errors import InputError, located
from lifting.exchange.imported_method import ImportedMethod
from lifting.imaging.heatmaps import DECODERS, Alignment
from lifting.methods import HeatmapDetector
from lifting.published.detectors import detector_options, detector_state, export_detector
from lifting.published.families.base import DetectorFamily
from lifting.published.reading import PublishedFile
from lifting.published.report import Report
from lifting.published.shapes import Kind, ShapeReader
from lifting.skeletons import SKELETONS, skeleton

# Name of the network in a detector, and of the tensor in its file that has a row a joint.
_NET, _HEAD = "net.", "final_layer.weight"
# Options of how images are seen and heat-maps are read; published heat-maps are aligned by centres.
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


def import_detector(
    published: PublishedFile, family: DetectorFamily, user_options: Mapping[str, Any]
) -> ImportedMethod:
    """Return a published file, under official names, as the detector that it is.

    Raises:
        InputError: If the file does not fit the family or the options that the user gives.
    """
    layout = family.layout_of(published.tensors)
    size = detector_options(published, family, bgr=user_options.get("bgr") is True)
    shapes = ShapeReader(published.tensors, user_options)
    keypoints = shapes.joint_set("keypoint_skeleton", size["joints"], _HEAD, _joint_sets())
    inferred = {
        "network": family.network.format(**size),
        "keypoint_skeleton": keypoints,
        # Of true poses, which are measured with through lifters; the file says nothing of them.
        "skeleton": skeleton(user_options.get("skeleton") or keypoints).name,
    }
    reading = _READING | ({"bgr": False} if "bgr" in family.options else {})
    options = reading | shapes.options(inferred, _FREE)
    with torch.device("meta"):
        method = HeatmapDetector(**options)
    for option, value in size.items():
        if getattr(method.net, option) != value:
            known = f"a {inferred['network']} has {getattr(method.net, option)}"
            what = f"is of a {family.name} of {option} {value}, {known}"
            raise InputError(what, remedy="name another file.")
    report = Report.on_import(published.path, family.name, type(method).__name__, options)
    state = detector_state(method.net, published, report, _NET)
    data = {"keypoint_skeleton": keypoints, "pose_skeleton": inferred["skeleton"]}
    return ImportedMethod(method, options, data, state, family, layout.mark, report)


def export_detector_checkpoint(checkpoint: Mapping[str, Any], path: Path, out: Path) -> str:
    """Write the network of a detector's checkpoint as the official code reads it.

    The report on every tensor is returned, and goes to ``<out>.report.txt``.

    Raises:
        InputError: If the network is of another shape than its options say.
    """
    with located(path):
        h, parameters = (by_name(checkpoint, part) for part in ("hyper_parameters", "state_dict"))
    # Lifters that guided it are not written, and their own files need not exist any more.
    method = HeatmapDetector(**{n: h[n] for n in ("network", "bgr", "keypoint_skeleton")})
    state = {n: x for n, x in parameters.items() if n.startswith(_NET)}
    with located(path):
        method.load_state_dict(state)
    report = Report.on_file(path, checkpoint["lifting"]["method"])
    if h["alignment"] == "edges":
        report.add_heading(
            "alignment edges:",
            "what the official code reads is 1.5 pixels of the crop too far to the left and above",
        )
    for name in parameters:
        if name not in state:
            report.add("ignored", name, "no part of the network")
    return export_detector(method.net, out, report)
