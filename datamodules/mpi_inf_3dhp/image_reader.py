"""Reader of MPI-INF-3DHP's images, by the rows of mmpose's ``.npz`` files."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from datamodules.crops.image_source import ImageSource, bounding_box, inside_image
from datamodules.crops.pixels import image_size
from datamodules.crops.records import ImageRecord, IndexInfo
from datamodules.mpi_inf_3dhp.cameras import CAMERA_SETS, TEST_SUBJECTS
from datamodules.mpi_inf_3dhp.convert import LICENCE, ORIGIN
from datamodules.mpi_inf_3dhp.mmpose import read_rows
from datamodules.mpi_inf_3dhp.raw import RawClip
from datamodules.safe_load import existing_folder, sha256

_MARGIN = 0.1


def read_mpi(file: Path, images: Path) -> ImageSource:
    """Read ``*3dhp*.npz``, with ``cameras_*.pkl`` beside it; images are ``S1_Seq1_Cam0_000001.jpg``.

    Raises:
        InputError: If a file is missing or not as mmpose writes it.
    """
    left_out: Counter[str] = Counter()
    info = IndexInfo("h36m17", ORIGIN, LICENCE, {file.name: sha256(file)})
    clips = read_rows(file, CAMERA_SETS["all"])
    return ImageSource(info, existing_folder(images), _records(images, clips, left_out), left_out)


def _records(
    images: Path, clips: Iterator[RawClip], left_out: Counter[str]
) -> Iterator[ImageRecord]:
    for clip in clips:
        key = clip.key
        name = key.subject
        if key.subject not in TEST_SUBJECTS:
            name = f"{key.subject}_{key.sequence}_{key.camera.replace('cam', 'Cam')}"
        for number, frame in enumerate(clip.frames.tolist()):
            # Images count from 1.
            path = f"{name}_{frame + 1:06}.jpg"
            size, points = image_size(images / path), clip.keypoints[number]
            inside = inside_image(points, size)
            if not inside.any():
                left_out["outside the image"] += 1
                continue
            yield ImageRecord(
                path=path,
                size=size,
                keypoints=points,
                visibility=np.where(inside, 2, 0),
                box=bounding_box(points, inside, _MARGIN, size),
                subject=key.subject,
                action=key.action,
                sequence=key.sequence,
                view=key.camera,
                frame=frame,
                camera=clip.camera,
                pose=clip.pose[number],
            )
