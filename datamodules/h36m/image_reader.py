"""Reader of Human3.6M's images, as h36m-fetch exports them or by the rows of mmpose's ``.npz`` files."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from datamodules.crops.image_source import Array, ImageSource, bounding_box, inside_image
from datamodules.crops.pixels import image_size
from datamodules.crops.records import ImageRecord, IndexInfo
from datamodules.h36m.cameras import CAMERAS, h36m_camera
from datamodules.h36m.raw import EXCLUDED, LICENCE, ORIGIN, sequence_name
from datamodules.matlab import numbers, read_dataset
from datamodules.safe_load import existing_folder, load_npz, open_hdf5, sha256
from lifting.errors import InputError
from lifting.skeletons import skeleton

JOINTS = "h36m17"
# Margin of the box around the joints on each side, as a fraction (L2D-Pose, ACCV 2024).
_MARGIN = 0.075

_MMPOSE = re.compile(r"(S\d+)/(?:S\d+)_([^/]+)\.(\d+)/[^/]+_(\d+)\.\w+")


def read_fetch(folder: Path, every: int = 1) -> ImageSource:
    """Read every n-th image of each camera of ``S*/<Action>-<n>``: ``annot.h5``, ``imageSequence``.

    Images are named ``img_000001.jpg``, with six digits or eight.

    Raises:
        InputError: If there are none, or one is not as h36m-fetch writes it.
    """
    files = sorted(existing_folder(folder).glob("S*/*/annot.h5"))
    if not files:
        raise InputError(
            "no S*/<action>/annot.h5 in it", folder, "name the folder that h36m-fetch wrote."
        )
    inputs = {str(file.relative_to(folder)): sha256(file) for file in files}
    left_out: Counter[str] = Counter()
    info = IndexInfo(JOINTS, ORIGIN, LICENCE, inputs)
    return ImageSource(info, folder, _fetched(folder, files, every, left_out), left_out)


def _fetched(
    folder: Path, files: list[Path], every: int, left_out: Counter[str]
) -> Iterator[ImageRecord]:
    for file in files:
        subject, name = file.relative_to(folder).parts[:2]
        sequence = sequence_name(name)
        pose, keypoints, camera, frame = _annotation(file)
        for view in CAMERAS:
            rows = np.flatnonzero(camera == view)
            if (subject, sequence) in EXCLUDED:
                left_out["a damaged video"] += len(rows)
                continue
            for row in rows[np.argsort(frame[rows], kind="stable")][::every]:
                path = _image(file.parent / "imageSequence" / view, int(frame[row]))
                record = _record(
                    path.relative_to(folder),
                    image_size(path),
                    (subject, sequence, view),
                    int(frame[row]) - 1,
                    keypoints[row],
                    pose[row],
                )
                if record is None:
                    left_out["the pelvis is outside the image"] += 1
                else:
                    yield record


def _annotation(file: Path) -> tuple[Array, Array, np.ndarray, np.ndarray]:
    with open_hdf5(file) as content:
        pose, keypoints, camera, frame = (
            numbers(read_dataset(content, name), f"{file}: '{name}'")
            for name in ("pose/3d", "pose/2d", "camera", "frame")
        )
    count = len(pose)
    if (
        pose.shape[1:] not in ((32, 3), (17, 3))
        or keypoints.shape != (*pose.shape[:2], 2)
        or not camera.shape == frame.shape == (count,)
        or frame.min() < 1
    ):
        what = f"poses {pose.shape}, keypoints {keypoints.shape}, 'camera' and 'frame' differ"
        raise InputError(what, file, "is it h36m-fetch's annot.h5?")
    if pose.shape[1] == 32:
        kept = skeleton("h36m32").indices(skeleton(JOINTS).joints)
        pose, keypoints = pose[:, kept], keypoints[:, kept]
    return pose, keypoints, camera.astype(np.int64).astype(str), frame.astype(np.int64)


def _image(folder: Path, number: int) -> Path:
    for digits in (6, 8):
        if (path := folder / f"img_{number:0{digits}}.jpg").is_file():
            return path
    raise InputError(
        f"no img_{number:06}.jpg in it, as annot.h5 has", folder, "export the images again."
    )


def _record(
    path: Path,
    size: tuple[int, int],
    names: tuple[str, str, str],
    frame: int,
    keypoints: Array,
    pose: Array,
) -> ImageRecord | None:
    inside = inside_image(keypoints, size)
    if not inside[skeleton(JOINTS).root]:
        return None
    subject, sequence, view = names
    return ImageRecord(
        path=path.as_posix(),
        size=size,
        keypoints=keypoints,
        visibility=np.where(inside, 2, 0),
        box=bounding_box(keypoints, inside, _MARGIN, size),
        subject=subject,
        action=re.split(r"[ -]", sequence)[0],
        sequence=sequence,
        view=view,
        frame=frame,
        camera=h36m_camera(subject, view),
        pose=pose,
    )


def read_mmpose(file: Path, images: Path) -> ImageSource:
    """Read an ``.npz`` of mmpose: ``imgname``, ``part`` in pixels and ``S`` in metres, camera frame.

    Raises:
        InputError: If a file is missing or not as mmpose writes it.
    """
    content = load_npz(file)
    if missing := {"imgname", "part", "S"} - set(content):
        raise InputError(f"no '{min(missing)}' in it", file, "mmpose's file is needed.")
    names = [str(name) for name in np.asarray(content["imgname"]).ravel()]
    part = numbers(content["part"], f"{file}: 'part'")
    pose = numbers(content["S"], f"{file}: 'S'")
    if part.shape != (len(names), 17, 3) or pose.shape != (len(names), 17, 4):
        what = f"'part' {part.shape} or 'S' {pose.shape} is not of {len(names)} images, 17 joints"
        raise InputError(what, file, "mmpose's file is needed.")
    info = IndexInfo(JOINTS, ORIGIN, LICENCE, {file.name: sha256(file)})
    left_out: Counter[str] = Counter()
    pixels, millimetres = part[..., :2], 1000 * pose[..., :3]
    records = _rows(file, existing_folder(images), names, pixels, millimetres, left_out)
    return ImageSource(info, images, records, left_out)


def _rows(
    file: Path, images: Path, names: list[str], part: Array, pose: Array, left_out: Counter[str]
) -> Iterator[ImageRecord]:
    for row, name in enumerate(names):
        if (match := _MMPOSE.fullmatch(name)) is None:
            what = f"'{name}' is not named as S1/S1_Walking_1.54138969/S1_Walking_1.54138969_000001.jpg"
            raise InputError(what, file, "mmpose's file is needed.")
        subject, sequence, view, frame = match.groups()
        record = _record(
            Path(name),
            image_size(images / name),
            (subject, sequence_name(sequence), view),
            int(frame) - 1,
            part[row],
            pose[row],
        )
        if record is None:
            left_out["the pelvis is outside the image"] += 1
        else:
            yield record
