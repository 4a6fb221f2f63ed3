"""Reader of clip stores: the keypoints of a 2D source with the camera of each clip."""

import numpy as np

from datamodules.store.checks import check_keypoints
from datamodules.store.clips import ClipKey, ClipStore
from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_files.content import Content
from lifting.inference.keypoint_files.track import KeypointTrack, track_from_points
from lifting.inference.options import ReadOptions
from lifting.skeletons import skeleton


def recognises(content: Content) -> bool:
    """Tell whether an HDF5 file is a clip store."""
    return "clips" in content.data


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read every clip that has a 2D source, with its camera.

    Raises:
        InputError: If the store cannot be read, or it is not known which of its sources is meant.
    """
    with ClipStore(content.path) as store:
        source = choose_source(store, options)
        return [read_clip(store, key, source) for key in store.keys if store.has(key, source)]


def choose_source(store: ClipStore, options: ReadOptions) -> str:
    """Return which 2D source of a store is meant.

    Raises:
        InputError: If that is not known, or its joint set is another.
    """
    sources = store.info.sources
    source = options.source or (next(iter(sources)) if len(sources) == 1 else None)
    if source is None or source not in sources:
        what = "has several 2D sources" if source is None else f"has no 2D source '{source}'"
        raise InputError(
            what, store.path, Phrase("name one with {}: {}.", Option("source"), ", ".join(sources))
        )
    if options.skeleton not in (None, joints := sources[source]):
        raise InputError(
            f"'{source}' is {joints}, not {options.skeleton}",
            store.path,
            Phrase("drop {}.", Option("skeleton")),
        )
    return source


def find_clip(store: ClipStore, options: ReadOptions, name: str | None) -> tuple[ClipKey, str]:
    """Return a clip by subject/sequence/camera, or the first whose name begins so, and its 2D source.

    Raises:
        InputError: If none fits.
    """
    source = choose_source(store, options)
    parts = [] if name is None else name.strip("/").split("/")
    keys = [key for key in store.keys if store.has(key, source)]
    for key in keys:
        if key.path.split("/")[1 : 1 + len(parts)] == parts:
            return key, source
    examples = ", ".join(key.path.removeprefix("clips/") for key in keys[:3])
    raise InputError(f"has no clip '{name}' of '{source}'", store.path, f"try {examples}.")


def read_clip(store: ClipStore, key: ClipKey, source: str) -> KeypointTrack:
    """Return the keypoints of a clip, with its camera.

    Raises:
        InputError: If they are damaged.
    """
    joints = skeleton(store.info.sources[source])
    where, points = f"{store.path}: {key.path}", store.keypoints(key, source)
    check_keypoints(points, joints, key.frames, where)
    camera, name = store.camera(key), key.path.removeprefix("clips/")
    width, height = camera.size.tolist()
    numbers, size = points.astype(np.float64), (width, height)
    return track_from_points(name, numbers, store.frames(key), joints.name, size, key.fps, camera)
