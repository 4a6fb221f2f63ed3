"""Relative depth of joints, as people judged it on images: ``relative_depth_lsp_v1.json``.

Ronchi et al., "It's all Relative: Monocular 3D Human Pose Estimation from Weakly Supervised Data",
BMVC 2018. Layout::

    {"joint_names": [14 names],
     "images": [{"im_file": "images/im0001.jpg", "is_train": true,
                 "keypoints": [x0, y0, x1, y1, ...], "occluded": [14 of 0 and 1],
                 "anns": [{"kp0": 3, "kp1": 8, "label": 0, "risk": 0.01, "prob": 0.99,
                           "original_id": 17}]}]}

``kp0`` and ``kp1`` count in ``joint_names``; label 0 says that ``kp0`` is closer to the camera, 1 that
``kp1`` is. In here joints count in ``lsp14``, whatever the order in the file. ``prob`` is taken to be
the probability of the label and ``risk`` the expected error; a file need not have them. One that is not
of Leeds Sports Pose says so beside ``images``: ``"origin": TEXT, "licence": TEXT``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datamodules.safe_load import load_json
from lifting.errors import InputError
from lifting.files import beside
from lifting.skeletons import skeleton

_JOINTS = skeleton("lsp14").joints
# The authors call the top of the head by these.
_ALIASES = {"head": "head_top", "nose": "head_top"}

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DepthAnnotation:
    """Which of two joints is closer to the camera.

    Attributes:
        first: A joint of ``lsp14``.
        second: Another one.
        label: 0 where the first is closer, 1 where the second is.
        prob: Probability of the label, where known.
        risk: Expected error of the label, where known.
        original_id: Number of the annotation in a larger collection, where known.
    """

    first: int
    second: int
    label: int
    prob: float | None = None
    risk: float | None = None
    original_id: int | None = None


@dataclass(frozen=True)
class AnnotatedImage:
    """An image with its annotations.

    Attributes:
        file: Its file, as in ``images/im0001.jpg``.
        train: Whether it is to train on; else to test on.
        keypoints: Pixels in the order of ``lsp14``, ``(14, 2)``.
        occluded: Which joints are hidden, ``(14,)``.
        annotations: The judgements.
    """

    file: str
    train: bool
    keypoints: Array
    occluded: NDArray[np.bool_]
    annotations: tuple[DepthAnnotation, ...]

    @property
    def name(self) -> str:
        """Name of the image, without folder and ending."""
        return Path(self.file).stem


@dataclass(frozen=True)
class Attribution:
    """Origin and licence of images that are not of Leeds Sports Pose."""

    origin: str
    licence: str


def read_relative_depth(path: Path) -> list[AnnotatedImage]:
    """Read the annotations of all images.

    Raises:
        InputError: If the file is missing, no JSON, or not as described above.
    """
    content = load_json(path)
    names = _field(content, "joint_names", list, str(path))
    order = _order(names, path)
    listed = _field(content, "images", list, str(path))
    images = []
    for number, item in enumerate(listed):
        file = _field(item, "im_file", str, f"{path}: image {number}")
        images.append(_image(item, file, order, f"{path}: image '{file}'"))
    seen: set[str] = set()
    for image in images:
        if image.name in seen:
            raise InputError(f"image '{image.name}' is there twice", path, "leave one of them out.")
        seen.add(image.name)
    if not images:
        raise InputError("has no images", path, "get the file again.")
    return images


def read_attribution(path: Path) -> Attribution | None:
    """Read origin and licence of the images, if the file has them.

    Raises:
        InputError: If the file is missing, no JSON, or has only one of the two.
    """
    content = load_json(path)
    if not isinstance(content, dict) or not {"origin", "licence"} & set(content):
        return None
    return Attribution(*(_field(content, name, str, str(path)) for name in ("origin", "licence")))


def write_relative_depth(
    path: Path, images: Sequence[AnnotatedImage], attribution: Attribution | None = None
) -> None:
    """Write annotations in the layout above; without attribution they are of Leeds Sports Pose.

    Raises:
        InputError: If nothing can be written there.
    """
    back = {ours: theirs for theirs, ours in reversed(_ALIASES.items())}
    content = ({} if attribution is None else vars(attribution)) | {
        "joint_names": [back.get(joint, joint) for joint in _JOINTS],
        "images": [
            {
                "im_file": image.file,
                "is_train": image.train,
                "keypoints": image.keypoints.ravel().tolist(),
                "occluded": image.occluded.astype(int).tolist(),
                "anns": [_written(annotation) for annotation in image.annotations],
            }
            for image in images
        ],
    }
    with beside(path, make_folder=True) as partial:
        partial.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")


def _written(annotation: DepthAnnotation) -> dict[str, Any]:
    entries = {
        "kp0": annotation.first,
        "kp1": annotation.second,
        "label": annotation.label,
        "risk": annotation.risk,
        "prob": annotation.prob,
        "original_id": annotation.original_id,
    }
    return {name: value for name, value in entries.items() if value is not None}


def _field(content: object, name: str, kind: type, where: str) -> Any:
    if not isinstance(content, dict) or name not in content:
        raise InputError(f"{where} has no '{name}'", remedy="get the file again.")
    if not isinstance(content[name], kind):
        raise InputError(f"'{name}' is {_short(content[name])}", where, "get the file again.")
    return content[name]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 40 else text[:36] + " ..."


def _order(names: list[Any], path: Path) -> list[int]:
    """Return the joint of ``lsp14`` that each of the file's joints is."""
    ours = [_ALIASES.get(name, name) if isinstance(name, str) else name for name in names]
    if len(ours) != len(_JOINTS) or not all(isinstance(name, str) for name in ours):
        raise InputError(f"'joint_names' are not the {len(_JOINTS)} names of lsp14.", path)
    if missing := set(_JOINTS) - set(ours):
        raise InputError(f"'joint_names' lack {min(missing)}", path, f"name {', '.join(_JOINTS)}.")
    return [_JOINTS.index(name) for name in ours]


