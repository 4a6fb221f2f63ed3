"""Backgrounds of rendered people: wall, floor, light and decorations; and occluders before them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from datamodules.synthetic.rendered.solids import Array, View
from lifting.cameras import Camera

Floats = NDArray[np.float32]

_TILE = 64
_COARSER = 4


@dataclass(frozen=True)
class Occluder:
    """A flat object before the person: a superellipse in the image.

    Attributes:
        centre: Image pixels.
        axes: Half axes as columns ``(2, 2)``, image pixels.
        power: 2 is an ellipse, 12 about a rectangle.
        depth: Millimetres.
        colours: At its centre and at its edge ``(2, 3)``, 0 to 1.
    """

    centre: Array
    axes: Array
    power: int
    depth: float
    colours: Array

    def distance(self, x: Array, y: Array) -> Array:
        """Return the distance of image points from its centre, 1 at its edge: below 1 it covers them."""
        offset = np.stack([x - self.centre[0], y - self.centre[1]], -1)
        return np.power(np.abs(offset @ np.linalg.inv(self.axes).T), self.power).sum(-1)


@dataclass(frozen=True)
class Background:
    """The surroundings of the person in a recording.

    Attributes:
        wall: Colour of the wall, 0 to 1.
        floor: Colour of the floor.
        grain: Noise on both ``(64, 64, 3)``, bytes, spread over the image.
        decorations: Kind, outline ``(P, 2)`` as fractions of the image, and colour of what hangs on
            the wall.
        light: Direction to the light in the world, a unit vector.
        ambient: Fraction of the light that is ambient.
        blur: Radius of the camera's blur, crop pixels.
    """

    wall: Array
    floor: Array
    grain: NDArray[np.uint8]
    decorations: tuple[tuple[str, Array, tuple[int, int, int]], ...]
    light: Array
    ambient: float
    blur: float


def draw_background(rng: np.random.Generator) -> Background:
    """Draw a random background."""
    wall, floor = _surface(rng), _surface(rng)
    coarse = rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)
    fine = rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    tiles = [
        np.asarray(Image.fromarray(noise).resize((_TILE, _TILE), Image.Resampling.BICUBIC))
        for noise in (coarse, fine)
    ]
    coarseness = rng.uniform(0.4, 0.9)
    noise = coarseness * tiles[0] + (1 - coarseness) * tiles[1]
    tint = rng.uniform(0.1, 0.7)
    grain = (tint * noise + (1 - tint) * noise.mean(-1, keepdims=True)).astype(np.uint8)
    decorations = tuple(_draw_decoration(rng) for _ in range(rng.integers(2, 9)))
    light = np.array([*rng.normal(0, 0.6, 2), 1.0])
    return Background(
        wall,
        floor,
        grain,
        decorations,
        light / np.linalg.norm(light),
        rng.uniform(0.35, 0.6),
        rng.uniform(0.3, 0.9),
    )


def _surface(rng: np.random.Generator) -> Array:
    """Draw a colour as walls and floors have them: greyer than clothes."""
    return np.clip(rng.uniform(0.2, 0.9) * (1 + rng.normal(0, 0.15, 3)), 0.05, 1)


def _draw_decoration(rng: np.random.Generator) -> tuple[str, Array, tuple[int, int, int]]:
    kind = str(rng.choice(["box", "polygon", "disc", "line"]))
    middle, half = rng.uniform([0, 0.05], [1, 0.75]), rng.uniform(0.02, 0.16, 2)
    if kind == "box":
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    elif kind == "polygon":
        angles = np.sort(rng.uniform(0, 2 * np.pi, 6))
        corners = np.stack([np.cos(angles), np.sin(angles)], -1)
    elif kind == "disc":
        angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
        corners = np.stack([np.cos(angles), np.sin(angles)], -1)
    else:
        corners = rng.normal(0, 3, (2, 2))
    red, green, blue = rng.integers(20, 236, 3).tolist()
    return kind, middle + half * corners, (red, green, blue)


def draw_occluder(
    rng: np.random.Generator, keypoints: Array, depth: float, probability: float
) -> Occluder | None:
    """Draw an occluder of a part of a person with a nearest joint at ``depth`` (mm), or none."""
    if rng.random() >= probability:
        return None
    height = float(np.ptp(keypoints, axis=0).max())
    centre = keypoints[rng.integers(len(keypoints))] + rng.normal(0, 0.08, 2) * height
    half = rng.uniform([0.06, 0.08], [0.2, 0.3]) * height
    angle = rng.normal(0, 0.35)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    colour = rng.uniform(0.1, 0.9, 3)
    colours = np.clip(np.stack([colour, colour * rng.uniform(0.5, 1.4)]), 0, 1)
    power = int(rng.choice([2, 4, 12]))
    return Occluder(centre, turn * half, power, depth * rng.uniform(0.5, 0.85), colours)


def render_background(
    background: Background, camera: Camera, view: View, pose: Array, width: int, height: int
) -> Floats:
    """Return wall, floor, decorations and the shadow: ``(height, width, 3)``, 0 to 255."""
    size = camera.size.numpy()
    image = Image.new("RGB", (width, height), _bytes(background.wall))
    draw = ImageDraw.Draw(image)

    def outline(points: Array) -> list[tuple[float, float]]:
        moved = points @ view.affine[:, :2].T + view.affine[:, 2]
        return [(x, y) for x, y in moved.tolist()]

    for kind, fractions, colour in background.decorations:
        if kind == "line":
            draw.line(outline(fractions * size), fill=colour, width=2)
        else:
            draw.polygon(outline(fractions * size), fill=colour)
    up = camera.rotation.numpy()[:, 2]
    foot = pose[np.argmin(pose @ up)] - 60 * up
    ahead = np.array([0.0, 0.0, 1.0]) - up[2] * up
    ahead /= np.linalg.norm(ahead)
    aside = np.cross(ahead, up)
    far, reach = foot + 2200 * ahead, 3 * size.max()
    edge = view.camera.focal.mean().item() * far[1] / far[2] + camera.principal[1].item()
    floor = np.array([[-reach, edge], [reach, edge], [reach, reach], [-reach, reach]])
    draw.polygon(outline(floor), fill=_bytes(background.floor))
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)[:, None]
    ring = (
        pose[0]
        - (pose[0] - foot) @ up * up
        + 330 * (np.cos(angles) * ahead + np.sin(angles) * aside)
    )
    shadow = [tuple(p) for p in view.points(ring).tolist()]
    draw.polygon(shadow, fill=_bytes(0.55 * background.floor))
    grain = _spread(background.grain, view.affine, size, width, height)
    return np.asarray(image, np.float32) * (0.7 + 0.6 / 255 * grain)


def _bytes(colour: Array) -> tuple[int, int, int]:
    red, green, blue = np.clip(255 * colour, 0, 255).astype(int).tolist()
    return red, green, blue


def _spread(tile: NDArray[np.uint8], affine: Array, size: Array, width: int, height: int) -> Floats:
    """Return the crop of a tile that is stretched over the image."""
    linear = np.linalg.inv(affine[:, :2])
    back = np.concatenate([linear, -linear @ affine[:, 2:]], 1) * (_TILE / size[:, None])
    # At a quarter of the crop's size: the tile holds nothing finer, and this is four times as fast.
    back[:, :2] *= _COARSER
    small = (-(-width // _COARSER), -(-height // _COARSER))
    patch = Image.fromarray(tile).transform(
        small, Image.Transform.AFFINE, back.ravel().tolist(), resample=Image.Resampling.BILINEAR
    )
    large = (small[0] * _COARSER, small[1] * _COARSER)
    grain = np.asarray(patch.resize(large, Image.Resampling.BILINEAR), np.float32)
    return grain[:height, :width]
