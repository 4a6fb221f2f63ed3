"""Solids of which a body is made, and their depth behind points of an image.

A solid is a tapered capsule or an ellipsoid. It is small compared with its distance, so
it is projected orthographically along the ray to its centre: the position is exact, the outline to a
hundredth of its size.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lifting.cameras import Camera, project

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Capsules:
    """Tapered capsules: the hulls of two spheres each.

    Attributes:
        ends: Centres of the spheres ``(N, 2, 3)``, camera frame, millimetres.
        radii: Their radii ``(N, 2)``.
        materials: What each is made of.
    """

    ends: Array
    radii: Array
    materials: tuple[str, ...]


@dataclass(frozen=True)
class Ellipsoids:
    """Ellipsoids.

    Attributes:
        centres: ``(N, 3)``, camera frame, millimetres.
        axes: Half axes as columns ``(N, 3, 3)``: to the left, to the front and up.
        materials: What each is made of.
    """

    centres: Array
    axes: Array
    materials: tuple[str, ...]


class View:
    """A camera and a crop of its image, by the map ``(2, 3)`` from image to crop pixels."""

    def __init__(self, camera: Camera, affine: Array) -> None:
        self.camera = camera
        self.affine = affine
        self.focal = float(camera.focal.mean())
        self.magnification = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))

    def points(self, xyz: Array) -> Array:
        """Return crop pixels of points ``(N, 3)`` in the camera frame."""
        pixels = project(torch.from_numpy(np.ascontiguousarray(xyz)), self.camera).numpy()
        return pixels @ self.affine[:, :2].T + self.affine[:, 2]

    def derivative(self, xyz: Array) -> Array:
        """Return the Jacobian ``(N, 3, 3)`` of crop x, crop y and depth at points, undistorted."""
        x, y, z = xyz.T
        screen = np.zeros((len(xyz), 2, 3))
        screen[:, 0, 0] = screen[:, 1, 1] = self.focal / z
        screen[:, 0, 2], screen[:, 1, 2] = -self.focal * x / z**2, -self.focal * y / z**2
        depth = np.broadcast_to([[[0.0, 0.0, 1.0]]], (len(xyz), 1, 3))
        return np.concatenate([self.affine[:, :2] @ screen, depth], 1)

    def turned(self, direction: Array) -> Array:
        """Return a direction of the camera frame in the frame of the crop."""
        linear = self.affine[:, :2] / self.magnification
        return np.concatenate([linear @ direction[:2], direction[2:]])


class CapsuleOutlines:
    """Capsules as seen in a view."""

    def __init__(self, solids: Capsules, view: View) -> None:
        ends = solids.ends.reshape(-1, 3)
        depth = ends[:, 2].reshape(-1, 2)
        pixels = view.points(ends).reshape(-1, 2, 2)
        self.start, self.along = pixels[:, 0], pixels[:, 1] - pixels[:, 0]
        self.square = np.maximum(np.square(self.along).sum(-1), 1e-6)
        self.depth, self.deeper = depth[:, 0], depth[:, 1] - depth[:, 0]
        size = solids.radii * view.focal * view.magnification / depth
        self.size, self.wider = size[:, 0], size[:, 1] - size[:, 0]
        self.flesh, self.fatter = solids.radii[:, 0], solids.radii[:, 1] - solids.radii[:, 0]
        self.boxes = np.concatenate(
            [(pixels - size[..., None]).min(1), (pixels + size[..., None]).max(1)], -1
        )
        axis = solids.ends[:, 1] - solids.ends[:, 0]
        axis /= np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-6)
        axis = np.stack([view.turned(a) for a in axis])
        # A limb that leans to the camera bulges more in its direction.
        self.bulging = 1 / np.maximum(np.linalg.norm(axis[:, :2], axis=-1), 0.5)
        # The normal of the axis that points at the camera most.
        facing = axis * axis[:, 2:] - [0.0, 0.0, 1.0]
        self.facing = facing / np.maximum(np.linalg.norm(facing, axis=-1, keepdims=True), 1e-6)

    def at(self, number: int, x: Array, y: Array) -> tuple[Array, Array, Array, Array]:
        """Return the depth of a capsule behind points, infinite beside it, and where the ray hits it.

        Returns:
            Depth, how far along from 0 to 1, and x and y away from the axis in radii.
        """
        (ax, ay), (ux, uy) = self.start[number], self.along[number]
        dx, dy = x - ax, y - ay
        along = np.clip((dx * ux + dy * uy) / self.square[number], 0, 1)
        size = self.size[number] + along * self.wider[number]
        dx, dy = (dx - along * ux) / size, (dy - along * uy) / size
        bulge = 1 - dx * dx - dy * dy
        flesh = self.flesh[number] + along * self.fatter[number]
        depth = self.depth[number] + along * self.deeper[number]
        depth = depth - self.bulging[number] * flesh * np.sqrt(np.maximum(bulge, 0))
        return np.where(bulge > 0, depth, np.inf), along, dx, dy

    def light(self, number: int, dx: Array, dy: Array, light: Array) -> Array:
        """Return the cosine between surface and light, the latter in the frame of the crop."""
        bulge = np.sqrt(np.maximum(1 - dx * dx - dy * dy, 0))
        return dx * light[0] + dy * light[1] + bulge * (self.facing[number] @ light)


class EllipsoidOutlines:
    """Ellipsoids as seen in a view."""

    def __init__(self, solids: Ellipsoids, view: View) -> None:
        self.middle, self.depth = view.points(solids.centres), solids.centres[:, 2]
        screen = view.derivative(solids.centres) @ solids.axes
        self.inverse = np.linalg.inv(screen)
        half = np.sqrt(np.square(screen[:, :2]).sum(-1))
        self.boxes = np.concatenate([self.middle - half, self.middle + half], -1)
        self.normal = np.linalg.inv(solids.axes)

    def at(self, number: int, x: Array, y: Array) -> tuple[Array, Array]:
        """Return the depth of an ellipsoid behind points, infinite beside it, and where the ray hits it.

        Returns:
            Depth, and the position on the unit sphere ``(..., 3)``: left, front, up.
        """
        columns = self.inverse[number].T
        dx, dy = x - self.middle[number, 0], y - self.middle[number, 1]
        square, mixed = columns @ columns.T, columns[2] @ columns[:2].T
        linear = dx * mixed[0] + dy * mixed[1]
        flat = dx * dx * square[0, 0] + 2 * dx * dy * square[0, 1] + dy * dy * square[1, 1]
        root = linear * linear - square[2, 2] * (flat - 1)
        deeper = (-linear - np.sqrt(np.maximum(root, 0))) / square[2, 2]
        position = dx[..., None] * columns[0] + dy[..., None] * columns[1]
        position = position + deeper[..., None] * columns[2]
        return np.where(root > 0, self.depth[number] + deeper, np.inf), position

    def light(self, number: int, position: Array, light: Array) -> Array:
        """Return the cosine between surface and light, the latter in the camera frame."""
        normal = position @ self.normal[number]
        return normal @ light / np.maximum(np.linalg.norm(normal, axis=-1), 1e-9)
