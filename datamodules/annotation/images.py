"""The images that annotators are asked about: a clip store, or any published file of LSP."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.clips import ClipKey, ClipStore
from datamodules.lsp_convert import image_file, locate
from datamodules.lsp_raw import JOINTS, read_images
from datamodules.matlab import Array
from lifting.errors import InputError
from lifting.skeletons import convert, convert_confidence


@dataclass(frozen=True)
class JudgedImage:
    """An image to ask about.

    Attributes:
        name: Its name.
        picture: Its file; where there is none, its skeleton is drawn.
        train: Whether it is to train on.
        keypoints: Pixels in the order of ``lsp14``, ``(14, 2)``.
        seen: Which joints are seen, ``(14,)``; nobody is asked about others.
        depth: Distance of the joints along the camera's axis, millimetres ``(14,)``, where it is known.
    """

    name: str
    picture: Path | None
    train: bool
    keypoints: Array
    seen: NDArray[np.bool_]
    depth: Array | None = None


def load_images(source: Path, pictures: Path | None = None) -> list[JudgedImage]:
    """Load what there is to ask about.

    Args:
        source: A clip store, of which every clip gives its middle frame; or a file of LSP, or the
            folder of its ``joints.mat`` and images, or that of the images beside its ``joints.mat``.
        pictures: The folder of the images, where it is elsewhere.

    Raises:
        InputError: If something is missing or damaged, or the joints are not those of a body.
    """
    if source.is_dir() and not (source / "joints.mat").is_file():
        pictures = pictures or source
        source = source.parent / "joints.mat"
        if not source.is_file():
            raise InputError(
                f"{pictures}: no joints.mat in it or beside it, which says where the joints are; "
                "name a clip store, and the folder with --pictures."
            )
    if source.suffix == ".h5":
        with ClipStore(source) as store:
            return [_from_clip(store, key, pictures) for key in store.keys]
    file, pictures = locate(source, pictures)
    content = read_images(file)
    return [
        JudgedImage(
            name,
            None if pictures is None else image_file(pictures, name),
            bool(content.train[row]),
            content.keypoints[row],
            content.visible[row],
        )
        for row, name in enumerate(content.names)
    ]


def _from_clip(store: ClipStore, key: ClipKey, pictures: Path | None) -> JudgedImage:
    source = "gt" if "gt" in store.info.sources else next(iter(store.info.sources))
    middle = key.frames // 2
    points = torch.from_numpy(store.keypoints(key, source)[middle]).double()
    joints = store.info.sources[source]
    pose = store.pose(key)
    depth = None
    if pose is not None:
        turned = convert(torch.from_numpy(pose[middle]).double(), store.info.skeleton, JOINTS)
        depth = turned[:, 2].numpy()
    frame = f"{key.subject}_{key.sequence}_{key.camera}_{store.frames(key)[middle]}"
    name = key.sequence if key.frames == 1 else frame
    return JudgedImage(
        name,
        None if pictures is None else image_file(pictures, name),
        key.subject != "test",
        convert(points[:, :2], joints, JOINTS).numpy(),
        (convert_confidence(points[:, 2], joints, JOINTS) > 0).numpy(),
        depth,
    )
