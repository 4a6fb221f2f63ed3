"""The clip store: one HDF5 file per dataset, written by every converter and read by one reader.

Layout::

    /                               format, format_version, skeleton, sources, origin, licence,
                                    inputs (attributes)
    /cameras/<subject>/<camera>     focal, principal, radial, tangential, ... (attributes)
    /clips/<subject>/<sequence>/<camera>
        pose                        (T, J, 3) float32, camera frame, millimetres; absent in 2D data
        keypoints/<source>          (T, J, 3) float32: x, y in pixels, and confidence in [0, 1]
        frames                      (T,) frame numbers, only where the recording has gaps
        subject, sequence, action, camera, fps (attributes)
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.store.checks import Array, check_keypoints, check_pose
from datamodules.store.contents import camera_of, contents_of
from datamodules.store.description import ClipKey, StoreInfo
from datamodules.store.hdf5_file import Hdf5File
from lifting.cameras import Camera
from lifting.containers.hdf5_files import HDF5_ERRORS, attribute, has, open_hdf5, read_id
from lifting.containers.json_files import parse_json
from lifting.errors import InputError, UnavailableError
from lifting.files import beside
from lifting.skeletons import skeleton

__all__ = ["FORMAT", "ClipKey", "ClipStore", "ClipWriter", "StoreInfo", "is_store_of"]

FORMAT = "pose-clips"
FORMAT_VERSION = 1


class ClipWriter:
    """Writes a store beside its final path and moves it there when all went well.

    Example::

        with ClipWriter("data/mine.h5", info) as store:
            store.add_camera("S1", "front", camera)
            store.add(key, {"gt": keypoints}, pose)

    Raises:
        InputError: If nothing can be written at the path.
        OSError: If the disk is full; nothing is left behind, and an older store stays as it was.
    """

    def __init__(self, path: str | Path, info: StoreInfo) -> None:
        self.path = Path(path)
        self.info = info

    def __enter__(self) -> "ClipWriter":
        with ExitStack() as stack:
            partial = stack.enter_context(beside(self.path, make_folder=True))
            self._hdf5_file = Hdf5File(partial)
            self._file = h5py.File(self._hdf5_file, "w")
            stack.callback(self._close)
            self._stack = stack.pop_all()
        self._file.attrs.update(
            {
                "format": FORMAT,
                "format_version": FORMAT_VERSION,
                "skeleton": self.info.skeleton,
                "sources": json.dumps(self.info.sources),
                "origin": self.info.origin,
                "licence": self.info.licence,
                "inputs": json.dumps(self.info.inputs),
            }
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, traceback)

    def _close(self) -> None:
        self._file.close()
        self._hdf5_file.close()
        self._hdf5_file.check(self.path)

    def add_camera(self, subject: str, name: str, camera: Camera) -> None:
        """Write the parameters of a camera, once per subject."""
        group = self._file.require_group(f"cameras/{subject}/{name}")
        for f in fields(Camera):
            group.attrs[f.name] = getattr(camera, f.name).double().numpy()

    def add(
        self,
        key: ClipKey,
        keypoints: Mapping[str, Array],
        pose: Array | None = None,
        frames: NDArray[np.int64] | None = None,
    ) -> None:
        """Write a clip.

        Args:
            key: Names of the clip.
            keypoints: For each 2D source x, y and confidence, ``(T, J, 3)``.
            pose: Camera-frame millimetres ``(T, J, 3)``, where the dataset has them.
            frames: Frame numbers ``(T,)``; counted from 0 where not given.

        Raises:
            InputError: If shapes, values, units or frame counts are wrong.
        """
        where = f"{self.path}: {key.path}"
        if any("/" in name for name in (key.subject, key.sequence, key.camera)):
            raise InputError("a name holds a '/', which the store cannot keep", where, "rename it.")
        if key.path in self._file:
            raise InputError("given twice", where, "leave one of them out.")
        if not keypoints:
            raise InputError("has no keypoints", where, "give at least one 2D source.")
        if pose is not None:
            check_pose(pose, skeleton(self.info.skeleton), where)
            if len(pose) != key.frames:
                what = f"{len(pose)} frames of poses for a clip of {key.frames}"
                raise InputError(what, where, "name files that belong together.")
        for source, points in keypoints.items():
            joints = skeleton(self.info.sources[source])
            check_keypoints(points, joints, key.frames, f"{where}, source '{source}'")
        group = self._file.create_group(key.path)
        group.attrs.update({k: v for k, v in vars(key).items() if k != "frames"})
        if pose is not None:
            group["pose"] = np.asarray(pose, np.float32)
        if frames is not None and not np.array_equal(frames, np.arange(len(frames))):
            group["frames"] = frames
        for source, points in keypoints.items():
            group[f"keypoints/{source}"] = np.asarray(points, np.float32)
        self._hdf5_file.check(self.path)

    def copy_from(self, shard: h5py.File) -> None:
        """Take over every camera and clip of another open store file, except what it already has."""
        for kind, depth in (("cameras", 1), ("clips", 2)):
            _merge(shard[kind], self._file.require_group(kind), depth)
        self._hdf5_file.check(self.path)


def _merge(source: h5py.Group, target: h5py.Group, depth: int) -> None:
    for name, child in source.items():
        if depth:
            _merge(child, target.require_group(name), depth - 1)
        elif name not in target:
            source.copy(name, target)


def is_store_of(path: Path, info: StoreInfo) -> bool:
    """Return whether a file is a store with this description.

    Raises:
        UnavailableError: If it cannot be read now, and so may be.
    """
    try:
        with ClipStore(path) as store:
            return store.info == info
    except UnavailableError:
        raise
    except InputError:
        return False


def _table(text: str) -> dict[str, str]:
    try:
        return dict(parse_json(text, "attribute"))
    except InputError as error:
        raise ValueError(text) from error


class ClipStore:
    """Reads a store.

    Raises:
        InputError: If the file is missing, truncated, of another kind or another version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file = open_hdf5(path)
        # Photographs share a few cameras among thousands of clips.
        self._cameras: dict[str, Camera] = {}
        try:
            self._read_header()
        except InputError:
            self._file.close()
            raise
        except Exception as cause:  # There is hardly an error that a damaged file cannot cause.
            self._file.close()
            raise InputError("damaged or incomplete", path, "prepare it again.") from cause

    def _read_header(self) -> None:
        attrs = self._file.attrs
        if str(attribute(self._file, "format")) != FORMAT:
            raise InputError(
                "an HDF5 file, but no clip store", self.path, "make one with `lifting prepare`."
            )
        if (version := attrs["format_version"]) != FORMAT_VERSION:
            raise InputError(
                f"of version {version}, not {FORMAT_VERSION}", self.path, "prepare it again."
            )
        self.info = StoreInfo(
            skeleton=str(attrs["skeleton"]),
            sources=_table(attrs["sources"]),
            origin=str(attrs["origin"]),
            licence=str(attrs["licence"]),
            inputs=_table(attrs["inputs"]),
        )
        stat = os.stat(self.path)
        version = stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns
        self._contents = contents_of(self.path, *version)
        self.keys = list(self._contents)

    def __enter__(self) -> "ClipStore":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def camera(self, key: ClipKey) -> Camera:
        """Return the camera of a clip, in float64.

        Raises:
            InputError: If the store does not hold it.
        """
        path = f"cameras/{key.subject}/{key.camera}"
        if path not in self._cameras:
            if not has(self._file, path):
                raise InputError(f"has no camera for {key.path}", self.path, "prepare it again.")
            self._cameras[path] = camera_of(self._file[path], self.path)
        return self._cameras[path].map(torch.clone)

    @property
    def digest(self) -> str:
        """SHA-256 of the inputs, version, clips and 2D sources of the store."""
        content = [FORMAT_VERSION, vars(self.info), [vars(key) for key in self.keys]]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def has(self, key: ClipKey, source: str) -> bool:
        """Return whether a clip has a 2D source."""
        return f"keypoints/{source}" in self._contents[key]

    def _read(self, key: ClipKey, name: str, kinds: str, axes: tuple[int, ...]) -> NDArray[Any]:
        # By the functions that cost least, as in datamodules.store.contents.
        place = f"{key.path}/{name}"
        try:
            data = h5py.h5d.open(self._file.id, place.encode())
        except HDF5_ERRORS as error:
            raise InputError(f"'{place}' is damaged", self.path, "prepare it again.") from error
        values = read_id(data, self.path, place, kinds, (key.frames, *axes))
        if values.shape != (key.frames, *axes):
            what = f"'{place}' is {values.shape}, expected {(key.frames, *axes)}"
            raise InputError(what, self.path, "prepare it again.")
        return values

    def pose(self, key: ClipKey) -> Array | None:
        """Return the poses of a clip, or None where the dataset has none."""
        joints = len(skeleton(self.info.skeleton))
        has_pose = "pose" in self._contents[key]
        return self._read(key, "pose", "f", (joints, 3)) if has_pose else None

    def frames(self, key: ClipKey) -> NDArray[np.int64]:
        """Return the frame numbers of a clip, counted from 0."""
        has_gaps = "frames" in self._contents[key]
        return self._read(key, "frames", "iu", ()) if has_gaps else np.arange(key.frames)

    def keypoints(self, key: ClipKey, source: str) -> Array:
        """Return the keypoints of a clip.

        Raises:
            InputError: If the clip lacks the source; it names those there are.
        """
        if not self.has(key, source):
            names = (name.partition("/") for name in self._contents[key])
            there = ", ".join(source for kind, _, source in names if kind == "keypoints")
            raise InputError(
                f"no 2D source '{source}' in {key.path}", self.path, f"it has {there}."
            )
        joints = len(skeleton(self.info.sources[source]))
        return self._read(key, f"keypoints/{source}", "f", (joints, 3))

    def describe(self) -> str:
        """Return a readable summary: skeleton, sources, and clips and frames per subject."""
        width = max([8, *(len(key.subject) for key in self.keys)])
        lines = [
            f"{self.path}",
            f"  skeleton   {self.info.skeleton}",
            f"  2D sources {', '.join(f'{s} ({j})' for s, j in self.info.sources.items())}",
            f"  origin     {self.info.origin}",
            f"  licence    {self.info.licence}",
            f"  {'subject':{width}} {'sequences':>9} {'clips':>6} {'frames':>10}",
        ]
        for subject in sorted({k.subject for k in self.keys}, key=lambda s: (len(s), s)):
            keys = [k for k in self.keys if k.subject == subject]
            sequences = len({k.sequence for k in keys})
            frames = sum(k.frames for k in keys)
            lines.append(f"  {subject:{width}} {sequences:9} {len(keys):6} {frames:10,}")
        total = sum(k.frames for k in self.keys)
        return "\n".join([*lines, f"  {'all':{width}} {'':9} {len(self.keys):6} {total:10,}"])
