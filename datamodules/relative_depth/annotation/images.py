"""Images for annotation, of a clip store or of any published file of LSP."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.lsp.raw import JOINTS, image_file, locate, read_images
from datamodules.matlab import Array
from datamodules.relative_depth.annotation_file import Attribution, read_attribution
from datamodules.store.clips import ClipKey, ClipStore
from lifting.errors import InputError
from lifting.skeletons import convert, convert_confidence

# Frames that depth is measured in.
FRAMES = ("camera", "level")
# A camera's axis whose horizontal part is shorter than this has no direction on the floor.
_STRAIGHT_DOWN = 1e-6


@dataclass(frozen=True)
class JudgedImage:
    """An image for annotation.

    Attributes:
        name: Its name.
        picture: Its file; where there is none, its skeleton is drawn.
        train: Whether it is to train on.
        keypoints: Pixels in the order of ``lsp14``, ``(14, 2)``.
        seen: Which joints are seen, ``(14,)``; others are not asked about.
        depth: Distance of the joints along the camera's axis, millimetres ``(14,)``, where it is known.
        level: The same along the axis of the camera turned level, less a constant: people judge depth as
            if the camera did not look up or down.
    """

    name: str
    picture: Path | None
    train: bool
    keypoints: Array
    seen: NDArray[np.bool_]
    depth: Array | None = None
    level: Array | None = None

    def depth_in(self, frame: str) -> Array | None:
        """Return the depth of the joints in the frame ``camera`` or ``level``."""
        return {"camera": self.depth, "level": self.level}[frame]


def load_images(
    source: Path, pictures: Path | None = None, names: Collection[str] | None = None
) -> list[JudgedImage]:
    """Load the images of a source.

    Args:
        source: A clip store, of which every clip gives its middle frame; or a file of LSP, or the
            folder of its ``joints.mat`` and images, or that of the images beside its ``joints.mat``.
        pictures: The folder of the images, where it is elsewhere.
        names: Load these alone, of a store any frame, as :func:`frame_name` calls it; what is not there
            is left out.

    Raises:
        InputError: If something is missing or damaged, or the joints are not those of a body.
    """
    if source.is_dir() and not (source / "joints.mat").is_file():
        pictures = pictures or source
        source = source.parent / "joints.mat"
        if not source.is_file():
            what = "no joints.mat in it or beside it"
            raise InputError(what, pictures, "name a clip store, and the folder with --pictures.")
    if source.suffix == ".h5":
        with ClipStore(source) as store:
            middles = [(key, [key.frames // 2]) for key in store.keys]
            chosen = middles if names is None else _named(store, names)
            return [i for key, rows in chosen for i in frames_of(store, key, rows, pictures)]
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
        if names is None or name in names
    ]


def attribution_of(source: Path) -> Attribution | None:
    """Return origin and licence of a source of :func:`load_images` other than Leeds Sports Pose.

    Raises:
        InputError: If it cannot be read.
    """
    if source.suffix == ".h5":
        with ClipStore(source) as store:
            return Attribution(store.info.origin, store.info.licence)
    return read_attribution(source) if source.suffix == ".json" else None


def _named(store: ClipStore, names: Collection[str]) -> list[tuple[ClipKey, list[int]]]:
    """Return the rows of the frames with these names, by clip."""
    whole = set(names)
    numbers: dict[str, set[str]] = {}
    for name in whole:
        clip, _, number = name.rpartition("_")
        numbers.setdefault(clip, set()).add(number)
    chosen = []
    for key in store.keys:
        if key.frames == 1:
            rows = [0] if key.sequence in whole else []
        elif wanted := numbers.get(_clip_name(key)):
            rows = [row for row, n in enumerate(store.frames(key).tolist()) if str(n) in wanted]
        else:
            rows = []
        if rows:
            chosen.append((key, rows))
    return chosen


def _clip_name(key: ClipKey) -> str:
    return f"{key.subject}_{key.sequence}_{key.camera}"


def frame_name(key: ClipKey, number: int) -> str:
    """Return the name of a frame of a clip: for a clip of one frame that of its sequence."""
    return key.sequence if key.frames == 1 else f"{_clip_name(key)}_{number}"


def frames_of(
    store: ClipStore, key: ClipKey, rows: Sequence[int], pictures: Path | None = None
) -> list[JudgedImage]:
    """Return the frames of a clip that are in some of its rows.

    Raises:
        InputError: If an image is missing, or the joints are not those of a body.
    """
    source = "gt" if "gt" in store.info.sources else next(iter(store.info.sources))
    joints, chosen = store.info.sources[source], list(rows)
    points = torch.from_numpy(store.keypoints(key, source)[chosen]).double()
    keypoints = convert(points[..., :2], joints, JOINTS).numpy()
    seen = (convert_confidence(points[..., 2], joints, JOINTS) > 0).numpy()
    depth = level = None
    pose = store.pose(key)
    if pose is not None:
        turned = convert(torch.from_numpy(pose[chosen]).double(), store.info.skeleton, JOINTS)
        depth = turned.numpy()[..., 2]
        level = turned.numpy() @ level_axis(store.camera(key).rotation.numpy())
    names = [frame_name(key, number) for number in store.frames(key)[chosen].tolist()]
    return [
        JudgedImage(
            name,
            None if pictures is None else image_file(pictures, name),
            key.subject != "test",
            keypoints[row],
            seen[row],
            None if depth is None else depth[row],
            None if level is None else level[row],
        )
        for row, name in enumerate(names)
    ]


def level_axis(rotation: Array) -> Array:
    """Return, in the camera frame, the axis of a camera turned level, which the world is rotated to.

    It is NaN where the camera looks straight up or down.
    """
    # The third row is the camera's axis in the world, whose z points up.
    ahead = rotation[2] * [1, 1, 0]
    length = np.linalg.norm(ahead)
    along: Array = rotation @ ahead / length if length > _STRAIGHT_DOWN else np.full(3, np.nan)
    return along