def _image(item: Any, file: str, order: list[int], where: str) -> AnnotatedImage:
    if not Path(file).stem or "\x00" in file:
        raise InputError("'im_file' names no file", where, "get the file again.")
    joints = len(order)
    keypoints = _numbers(_field(item, "keypoints", list, where), 2 * joints, "keypoints", where)
    occluded = _numbers(_field(item, "occluded", list, where), joints, "occluded", where)
    in_order = np.empty((joints, 2)), np.empty(joints, bool)
    in_order[0][order] = keypoints.reshape(joints, 2)
    in_order[1][order] = occluded != 0
    annotations = tuple(
        _annotation(annotation, order, f"{where}, annotation {number}")
        for number, annotation in enumerate(_field(item, "anns", list, where))
    )
    return AnnotatedImage(file, _field(item, "is_train", bool, where), *in_order, annotations)


def _numbers(content: list[Any], size: int, name: str, where: str) -> Array:
    if len(content) != size or not all(_finite(value) for value in content):
        raise InputError(f"'{name}' are not {size} finite numbers", where, "get the file again.")
    return np.array(content, np.float64)


def _finite(value: object) -> bool:
    # A JSON file may hold integers that no float holds.
    return isinstance(value, int | float) and abs(value) < 1e9


def _annotation(item: Any, order: list[int], where: str) -> DepthAnnotation:
    ends = []
    for name in ("kp0", "kp1"):
        index = _field(item, name, int, where)
        if isinstance(index, bool) or not 0 <= index < len(order):
            raise InputError(f"'{name}' is {index}, expected 0 to {len(order) - 1}.", where)
        ends.append(order[index])
    if ends[0] == ends[1]:
        raise InputError("'kp0' and 'kp1' are the same joint", where, "leave it out.")
    label = _field(item, "label", int, where)
    if isinstance(label, bool) or label not in (0, 1):
        raise InputError(
            f"'label' is {label}, expected 0 (kp0 is closer) or 1 (kp1 is closer).", where
        )
    return DepthAnnotation(
        ends[0],
        ends[1],
        label,
        _optional(item, "prob", where),
        _optional(item, "risk", where),
        item.get("original_id") if isinstance(item.get("original_id"), int) else None,
    )


def _optional(item: dict[str, Any], name: str, where: str) -> float | None:
    value = item.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not _finite(value):
        raise InputError(f"'{name}' is {_short(value)}", where, "give a number or leave it out.")
    return float(value)
