"""The painter: a person, a room and a camera in, an image and what of the person is seen out."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from datamodules.synthetic.rendered.background import Floats, Occluder, Room, paint_backdrop
from datamodules.synthetic.rendered.body_solids import FLESH, flesh_out
from datamodules.synthetic.rendered.clothing import Looks
from datamodules.synthetic.rendered.solids import (
    Array,
    CapsuleOutlines,
    EllipsoidOutlines,
    Ellipsoids,
    View,
)
from lifting.cameras import Camera

_EYE, _MOUTH = np.array([0.12, 0.09, 0.08]), np.array([0.62, 0.25, 0.22])


class Scene:
    """One person in a room before a camera.

    Args:
        pose: Camera-frame joints ``(17, 3)`` of ``h36m17``, millimetres.
        camera: A single camera, float64.
        looks: How the person looks.
        room: The surroundings.
        occluder: What stands before the person, if anything.
    """

    def __init__(
        self, pose: Array, camera: Camera, looks: Looks, room: Room, occluder: Occluder | None
    ) -> None:
        self.pose, self.camera, self.looks, self.room = pose, camera, looks, room
        self.occluder = occluder
        self.capsules, ellipsoids = flesh_out(pose, looks.build)
        keep = [n for n, s in enumerate(ellipsoids.stuff) if s != "hair" or not looks.bald]
        stuff = tuple(ellipsoids.stuff[n] for n in keep)
        self.ellipsoids = Ellipsoids(ellipsoids.centres[keep], ellipsoids.axes[keep], stuff)

    def seen(self) -> NDArray[np.bool_]:
        """Return which joints nothing hides, by the depth of what is met first behind each."""
        view = View(self.camera, np.eye(2, 3))
        x, y = view.points(self.pose).T
        nearest = np.full(len(x), np.inf)
        capsules, ellipsoids = self._outlines(view)
        for number in range(len(self.capsules.stuff)):
            nearest = np.minimum(nearest, capsules.at(number, x, y)[0])
        for number in range(len(self.ellipsoids.stuff)):
            nearest = np.minimum(nearest, ellipsoids.at(number, x, y)[0])
        if self.occluder is not None:
            behind = self.occluder.within(x, y) < 1
            nearest = np.where(behind, np.minimum(nearest, self.occluder.depth), nearest)
        return nearest > self.pose[:, 2] - FLESH

    def _outlines(self, view: View) -> tuple[CapsuleOutlines, EllipsoidOutlines]:
        return CapsuleOutlines(self.capsules, view), EllipsoidOutlines(self.ellipsoids, view)

    def paint(
        self, affine: Array, width: int, height: int, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """Return a crop of the image, ``(height, width, 3)``.

        Args:
            affine: Image pixels to crop pixels ``(2, 3)``.
            width: Of the crop.
            height: Of the crop.
            rng: Source of the camera's noise.
        """
        view = View(self.camera, affine)
        room = self.room
        canvas = _Canvas(
            paint_backdrop(room, self.camera, view, self.pose, width, height), room.ambient
        )
        light = self.camera.rotation.numpy() @ room.light
        self._paint_body(canvas, view, light)
        if self.occluder is not None:
            self._paint_occluder(canvas, affine)
        blur = ImageFilter.BoxBlur(room.blur)
        image = Image.fromarray(np.clip(canvas.image, 0, 255).astype(np.uint8)).filter(blur)
        noise = rng.integers(-6, 7, (height, width, 1), dtype=np.int16)
        return np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)

    def _paint_body(self, canvas: "_Canvas", view: View, light: Array) -> None:
        capsules, ellipsoids = self._outlines(view)
        turned = view.turned(light)
        for number, stuff in enumerate(self.ellipsoids.stuff):
            if (patch := canvas.patch(ellipsoids.boxes[number])) is None:
                continue
            depth, place = ellipsoids.at(number, *patch)
            front = canvas.in_front(depth, patch)
            place = place[front]
            lit = ellipsoids.light(number, place, light)
            canvas.put(front, patch, depth, self._of_ellipsoid(stuff, place), lit)
        for number, stuff in enumerate(self.capsules.stuff):
            if (patch := canvas.patch(capsules.boxes[number])) is None:
                continue
            depth, along, dx, dy = capsules.at(number, *patch)
            front = canvas.in_front(depth, patch)
            lit = capsules.light(number, dx[front], dy[front], turned)
            canvas.put(front, patch, depth, self._patterned(stuff, 4 * along[front]), lit)

    def _patterned(self, stuff: str, along: Array) -> Array:
        colours, pattern = self.looks.colours[stuff], self.looks.patterns[stuff]
        if pattern == "plain":
            return np.broadcast_to(colours[0], (len(along), 3))
        wide = 1.0 if pattern == "bands" else 0.4
        return colours[(along / wide).astype(int) % 2]

    def _of_ellipsoid(self, stuff: str, place: Array) -> Array:
        left, front, up = place.T
        colour = self._patterned(stuff, 3 * (up + 1)).copy()
        if stuff == "head":
            eyes = (np.abs(np.abs(left) - 0.38) < 0.13) & (np.abs(up - 0.12) < 0.08) & (front > 0)
            colour[eyes] = _EYE
            colour[(np.abs(left) < 0.32) & (np.abs(up + 0.5) < 0.05) & (front > 0)] = _MOUTH
            if not self.looks.bald:
                colour[(up > 0.55) | (front < -0.1)] = self.looks.colours["hair"][0]
        elif stuff == "shirt":
            other = self.looks.colours["shirt"][1]
            colour[(np.abs(left) < 0.06) & (front > 0)] = 0.4 * other
            colour[((left - 0.4) ** 2 + (up - 0.25) ** 2 < 0.05) & (front > 0)] = 0.95
            colour[(np.abs(left) < 0.45) & (np.abs(up - 0.1) < 0.3) & (front < 0)] = 1 - other
        return colour

    def _paint_occluder(self, canvas: "_Canvas", affine: Array) -> None:
        assert self.occluder is not None
        occluder = self.occluder
        centre = affine[:, :2] @ occluder.centre + affine[:, 2]
        axes = affine[:, :2] @ occluder.axes
        half = np.abs(axes).sum(-1)
        if (patch := canvas.patch(np.concatenate([centre - half, centre + half]))) is None:
            return
        linear = np.linalg.inv(affine[:, :2])
        x, y = (np.stack(np.broadcast_arrays(*patch), -1) - affine[:, 2]).transpose(2, 0, 1)
        out = occluder.within(
            linear[0, 0] * x + linear[0, 1] * y, linear[1, 0] * x + linear[1, 1] * y
        )
        depth = np.where(out < 1, occluder.depth, np.inf)
        front = canvas.in_front(depth, patch)
        share = out[front][:, None]
        colour = (1 - share) * occluder.colours[0] + share * occluder.colours[1]
        canvas.put(front, patch, depth, colour, np.full(len(colour), 0.5))


class _Canvas:
    """An image and how deep each of its pixels lies."""

    def __init__(self, backdrop: Floats, ambient: float) -> None:
        self.image = backdrop
        self.ambient = ambient
        self.depth = np.full(backdrop.shape[:2], np.inf)

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
        """Return where a solid is nearer than what is painted already."""
        return depth < self.depth[self._part(patch)]

    def put(
        self,
        front: NDArray[np.bool_],
        patch: tuple[Array, Array],
        depth: Array,
        colour: Array,
        lit: Array,
    ) -> None:
        """Paint where a solid is in front."""
        part = self._part(patch)
        self.depth[part][front] = depth[front]
        shade = self.ambient + (1 - self.ambient) * np.maximum(lit, 0)
        self.image[part][front] = 255 * colour * shade[:, None]
