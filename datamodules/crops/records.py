"""Images of people: one record per person and image, and the index file that keeps them.

The images stay where they are. The index is one HDF5 file, columns of equal length::

    /               format, format_version, skeleton, origin, licence, images, inputs (attributes)
    paths           (N,) text, relative to the folder ``images``
    size            (N, 2) width and height, pixels
    box             (N, 4) left, top, right, bottom, pixels
    keypoints       (N, K, 2) pixels
    visibility      (N, K) 0 not labelled, 1 labelled but hidden, 2 seen (the codes of COCO)
    pose            (N, K, 3) millimetres, camera frame; NaN where the record has none
    subject, action, sequence, view   (N,) numbers into the lists /names/<column>
    frame           (N,) number of the image in its recording
    camera          (N,) number into /cameras, -1 where the record has none
    cameras/<field> (M, ...) the fields of lifting.cameras.Camera
"""

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datamodules.crops.pixels import image_sizes
from lifting.cameras import Camera, nominal_camera
from lifting.errors import InputError, Option, Phrase
from lifting.files import on_disk
from lifting.skeletons import Skeleton, convert, convert_confidence, skeleton

# The mean bone of a person in any joint set, so that metres are not taken for millimetres.
_MEAN_BONE_MM = (30.0, 800.0)

Array = NDArray[np.float64]

NAMES = ("subject", "action", "sequence", "view")
HIDDEN, SEEN = 1, 2


@dataclass(frozen=True)
class ImageRecord:
    """One person on one image.

    Attributes:
        path: The image, relative to the folder of all images, with forward slashes.
        size: Its width and height, pixels.
        keypoints: Pixels ``(K, 2)``; where a joint is not labelled any number.
        visibility: For each joint 0 (not labelled), 1 (labelled but hidden) or 2 (seen).
        box: Left, top, right, bottom of the person, pixels.
        subject: The person, or the split where that is all that is known.
        action: The action.
        sequence: The recording.
        view: Name of the camera.
        frame: Number of the image in the recording.
        camera: The camera, float64, where it is calibrated.
        pose: Camera-frame millimetres ``(K, 3)``, where they are known.
    """

    path: str
    size: tuple[int, int]
    keypoints: Array
    visibility: NDArray[np.integer]
    box: Array
    subject: str = ""
    action: str = ""
    sequence: str = ""
    view: str = ""
    frame: int = 0
    camera: Camera | None = None
    pose: Array | None = None


@dataclass(frozen=True)
class IndexInfo:
    """Description of an index.

    Attributes:
        skeleton: Joint set of keypoints and poses.
        origin: Where the images come from.
        licence: The condition they are under.
        inputs: SHA-256 of each file of annotations.
    """

    skeleton: str
    origin: str
    licence: str
    inputs: dict[str, str] = field(default_factory=dict)


