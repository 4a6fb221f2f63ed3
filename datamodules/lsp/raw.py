"""Reader of the files of Leeds Sports Pose: people on photographs, fourteen keypoints each, no 3D.

- ``joints.mat`` of LSP, ``(3, 14, images)``: x, y, and whether the joint is *occluded*.
- ``joints.mat`` of LSP-extended, ``(14, 3, images)``: x, y, and whether the joint is *labelled*. The
  coordinates of others are meaningless.
- ``lsp2000_joints14.npz``, LSP with its split, the training half in pixels of the full photographs.
- ``relative_depth_lsp_v1.json``, whose images have keypoints
  (:mod:`datamodules.relative_depth.annotation_file`).

All are in the order of ``lsp14``.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datamodules.matlab import Array, load_mat, numbers
from datamodules.relative_depth.annotation_file import (
    Attribution,
    read_attribution,
    read_relative_depth,
)
from datamodules.safe_load import existing_file, load_npz
from lifting.errors import InputError
from lifting.skeletons import skeleton

ORIGIN = {
    "LSP": "Leeds Sports Pose, Johnson and Everingham, BMVC 2010",
    "LSP-extended": "Leeds Sports Pose extended, Johnson and Everingham, CVPR 2011",
}
LICENCE = "Academic research; the photographs belong to the users of Flickr who took them"
JOINTS = "lsp14"
SPLITS = ("train", "test")
ACTION = "pose"
# Images of LSP to train on, by the owners' split; the others are for testing.
TRAIN_IMAGES = 1000

_AXES = {(3, 14): "LSP", (14, 3): "LSP-extended"}


@dataclass(frozen=True)
class RawImages:
    """Annotated images.

    Attributes:
        kind: Which dataset: ``LSP`` or ``LSP-extended``.
        names: Names of the images, without folder and ending.
        keypoints: Pixels ``(N, 14, 2)``; a joint that is not labelled is put at the mean of the
            others.
        visible: Which joints are seen, ``(N, 14)``.
        train: Which images are for training, ``(N,)``.
        left_out: Names of images in which no joint is labelled.
        attribution: Where they come from, if not from the dataset.
    """

    kind: str
    names: list[str]
    keypoints: Array
    visible: NDArray[np.bool_]
    train: NDArray[np.bool_]
    left_out: tuple[str, ...] = ()
    attribution: Attribution | None = None


def locate(raw: Path, images: Path | None) -> tuple[Path, Path | None]:
    """Return the file of the annotation and the folder of the images, where there is one.

    Args:
        raw: The file, or the folder as it is published: ``joints.mat``, and ``images`` beside it.
        images: The folder of the images, where it is elsewhere.

    Raises:
        InputError: If a folder is missing.
    """
    if images is not None and not images.is_dir():
        raise InputError("there is no such folder of images", images, "check the path.")
    if not raw.is_dir():
        return existing_file(raw), images
    beside = raw / "images"
    return existing_file(raw / "joints.mat"), images or (beside if beside.is_dir() else None)


def image_file(folder: Path, name: str) -> Path:
    """Return the file of an image.

    Raises:
        InputError: If there is none.
    """
    for ending in (".jpg", ".jpeg", ".png"):
        if (path := folder / f"{name}{ending}").is_file():
            return path
    raise InputError(f"no {name}.jpg or .png", folder, "name the folder of all images, or none.")


def read_images(path: Path) -> RawImages:
    """Read any of the files, told apart by suffix and shape.

    Raises:
        InputError: If it is missing, damaged or none of them.
    """
    readers = {".mat": _read_mat, ".npz": _read_npz, ".json": _read_json}
    if path.suffix.lower() not in readers:
        raise InputError("neither a .mat nor an .npz nor a .json", path, "name one of these.")
    images = readers[path.suffix.lower()](path)
    if not images.names:
        raise InputError("not one of its images has a joint", path, "get the file again.")
    if len(set(images.names)) < len(images.names):
        name = next(n for n in images.names if images.names.count(n) > 1)
        raise InputError(f"image '{name}' is there twice", path, "leave one of them out.")
    return images


def _read_mat(path: Path) -> RawImages:
    joints = numbers(load_mat(path, ("joints",))["joints"], f"{path}: 'joints'")
    kind = _AXES.get(joints.shape[:2]) if joints.ndim == 3 else None
    if kind is None:
        what = f"'joints' is {joints.shape}, expected (3, 14, images) or, extended, (14, 3, images)"
        raise InputError(what, path, "get the file from its owners again.")
    rows = joints.transpose((2, 1, 0) if kind == "LSP" else (2, 0, 1))
    flag = rows[..., 2]
    if not np.isin(flag, (0, 1)).all():
        what = "the third row of 'joints' is not of 0 and 1"
        raise InputError(what, path, "get the file from its owners again.")
    number = np.arange(1, len(rows) + 1)
    if kind == "LSP":
        names, labelled = [f"im{n:04}" for n in number], np.ones(flag.shape, bool)
        return _images(
            path, kind, names, rows[..., :2], labelled, flag == 0, number <= TRAIN_IMAGES
        )
    # Ten thousand have five digits; they are all for training, as nobody tests on them.
    names = [f"im{n:05}" for n in number]
    return _images(path, kind, names, rows[..., :2], flag == 1, flag == 1, number > 0)


def _images(
    path: Path,
    kind: str,
    names: list[str],
    keypoints: Array,
    labelled: NDArray[np.bool_],
    visible: NDArray[np.bool_],
    train: NDArray[np.bool_],
) -> RawImages:
    """Put joints that are not labelled at the mean of the others; leave out images without any."""
    if not np.isfinite(keypoints[labelled]).all():
        image = names[int(np.argwhere(labelled & ~np.isfinite(keypoints).all(-1))[0][0])]
        raise InputError(f"a joint of '{image}' is NaN or infinite", path, "get the file again.")
    some = np.asarray(labelled.any(-1))
    weight = labelled[some][..., None]
    known = np.where(weight, keypoints[some], 0)
    middle = known.sum(1, keepdims=True) / weight.sum(1, keepdims=True)
    return RawImages(
        kind,
        [name for name, there in zip(names, some, strict=True) if there],
        np.where(weight, known, middle),
        visible[some],
        train[some],
        tuple(name for name, there in zip(names, some, strict=True) if not there),
    )


def _read_npz(path: Path) -> RawImages:
    content = load_npz(path)
    for name in ("joints", "imgname", "split"):
        if name not in content:
            raise InputError(f"no '{name}' in it, only {', '.join(content)}.", path)
    joints = numbers(content["joints"], f"{path}: 'joints'")
    files, split = np.asarray(content["imgname"]), np.asarray(content["split"])
    if joints.shape[1:] != (len(skeleton(JOINTS)), 3):
        raise InputError(f"'joints' is {joints.shape}, expected (images, 14, 3).", path)
    for name, column in (("imgname", files), ("split", split)):
        if column.shape != joints.shape[:1] or column.dtype.kind != "U":
            raise InputError(f"'{name}' is no text for each of {len(joints)} images.", path)
    if not np.isin(split, ("train", "test")).all():
        raise InputError("'split' holds something else than train and test", path, "repair it.")
    visible = joints[..., 2] > 0
    names, labelled = [Path(file).stem for file in files.tolist()], np.ones(visible.shape, bool)
    return _images(path, "LSP", names, joints[..., :2], labelled, visible, split == "train")


def _read_json(path: Path) -> RawImages:
    images = read_relative_depth(path)
    return RawImages(
        "LSP",
        [image.name for image in images],
        np.array([image.keypoints for image in images]).reshape(-1, len(skeleton(JOINTS)), 2),
        ~np.array([image.occluded for image in images]).reshape(-1, len(skeleton(JOINTS))),
        np.array([image.train for image in images], bool),
        attribution=read_attribution(path),
    )
