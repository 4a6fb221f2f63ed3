"""Metadata of exported files."""

import json
from pathlib import Path

import lifting
from lifting.checkpoints import file_digest
from lifting.export.wrapping import Exportable
from lifting.skeletons import skeleton

_MEANING = {
    "keypoints": "2D keypoints, pixels of the image: x right, y down",
    "confidence": "0 (not seen) to 1",
    "size": "width and height of the image, pixels",
    "focal": "focal lengths (fx, fy), pixels",
    "principal": "principal point (cx, cy), pixels",
    "image": "crop round a person, RGB, 0 to 255; normalised inside",
    "pose": "root-relative, camera frame (x right, y down, z forward), millimetres",
    "trajectory": "place of the root, camera frame, millimetres",
    "status": "of every joint: 0 lifted, 1 completed, 2 depth completed, 3 unknown",
}


def metadata(model: Exportable, checkpoint: str | Path | None = None) -> dict[str, str]:
    """Return the metadata of an exported file, each entry a text; lists and tables are JSON."""
    h = model.method.hparams
    entries = {
        "suite": f"lifting {lifting.__version__}",
        "method": type(model.method).__name__,
        "keypoint_skeleton": h["keypoint_skeleton"],
        "keypoints": json.dumps(skeleton(h["keypoint_skeleton"]).joints),
    }
    if model.frames:
        entries |= {
            "skeleton": h["skeleton"],
            "joints": json.dumps(skeleton(h["skeleton"]).joints),
            "root": skeleton(h["skeleton"]).joints[skeleton(h["skeleton"]).root],
            "frames": str(model.frames),
            "frames_before": str(model.before),
            "any_length": json.dumps(model.any_length),
        }
        if model.method.image_side is not None:
            entries["image_side"] = str(model.method.image_side)
    else:
        entries |= {"crop": json.dumps(model.crop), "decoder": h["decoder"]}
    entries["inputs"] = json.dumps({name: meaning(model, name) for name in model.inputs})
    entries["outputs"] = json.dumps({name: meaning(model, name) for name in model.outputs})
    if checkpoint is not None:
        entries["checkpoint_sha256"] = file_digest(checkpoint)
    return entries


def meaning(model: Exportable, name: str) -> str:
    """Return the meaning of a tensor of an exported file: its content and unit."""
    if name == "keypoints" and not model.frames:
        return "pixels of the crop: x right, y down; the centre of the first pixel is at 0.5"
    return _MEANING.get(name, f"{name.replace('_', ' ')} of the camera (docs/conventions.md)")