@dataclass
class ImageRecords:
    """Records as columns; see the header of this file.

    Attributes:
        info: Description of the index.
        folder: The folder of the images.
        paths: Paths of the images within it.
        columns: ``size``, ``box``, ``keypoints``, ``visibility``, ``pose``, ``subject``, ``action``,
            ``sequence``, ``view``, ``frame``, ``camera``.
        names: What the numbers of the columns of names stand for.
        cameras: The cameras the records share; a batch of none where nothing is calibrated.
    """

    info: IndexInfo
    folder: Path
    paths: list[str]
    columns: dict[str, Tensor]
    names: dict[str, list[str]]
    cameras: Camera

    def __len__(self) -> int:
        return len(self.paths)

    def file(self, row: int) -> Path:
        """Return the path of an image."""
        return self.folder / on_disk(self.paths[row])

    def name(self, column: str, row: int) -> str:
        """Return the subject, action, sequence or view of a record."""
        return self.names[column][int(self.columns[column][row])]

    def rows_of(self, subjects: Iterable[str], option: str | None = None) -> Tensor:
        """Return the rows of subjects, in the order of the index.

        Args:
            subjects: Their names.
            option: The option that names them, for messages.

        Raises:
            InputError: If there is no such subject.
        """
        known = self.names["subject"]
        subjects = list(subjects)
        if unknown := [name for name in subjects if name not in known]:
            remedy = Phrase("it has {}.", ", ".join(known))
            if option is not None:
                remedy = Phrase("it has {}: name those with {}.", ", ".join(known), Option(option))
            raise InputError(f"no image of '{unknown[0]}'", self.folder, remedy)
        wanted = torch.tensor([known.index(name) for name in subjects], dtype=torch.long)
        return torch.isin(self.columns["subject"], wanted).nonzero().squeeze(-1)

    def taken(self, rows: Tensor) -> "ImageRecords":
        """Return some of the records."""
        return replace(
            self,
            paths=[self.paths[row] for row in rows.tolist()],
            columns={name: column[rows] for name, column in self.columns.items()},
        )

    def converted(self, joints: str) -> "ImageRecords":
        """Return the records in another joint set, by name of the joints.

        A joint that is derived is labelled where all it is derived from are, and is as visible as the
        least visible of these.

        Raises:
            InputError: If a joint can neither be found nor derived.
        """
        if joints == self.info.skeleton:
            return self
        names = self.info.skeleton, joints
        columns = dict(self.columns)
        seen = convert_confidence(columns["visibility"].float(), *names)
        points = convert(columns["keypoints"], *names)
        columns["visibility"] = seen.to(torch.uint8)
        columns["keypoints"] = torch.where(seen[..., None] > 0, points, 0.0)
        columns["pose"] = convert(columns["pose"], *names)
        return replace(self, info=replace(self.info, skeleton=joints), columns=columns)

    @property
    def digest(self) -> str:
        """SHA-256 of the records; the images themselves are not read."""
        digest = hashlib.sha256(json.dumps([vars(self.info), self.paths]).encode())
        for name in sorted(self.columns):
            digest.update(self.columns[name].numpy().tobytes())
        return digest.hexdigest()

    def describe(self) -> str:
        """Return a readable summary: joint set, images and records by subject."""
        posed = self.columns["pose"].isfinite().all(-1).all(-1)
        lines = [
            f"  skeleton   {self.info.skeleton}",
            f"  origin     {self.info.origin}",
            f"  licence    {self.info.licence}",
            f"  {'subject':16} {'images':>8} {'people':>8} {'with 3D':>8}",
        ]
        for subject in sorted(self.names["subject"]):
            rows = self.rows_of([subject])
            images = len({self.paths[row] for row in rows.tolist()})
            counts = f"{images:8,} {len(rows):8,} {int(posed[rows].sum()):8,}"
            lines.append(f"  {subject:16} {counts}")
        images = len(set(self.paths))
        return "\n".join([*lines, f"  {'all':16} {images:8,} {len(self):8,} {int(posed.sum()):8,}"])


def gather_records(
    info: IndexInfo, folder: Path, records: Iterable[ImageRecord], images_exist: bool = True
) -> ImageRecords:
    """Check records and turn them into columns; their images must exist unless they are rendered.

    Raises:
        InputError: If the joint set is unknown, there is no record, or one of them is wrong; it names
            the image.
    """
    joints = skeleton(info.skeleton)
    present: set[str] = set()
    rows, cameras = [], _CameraTable()
    names: dict[str, dict[str, int]] = {name: {} for name in NAMES}
    empty = np.full((len(joints), 3), math.nan)
    for record in records:
        where = f"{folder / record.path}"
        if images_exist and record.path not in present:
            _check_image(folder / on_disk(record.path), record.size)
            present.add(record.path)
        _check_shapes(record, len(joints), where)
        _check_box(record, where)
        _check_pose(record, joints, where)
        labelled = np.asarray(record.visibility) > 0
        rows.append(
            {
                "size": record.size,
                "box": record.box,
                "keypoints": np.where(labelled[:, None], record.keypoints, 0),
                "visibility": record.visibility,
                "pose": empty if record.pose is None else record.pose,
                "frame": record.frame,
                "camera": cameras.add(record.camera),
                **{n: names[n].setdefault(getattr(record, n), len(names[n])) for n in NAMES},
                "path": record.path,
            }
        )
    if not rows:
        raise InputError("no image with a person on it was found", folder, "check the folder.")
    paths = [str(row.pop("path")) for row in rows]
    columns = {name: torch.from_numpy(np.array([row[name] for row in rows])) for name in rows[0]}
    for name in ("size", "box", "keypoints", "pose"):
        columns[name] = columns[name].float()
    columns["visibility"] = columns["visibility"].to(torch.uint8)
    lists = {name: list(known) for name, known in names.items()}
    return ImageRecords(info, folder, paths, columns, lists, cameras.stacked())


