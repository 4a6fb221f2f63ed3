"""Scenes of the procedural human, each a function of seed, subject, sequence, camera and frame."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.crops.pixels import Bytes
from datamodules.crops.records import HIDDEN, SEEN, ImageRecord, ImageRecords
from datamodules.examples.seeded_random import generator
from datamodules.synthetic.procedural.body import SKELETON
from datamodules.synthetic.procedural.clips import SEQUENCES, draw_cameras, generate_sequence
from datamodules.synthetic.rendered.background import Background, draw_background, draw_occluder
from datamodules.synthetic.rendered.clothing import Appearance, draw_appearance
from datamodules.synthetic.rendered.renderer import RenderedScene
from lifting.cameras import Camera, project, world_to_camera

# Frames of a sequence between two images, as neighbouring frames at 50 Hz hardly differ (L2D-Pose).
STRIDE = 40
# Margin of the box around the joints on each side, as a fraction of its size.
_MARGIN = 0.075


@lru_cache(maxsize=64)
def _appearance(seed: int, names: tuple[str, ...], alike: bool) -> Appearance:
    return draw_appearance(generator(seed, *names, "looks"), alike)


@lru_cache(maxsize=1024)
def _background(seed: int, subject: str, sequence: str, view: str) -> Background:
    return draw_background(generator(seed, subject, sequence, view, "room"))


def make_scene(
    seed: int,
    names: tuple[str, str, str],
    frame: int,
    pose: NDArray[np.float64],
    camera: Camera,
    occluded: float,
    alike: bool = False,
) -> RenderedScene:
    """Return the scene of an image: that of a subject, sequence and camera.

    People that are ``alike`` left and right have new clothes in every image; else a subject wears the
    same in all of them.
    """
    keypoints = project(torch.from_numpy(pose), camera).numpy()
    occluder = draw_occluder(
        generator(seed, *names, str(frame), "occluder"),
        keypoints,
        float(pose[:, 2].min()),
        occluded,
    )
    appearance = _appearance(seed, (*names, str(frame)) if alike else names[:1], alike)
    return RenderedScene(pose, camera, appearance, _background(seed, *names), occluder)


def noise_generator(seed: int, names: tuple[str, str, str], frame: int) -> np.random.Generator:
    """Return the random number generator of the sensor noise of an image."""
    return generator(seed, *names, str(frame), "noise")


def generate_records(
    seed: int, subjects: Sequence[str], images: int, occluded: float, alike: bool = False
) -> Iterator[ImageRecord]:
    """Yield the records of all images of subjects: their actions, before four cameras."""
    for subject in subjects:
        cameras = draw_cameras(seed, subject)
        for sequence in SEQUENCES:
            world = generate_sequence(seed, subject, sequence, STRIDE * images)[
                STRIDE // 2 :: STRIDE
            ]
            for view, camera in cameras.items():
                pose = world_to_camera(torch.from_numpy(world).double(), camera)
                # Rendered is what is stored, which is in single precision.
                pose = pose.float().double()
                points = project(pose, camera).numpy()
                for number in range(images):
                    frame = STRIDE // 2 + STRIDE * number
                    single_pose = pose[number].numpy()
                    names = subject, sequence, view
                    scene = make_scene(seed, names, frame, single_pose, camera, occluded, alike)
                    low, high = points[number].min(0), points[number].max(0)
                    margin = _MARGIN * (high - low)
                    size = camera.size.numpy()
                    inside = ((points[number] >= 0) & (points[number] <= size)).all(-1)
                    yield ImageRecord(
                        path=f"{subject}/{sequence}/{view}/{frame:06}",
                        size=(int(size[0]), int(size[1])),
                        keypoints=points[number],
                        visibility=np.where(
                            inside, np.where(scene.visible_joints(), SEEN, HIDDEN), 0
                        ),
                        box=np.concatenate([low - margin, high + margin]),
                        subject=subject,
                        action=sequence.split(" ")[0],
                        sequence=sequence,
                        view=view,
                        frame=frame,
                        camera=camera,
                        pose=single_pose,
                    )


class RenderedPixels:
    """Pixels of images of :func:`generate_records`, rendered on demand, each crop at its resolution."""

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
        """Render a crop ``(height, width, 3)``.

        In a mirrored crop the clothes are exchanged too: what looks like a left arm is dressed as one.
        """
        records = self.records
        frame = int(records.columns["frame"][row])
        subject, sequence, view = (records.name(n, row) for n in ("subject", "sequence", "view"))
        names = subject, sequence, view
        camera = records.cameras[int(records.columns["camera"][row])]
        scene = make_scene(
            self.seed, names, frame, self._poses[row], camera, self.occluded, self.alike
        )
        if affine[0, 0] * affine[1, 1] < affine[0, 1] * affine[1, 0]:
            scene.appearance = scene.appearance.mirrored()
        noise = noise_generator(self.seed, names, frame)
        return scene.render(affine.astype(np.float64), *size, noise)
