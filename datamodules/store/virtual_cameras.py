"""Virtual cameras around motion capture: focal lengths of Human3.6M, without lens distortion."""

import math

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.examples.seeded_random import generator
from lifting.cameras import Camera, calibrated_camera, project, world_to_camera

Array = NDArray[np.float64]

# Millimetres and pixels.
DISTANCE = (4000.0, 6000.0)
HEIGHT = (1200.0, 1800.0)
FOCAL = (1143.0, 1149.0)
SIZE = 1000.0

# No joint comes closer to the edge of the image, or to the camera.
_MARGIN = 20.0
_NEAREST = 1000.0

# Factor of the distance at each step back.
_STEP = 1.01
_FARTHEST = 20_000.0


def look_at(position: Array, aim: Array, roll: float) -> Array:
    """Return the rotation from world, z up, to a camera that looks at a point, rolled by radians."""
    forward = (aim - position) / np.linalg.norm(aim - position)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    return np.stack(
        [
            math.cos(roll) * right + math.sin(roll) * down,
            math.cos(roll) * down - math.sin(roll) * right,
            forward,
        ]
    )


def draw_rig(seed: int, name: str, world: Array, views: int) -> list[Camera]:
    """Return cameras around a recording that keep every joint of it in view.

    They stand 4 to 6 m from the middle of where the person goes, 1.2 to 1.8 m high, look there, and are
    spread around it, the first at any bearing. One that does not see every joint of every frame moves
    straight back until it does.

    Args:
        seed: Seed of all rigs.
        name: Name of the recording, which has a rig of its own whatever other recordings there are.
        world: Poses ``(T, J, 3)``, z up, millimetres, the floor at 0.
        views: Number of cameras.

    Raises:
        ValueError: If a camera had to stand 20 m away.
    """
    low, high = world.min((0, 1)), world.max((0, 1))
    rng = generator(seed, name)
    first = rng.uniform(0, 2 * math.pi)
    step = 2 * math.pi / views
    return [
        _draw_camera(rng, first + step * (k + rng.uniform(-0.15, 0.15)), (low + high) / 2, world)
        for k in range(views)
    ]


def _draw_camera(rng: np.random.Generator, bearing: float, middle: Array, world: Array) -> Camera:
    distance, height = rng.uniform(*DISTANCE), rng.uniform(*HEIGHT)
    focal, principal = rng.uniform(*FOCAL, 2), rng.normal(SIZE / 2, 4, 2)
    roll = rng.normal(0, 0.01)
    points = torch.from_numpy(world.reshape(1, -1, 3))
    while distance < _FARTHEST:
        position = middle + distance * np.array([math.cos(bearing), math.sin(bearing), 0.0])
        position[2] = height
        rotation = look_at(position, middle, roll)
        camera = calibrated_camera(focal, principal, (SIZE, SIZE), rotation, position)
        if _sees(camera, points):
            return camera
        distance *= _STEP
    raise ValueError(f"a camera {_FARTHEST / 1000:g} m away does not see all of it")


def _sees(camera: Camera, points: torch.Tensor) -> bool:
    in_view = world_to_camera(points[0], camera)
    if not bool((in_view[:, 2] > _NEAREST).all()):
        return False
    pixels = project(in_view, camera)
    return bool(((pixels > _MARGIN) & (pixels < SIZE - _MARGIN)).all())
