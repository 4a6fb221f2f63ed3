"""The keypoints of a clip store."""

from pathlib import Path

import numpy as np

from datamodules.clips import ClipStore, check_keypoints
from datamodules.keypoint_files.track import Track, Wanted, checked_track
from lifting.errors import InputError
from lifting.skeletons import skeleton


def read_store(path: Path, wanted: Wanted) -> list[Track]:
    """Read every clip that has a 2D source, with its camera.

    Raises:
        InputError: If the store cannot be read, or which of its sources is meant is not told.
    """
    with ClipStore(path) as store:
        sources = store.info.sources
        source = wanted.source or (next(iter(sources)) if len(sources) == 1 else None)
        if source not in sources:
            said = "has several 2D sources" if source is None else f"has no 2D source '{source}'"
            raise InputError(f"{path}: {said}; name one with --source: {', '.join(sources)}.")
        joints = skeleton(sources[source])
        if wanted.skeleton not in (None, joints.name):
            raise InputError(
                f"{path}: '{source}' is {joints.name}, not {wanted.skeleton}; leave --skeleton out."
            )
        tracks = []
        for key in store.keys:
            if not store.has(key, source):
                continue
            where, points = f"{path}: {key.path}", store.keypoints(key, source)
            check_keypoints(points, joints, key.frames, where)
            camera, name = store.camera(key), key.path.removeprefix("clips/")
            width, height = camera.size.tolist()
            tracks.append(
                checked_track(
                    name,
                    points.astype(np.float64),
                    store.frames(key),
                    joints.name,
                    (width, height),
                    key.fps,
                    camera,
                )
            )
    return tracks
