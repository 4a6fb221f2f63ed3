"""Renderer of one person before a background: the image, and which joints are visible in it."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from datamodules.synthetic.rendered.background import (
    Background,
    Floats,
    Occluder,
    render_background,
)
from datamodules.synthetic.rendered.body_solids import FLESH, body_solids
from datamodules.synthetic.rendered.clothing import Appearance
from datamodules.synthetic.rendered.solids import (
    Array,
    CapsuleOutlines,
    EllipsoidOutlines,
    Ellipsoids,
    View,
)
from lifting.cameras import Camera

_EYE, _MOUTH = np.array([0.12, 0.09, 0.08]), np.array([0.62, 0.25, 0.22])


class RenderedScene:
    """One person, by camera-frame joints ``(17, 3)`` in mm, before a background, seen by a camera."""

    def __init__(
        self,
        pose: Array,
        camera: Camera,
        appearance: Appearance,
        background: Background,
        occluder: Occluder | None,
    ) -> None:
        self.pose, self.camera, self.appearance, self.background = (
            pose,
            camera,
            appearance,
            background,
        )
        self.occluder = occluder
        self.capsules, ellipsoids = body_solids(pose, appearance.build)
        keep = [n for n, s in enumerate(ellipsoids.materials) if s != "hair" or not appearance.bald]
        materials = tuple(ellipsoids.materials[n] for n in keep)
        self.ellipsoids = Ellipsoids(ellipsoids.centres[keep], ellipsoids.axes[keep], materials)

    def visible_joints(self) -> NDArray[np.bool_]:
        """Return which joints are visible, by the depth of the first solid on the ray to each."""
        view = View(self.camera, np.eye(2, 3))
        x, y = view.points(self.pose).T
        nearest = np.full(len(x), np.inf)
        capsules, ellipsoids = self._outlines(view)
        for number in range(len(self.capsules.materials)):
            nearest = np.minimum(nearest, capsules.at(number, x, y)[0])
        for number in range(len(self.ellipsoids.materials)):
            nearest = np.minimum(nearest, ellipsoids.at(number, x, y)[0])
        if self.occluder is not None:
            behind = self.occluder.distance(x, y) < 1
            nearest = np.where(behind, np.minimum(nearest, self.occluder.depth), nearest)
        return nearest > self.pose[:, 2] - FLESH

    def _outlines(self, view: View) -> tuple[CapsuleOutlines, EllipsoidOutlines]:
        return CapsuleOutlines(self.capsules, view), EllipsoidOutlines(self.ellipsoids, view)

    def render(
        self, affine: Array, width: int, height: int, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """Return a crop ``(height, width, 3)``, by the map ``(2, 3)`` from image to crop pixels."""
        view = View(self.camera, affine)
        background = self.background
        canvas = _Canvas(
            render_background(background, self.camera, view, self.pose, width, height),
            background.ambient,
        )
        light = self.camera.rotation.numpy() @ background.light
        self._render_body(canvas, view, light)
        if self.occluder is not None:
            self._render_occluder(canvas, affine)
        blur = ImageFilter.BoxBlur(background.blur)
        image = Image.fromarray(np.clip(canvas.image, 0, 255).astype(np.uint8)).filter(blur)
        noise = rng.integers(-6, 7, (height, width, 1), dtype=np.int16)
        return np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)

    def _render_body(self, canvas: "_Canvas", view: View, light: Array) -> None:
        capsules, ellipsoids = self._outlines(view)
        turned = view.turned(light)
        for number, material in enumerate(self.ellipsoids.materials):
            if (patch := canvas.patch(ellipsoids.boxes[number])) is None:
                continue
            depth, position = ellipsoids.at(number, *patch)
            front = canvas.in_front(depth, patch)
            position = position[front]
            lit = ellipsoids.light(number, position, light)
            canvas.put(front, patch, depth, self._ellipsoid_colours(material, position), lit)
        for number, material in enumerate(self.capsules.materials):
            if (patch := canvas.patch(capsules.boxes[number])) is None:
                continue
            depth, along, dx, dy = capsules.at(number, *patch)
            front = canvas.in_front(depth, patch)
            lit = capsules.light(number, dx[front], dy[front], turned)
            canvas.put(front, patch, depth, self._pattern_colours(material, 4 * along[front]), lit)

    def _pattern_colours(self, material: str, along: Array) -> Array:
        colours, pattern = self.appearance.colours[material], self.appearance.patterns[material]
        if pattern == "plain":
            return np.broadcast_to(colours[0], (len(along), 3))
        wide = 1.0 if pattern == "bands" else 0.4
        return colours[(along / wide).astype(int) % 2]

    def _ellipsoid_colours(self, material: str, position: Array) -> Array:
        left, front, up = position.T
        colour = self._pattern_colours(material, 3 * (up + 1)).copy()
        if material == "head":
            eyes = (np.abs(np.abs(left) - 0.38) < 0.13) & (np.abs(up - 0.12) < 0.08) & (front > 0)
            colour[eyes] = _EYE
            colour[(np.abs(left) < 0.32) & (np.abs(up + 0.5) < 0.05) & (front > 0)] = _MOUTH
            if not self.appearance.bald:
                colour[(up > 0.55) | (front < -0.1)] = self.appearance.colours["hair"][0]
        elif material == "shirt":
            other = self.appearance.colours["shirt"][1]
            colour[(np.abs(left) < 0.06) & (front > 0)] = 0.4 * other
            colour[((left - 0.4) ** 2 + (up - 0.25) ** 2 < 0.05) & (front > 0)] = 0.95
            colour[(np.abs(left) < 0.45) & (np.abs(up - 0.1) < 0.3) & (front < 0)] = 1 - other
        return colour

    def _render_occluder(self, canvas: "_Canvas", affine: Array) -> None:
        assert self.occluder is not None
        occluder = self.occluder
        centre = affine[:, :2] @ occluder.centre + affine[:, 2]
        axes = affine[:, :2] @ occluder.axes
        half = np.abs(axes).sum(-1)
        if (patch := canvas.patch(np.concatenate([centre - half, centre + half]))) is None:
            return
        linear = np.linalg.inv(affine[:, :2])
        x, y = (np.stack(np.broadcast_arrays(*patch), -1) - affine[:, 2]).transpose(2, 0, 1)
        distance = occluder.distance(
            linear[0, 0] * x + linear[0, 1] * y, linear[1, 0] * x + linear[1, 1] * y
        )
        depth = np.where(distance < 1, occluder.depth, np.inf)
        front = canvas.in_front(depth, patch)
        edge = distance[front][:, None]
        colour = (1 - edge) * occluder.colours[0] + edge * occluder.colours[1]
        canvas.put(front, patch, depth, colour, np.full(len(colour), 0.5))


class _Canvas:
    """An image with a depth buffer."""

    def __init__(self, background: Floats, ambient: float) -> None:
        self.image = background
        self.ambient = ambient
        self.depth = np.full(background.shape[:2], np.inf)

    def patch(self, box: Array) -> tuple[Array, Array] | None:
        """Return x as a row and y as a column of the centres of the pixels within a box."""
        height, width, _ = self.image.shape
        left, top = max(int(box[0]), 0), max(int(box[1]), 0)
        right, bottom = min(int(box[2]) + 1, width), min(int(box[3]) + 1, height)
        if left >= right or top >= bottom:
            return None
        return np.arange(left, right)[None] + 0.5, np.arange(top, bottom)[:, None] + 0.5

    def _part(self, patch: tuple[Array, Array]) -> tuple[slice, slice]:
        x, y = patch
        left, top = int(x[0, 0]), int(y[0, 0])
        return slice(top, top + len(y)), slice(left, left + x.shape[1])

    def in_front(self, depth: Array, patch: tuple[Array, Array]) -> NDArray[np.bool_]:
        """Return where a solid is nearer than what is drawn already."""
        return depth < self.depth[self._part(patch)]

    def put(
        self,
        front: NDArray[np.bool_],
        patch: tuple[Array, Array],
        depth: Array,
        colour: Array,
        lit: Array,
    ) -> None:
        """Draw a solid where it is in front."""
        part = self._part(patch)
        self.depth[part][front] = depth[front]
        shade = self.ambient + (1 - self.ambient) * np.maximum(lit, 0)
        self.image[part][front] = 255 * colour * shade[:, None]