class _CameraTable:
    """Distinct cameras of records: a dataset has few cameras and thousands of images."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._cameras: list[Camera] = []

    def add(self, camera: Camera | None) -> int:
        if camera is None:
            return -1
        values = [getattr(camera, f.name).double().numpy().tobytes() for f in fields(Camera)]
        key = b"".join(values)
        if key not in self._numbers:
            self._numbers[key] = len(self._cameras)
            self._cameras.append(camera.to(torch.float64))
        return self._numbers[key]

    def stacked(self) -> Camera:
        if not self._cameras:
            return nominal_camera(1, 1).map(lambda x: x.new_zeros((0, *x.shape)))
        return Camera.stack(self._cameras)


def _check_image(path: Path, size: tuple[int, int]) -> None:
    if not path.is_file():
        raise InputError("there is no such image", path, "name the folder of the images.")
    try:
        stored, shown = image_sizes(path)
    except InputError:
        # It is left out where it is needed.
        return
    if tuple(size) not in (stored, shown):
        what = f"is {stored[0]} × {stored[1]} pixels large, and annotated as {size[0]} × {size[1]}"
        raise InputError(what, path, "name the folder of the images that were annotated.")


def _check_shapes(record: ImageRecord, joints: int, where: str) -> None:
    points, seen = np.asarray(record.keypoints), np.asarray(record.visibility)
    if points.shape != (joints, 2) or seen.shape != (joints,):
        what = f"keypoints are {points.shape}, visibility {seen.shape}, expected of {joints} joints"
        raise InputError(what, where, "name their joint set.")
    if not np.isin(seen, (0, HIDDEN, SEEN)).all():
        raise InputError("visibility is neither 0 nor 1 nor 2", where, "repair it.")
    if not np.isfinite(points[seen > 0]).all():
        raise InputError("a labelled keypoint is NaN or infinite", where, "repair it.")


def _check_box(record: ImageRecord, where: str) -> None:
    left, top, right, bottom = np.asarray(record.box, np.float64)
    width, height = record.size
    inside = max(left, 0) < min(right, width) and max(top, 0) < min(bottom, height)
    if not (np.isfinite(record.box).all() and inside):
        what = f"the box {left:g}, {top:g}, {right:g}, {bottom:g} is empty or outside the image of"
        remedy = "give left, top, right and bottom in pixels."
        raise InputError(f"{what} {width} × {height}", where, remedy)


def _check_pose(record: ImageRecord, joints: Skeleton, where: str) -> None:
    if record.pose is None:
        return
    if record.camera is None:
        raise InputError("has a 3D pose but no camera", where, "give both or none.")
    pose = np.asarray(record.pose)
    if pose.shape != (len(joints), 3) or not np.isfinite(pose).all():
        raise InputError(f"the pose is {pose.shape} or not finite", where, "repair it.")
    parents, children = (list(ends) for ends in zip(*joints.bones, strict=True))
    bone = float(np.linalg.norm(pose[children] - pose[parents], axis=-1).mean())
    if not _MEAN_BONE_MM[0] < bone < _MEAN_BONE_MM[1]:
        what = f"the mean bone is {bone:.4g} long, where millimetres are expected"
        raise InputError(what, where, "check the unit.")
