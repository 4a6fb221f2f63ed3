"""Trained methods as modules of plain tensors, which can be exported, and their metadata."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import lifting
from lifting.cameras import Camera
from lifting.checkpoints import file_digest
from lifting.errors import InputError, Option
from lifting.export.modules import CompletingModule, DetectingModule, LiftingModule
from lifting.methods import Lifter, Method, OcclusionCompletion
from lifting.methods.bases.checkpointed import load_frozen
from lifting.methods.bases.detector import Detector
from lifting.methods.bases.trajectory_lifter import TrajectoryLifter
from lifting.skeletons import skeleton

# Width and height of the crops that the published detectors see.
CROP = (192, 256)
# Total stride of the networks of detectors.
_COARSEST = 32
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


@dataclass(frozen=True)
class Exportable:
    """A trained method as a module of plain tensors, with what its tensors are.

    Attributes:
        method: The method.
        module: Takes :attr:`inputs`, returns :attr:`outputs`; in evaluation mode.
        inputs: Names of the tensors that go in, the first of which is the keypoints or the image.
        outputs: Names of those that come out.
        frames: Frames that must go in, or that at least must; 0 for a detector.
        any_length: Whether more frames may go in, and as many more come out.
        crop: Width and height of a detector's crops.
    """

    method: Method
    module: nn.Module
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    frames: int = 0
    any_length: bool = False
    crop: tuple[int, int] = CROP

    @property
    def before(self) -> int:
        """Frames that an output frame sees before itself."""
        h = self.method.hparams
        past = h.get("causal", False) or h.get("readout") == "last"
        return self.frames - 1 if past else self.frames // 2

    def example(self, batch: int, more_frames: int = 0) -> tuple[Tensor, ...]:
        """Return inputs of the right shapes: people of random keypoints, or noise."""
        if isinstance(self.method, Detector):
            width, height = self.crop
            return (torch.randint(256, (batch, 3, height, width), dtype=torch.uint8),)
        keypoints = len(skeleton(self.method.hparams["keypoint_skeleton"]))
        person = 500 + 100 * torch.randn(batch, 1, keypoints, 2)
        moved = 10 * torch.randn(batch, self.frames + more_frames, keypoints, 2)
        values: dict[str, Tensor] = {"keypoints": person + moved}
        values["confidence"] = torch.ones(moved.shape[:3])
        camera = example_camera(batch)
        return tuple(values[n] if n in values else getattr(camera, n) for n in self.inputs)

    def open_axes(self, batch: Any, frames: Any) -> tuple[dict[int, Any], ...]:
        """Return for each input the axes that may have any length, and the symbol of each."""
        timed = {1: frames} if self.any_length else {}
        return tuple(
            {0: batch, **(timed if name in ("keypoints", "confidence") else {})}
            for name in self.inputs
        )


def example_camera(batch: int) -> Camera:
    """Return cameras like Human3.6M's, without distortion."""

    def repeated(*values: float) -> Tensor:
        return torch.tensor(values).expand(batch, -1).clone()

    return Camera(
        focal=repeated(1145.0, 1144.0),
        principal=repeated(512.0, 515.0),
        radial=repeated(0.0, 0.0, 0.0),
        tangential=repeated(0.0, 0.0),
        tangential_gain=torch.ones(batch),
        size=repeated(1000.0, 1002.0),
        rotation=torch.eye(3).expand(batch, 3, 3).clone(),
        position=repeated(0.0, 0.0, 0.0),
    )


def camera_fields_of(method: Lifter) -> tuple[str, ...]:
    """Return the fields of the camera that a lifter's pose depends on: those that get a gradient."""
    names = [field.name for field in fields(Camera)]
    camera = example_camera(2).map(lambda x: x.requires_grad_())
    joints = len(skeleton(method.hparams["keypoint_skeleton"]))
    keypoints = 500 + 100 * torch.randn(2, method.frames, joints, 2)
    outputs = LiftingModule(method, names)(keypoints, *(getattr(camera, name) for name in names))
    total = torch.stack([x.sum() for x in outputs]).sum()
    if not total.requires_grad:
        return ()
    values = [getattr(camera, name) for name in names]
    gradients = torch.autograd.grad(total, values, allow_unused=True)
    return tuple(n for n, gradient in zip(names, gradients, strict=True) if gradient is not None)


def exportable(method: Method, one_window: bool = False, crop: Sequence[int] = CROP) -> Exportable:
    """Return a trained method as a module of plain tensors.

    Args:
        method: The method, in evaluation mode.
        one_window: Take windows of exactly as many frames as the method sees, also where it could slide
            over longer sequences.
        crop: Width and height of a detector's crops.

    Raises:
        InputError: If it finds neither poses nor keypoints, or the crop does not fit.
    """
    if isinstance(method, Detector):
        width, height = crop
        if min(crop) < 2 * _COARSEST or width % _COARSEST or height % _COARSEST:
            multiples = f"multiples of {_COARSEST} from {2 * _COARSEST} on"
            remedy = f"give {multiples}, such as {CROP[0]} {CROP[1]}."
            raise InputError(f"is {width} by {height}", Option("crop"), remedy)
        # With channels last, what is traced would depend on whether the batch is one.
        nn.utils.convert_conv2d_weight_memory_format(method.net, torch.contiguous_format)
        detections = ("keypoints", "confidence")
        return Exportable(
            method, DetectingModule(method), ("image",), detections, crop=(width, height)
        )
    if isinstance(method, OcclusionCompletion):
        camera = camera_fields_of(method)
        module = CompletingModule(method, camera)
        names = ("keypoints", "confidence", *camera), ("pose", "status")
        return Exportable(method, module, *names, frames=1)
    if not isinstance(method, Lifter):
        what = f"is of a {type(method).__name__}, which is no lifter"
        remedy = "export the lifter or the detector that was trained with it."
        raise InputError(what, remedy=remedy)
    camera = camera_fields_of(method)
    outputs = ("pose", *(["trajectory"] if isinstance(method, TrajectoryLifter) else []))
    # torch.export writes a recurrent network out frame by frame.
    recurrent = any(isinstance(part, nn.RNNBase) for part in method.modules())
    slides = getattr(method, "slides", False) and not recurrent
    inputs, any_length = ("keypoints", *camera), slides and not one_window
    lifting_module = LiftingModule(method, camera)
    return Exportable(method, lifting_module, inputs, outputs, method.frames, any_length)


def load_exportable(
    path: str | Path, one_window: bool = False, crop: Sequence[int] = CROP
) -> Exportable:
    """Return the trained method of a checkpoint as a module of plain tensors (:func:`exportable`).

    Raises:
        InputError: If the file is no checkpoint, or of something that lifts and detects nothing.
    """
    method = load_frozen(path, Method)
    try:
        return exportable(method, one_window, crop)
    except InputError as error:
        # One about an option of the command is not about the checkpoint.
        if error.where is not None:
            raise
        raise error.at(path) from error


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
