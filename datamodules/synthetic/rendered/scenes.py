"""Every image of the procedural human as a function of its names: who, what, camera and frame."""

import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.crops.pixels import Bytes
from datamodules.crops.records import HIDDEN, SEEN, ImageRecord, ImageRecords
from datamodules.synthetic.procedural.body import SKELETON
from datamodules.synthetic.procedural.clips import SEQUENCES, draw_cameras, generate_sequence
from datamodules.synthetic.rendered.background import Room, draw_occluder, draw_room
from datamodules.synthetic.rendered.clothing import Looks, draw_looks
from datamodules.synthetic.rendered.renderer import Scene
from lifting.cameras import Camera, project, world_to_camera

# Frames of a sequence between two images: its 50 Hz hold little that is new (L2D-Pose, ACCV 2024).
STRIDE = 40
# How much larger than the joints the box is, on each side.
_MARGIN = 0.075


def _rng(seed: int, *names: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32("/".join(names).encode())])


@lru_cache(maxsize=64)
def _looks(seed: int, names: tuple[str, ...], alike: bool) -> Looks:
    return draw_looks(_rng(seed, *names, "looks"), alike)


@lru_cache(maxsize=1024)
def _room(seed: int, subject: str, sequence: str, view: str) -> Room:
    return draw_room(_rng(seed, subject, sequence, view, "room"))


def set_scene(
    seed: int,
    names: tuple[str, str, str],
    frame: int,
    pose: NDArray[np.float64],
    camera: Camera,
    occluded: float,
    alike: bool = False,
) -> Scene:
    """Return the scene of an image.

    Args:
        seed: Seed of the whole dataset.
        names: Subject, sequence and camera.
        frame: Number of the frame.
        pose: Camera-frame joints ``(17, 3)``, millimetres.
        camera: The camera, float64.
        occluded: Share of images with something before the person.
        alike: Whether everybody is dressed alike left and right, in every image anew; else a subject
            wears the same everywhere.
    """
    keypoints = project(torch.from_numpy(pose), camera).numpy()
    occluder = draw_occluder(
        _rng(seed, *names, str(frame), "occluder"), keypoints, float(pose[:, 2].min()), occluded
    )
    looks = _looks(seed, (*names, str(frame)) if alike else names[:1], alike)
    return Scene(pose, camera, looks, _room(seed, *names), occluder)


def draw_noise(seed: int, names: tuple[str, str, str], frame: int) -> np.random.Generator:
    """Return the source of the noise of a camera in an image.

    Args:
        seed: Seed of the whole dataset.
        names: Subject, sequence and camera.
        frame: Number of the frame.
    """
    return _rng(seed, *names, str(frame), "noise")


def generate_records(
    seed: int, subjects: Sequence[str], images: int, occluded: float, alike: bool = False
) -> Iterator[ImageRecord]:
    """Yield the records of all images of subjects: their actions, before four cameras.

    Args:
        seed: Seed of the whole dataset.
        subjects: Who.
        images: Images of each sequence and camera.
        occluded: Share of images with something before the person.
        alike: See :func:`set_scene`.
    """
    for subject in subjects:
        cameras = draw_cameras(seed, subject)
        for sequence in SEQUENCES:
            world = generate_sequence(seed, subject, sequence, STRIDE * images)[
                STRIDE // 2 :: STRIDE
            ]
            for view, camera in cameras.items():
                pose = world_to_camera(torch.from_numpy(world).double(), camera)
                # What is stored, in single precision, is what is drawn.
                pose = pose.float().double()
                points = project(pose, camera).numpy()
                for number in range(images):
                    frame = STRIDE // 2 + STRIDE * number
                    one = pose[number].numpy()
                    names = subject, sequence, view
                    scene = set_scene(seed, names, frame, one, camera, occluded, alike)
                    low, high = points[number].min(0), points[number].max(0)
                    more = _MARGIN * (high - low)
                    size = camera.size.numpy()
                    inside = ((points[number] >= 0) & (points[number] <= size)).all(-1)
                    yield ImageRecord(
                        path=f"{subject}/{sequence}/{view}/{frame:06}",
                        size=(int(size[0]), int(size[1])),
                        keypoints=points[number],
                        visibility=np.where(inside, np.where(scene.seen(), SEEN, HIDDEN), 0),
                        box=np.concatenate([low - more, high + more]),
                        subject=subject,
                        action=sequence.split(" ")[0],
                        sequence=sequence,
                        view=view,
                        frame=frame,
                        camera=camera,
                        pose=one,
                    )


class RenderedPixels:
    """Pixels of images that are painted when they are asked for, each crop as sharp as any other.

    Args:
        records: Records of :func:`generate_records`.
        seed: Seed they were generated with.
        occluded: Share of images with something before the person, likewise.
        alike: Whether people are dressed alike left and right, likewise.
    """

    def __init__(
        self, records: ImageRecords, seed: int, occluded: float, alike: bool = False
    ) -> None:
        self.records = records
        self.seed = seed
        self.occluded = occluded
        self.alike = alike
        self._poses = records.columns["pose"].double().numpy()
        assert records.info.skeleton == SKELETON.name

    def crop(self, row: int, affine: NDArray[np.float32], size: tuple[int, int]) -> Bytes | None:
        """Paint a crop ``(height, width, 3)``.

        In a mirrored crop the clothes are exchanged too: what looks like a left arm is dressed as one.
        """
        records = self.records
        frame = int(records.columns["frame"][row])
        names = tuple(records.name(column, row) for column in ("subject", "sequence", "view"))
        camera = records.cameras[int(records.columns["camera"][row])]
        scene = set_scene(
            self.seed,
            (names[0], names[1], names[2]),
            frame,
            self._poses[row],
            camera,
            self.occluded,
            self.alike,
        )
        if affine[0, 0] * affine[1, 1] < affine[0, 1] * affine[1, 0]:
            scene.looks = scene.looks.mirrored()
        noise = draw_noise(self.seed, (names[0], names[1], names[2]), frame)
        return scene.paint(affine.astype(np.float64), *size, noise)
