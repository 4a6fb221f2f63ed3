"""Videos of the procedural human, with the ground truth of every frame."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.synthetic.procedural.animation import FPS
from datamodules.synthetic.procedural.clips import draw_cameras, generate_sequence
from datamodules.synthetic.rendered.renderer import RenderedScene
from datamodules.synthetic.rendered.scenes import make_scene, noise_generator
from lifting.cameras import Camera, project, world_to_camera
from lifting.errors import InputError, wrong_value


@dataclass(frozen=True)
class RenderedVideo:
    """A sequence of the procedural human seen by a camera, rendered while it is iterated over.

    Attributes:
        names: Subject, sequence and camera.
        seed: Seed of bodies, motions, cameras, clothes and backgrounds.
        camera: The camera.
        pose: Camera-frame joints ``(T, 17, 3)`` of ``h36m17``, millimetres.
        fps: Frames per second.
    """

    names: tuple[str, str, str]
    seed: int
    camera: Camera
    pose: NDArray[np.float64]
    fps: float

    @property
    def keypoints(self) -> NDArray[np.float64]:
        """Pixels of the joints ``(T, 17, 2)``."""
        points: NDArray[np.float64] = project(torch.from_numpy(self.pose), self.camera).numpy()
        return points

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames."""
        width, height = self.camera.size.tolist()
        return round(width), round(height)

    def scene(self, frame: int) -> RenderedScene:
        """Return the scene of a frame."""
        return make_scene(self.seed, self.names, frame, self.pose[frame], self.camera, 0.0)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """Render the frames ``(H, W, 3)``, RGB."""
        for frame in range(len(self.pose)):
            noise = noise_generator(self.seed, self.names, frame)
            yield self.scene(frame).render(np.eye(2, 3), *self.size, noise)


def render_video(
    seed: int, subject: str, sequence: str, view: str, frames: int, size: int = 1000, every: int = 1
) -> RenderedVideo:
    """Render every n-th pose of a sequence (50 per second), in square frames of one field of view.

    Raises:
        InputError: If a name is unknown, or a number not positive.
    """
    for option, value in {"frames": frames, "size": size, "every": every}.items():
        if value < 1:
            raise wrong_value(option, value, "give at least 1.")
    cameras = draw_cameras(seed, subject)
    if view not in cameras:
        raise InputError(f"There is no camera '{view}'", remedy=f"there are {', '.join(cameras)}.")
    world = generate_sequence(seed, subject, sequence, frames * every)[::every]
    camera = _scaled(cameras[view], size / float(cameras[view].size.max()))
    pose = world_to_camera(torch.from_numpy(world).double(), camera).numpy()
    return RenderedVideo((subject, sequence, view), seed, camera, pose, FPS / every)


def _scaled(camera: Camera, scale: float) -> Camera:
    return replace(
        camera,
        focal=scale * camera.focal,
        principal=scale * camera.principal,
        size=scale * camera.size,
    )
