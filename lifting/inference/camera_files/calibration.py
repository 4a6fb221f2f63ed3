"""Calibration of a camera, for images of any size with the same sides' ratio."""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from lifting.cameras import Camera, calibrated_camera, undistort
from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_files import KeypointTrack

# By how much the ratio of the sides may differ from that of the calibration, as sizes are even numbers.
_SAME_RATIO = 0.01


@dataclass(frozen=True)
class Calibration:
    """What a file tells of a camera, in OpenCV's lens model.

    Attributes:
        where: The file, and the camera in it.
        matrix: Focal lengths and principal point, pixels.
        distortion: k1, k2, p1, p2, k3.
        size: Width and height (pixels) of the images that it was calibrated with, if known.
        rotation: World to camera.
        position: Position of the camera in the world, millimetres.
    """

    where: str
    matrix: Float[ndarray, "3 3"]
    distortion: Float[ndarray, " 5"]
    size: tuple[float, float] | None = None
    rotation: Float[ndarray, "3 3"] = field(default_factory=lambda: np.eye(3))
    position: Float[ndarray, " 3"] = field(default_factory=lambda: np.zeros(3))

    def camera(self, size: tuple[float, float] | None = None) -> Camera:
        """Return the camera of images of a size, by default of that which it was calibrated with.

        Raises:
            InputError: If neither is known, or their sides have different ratios.
        """
        size, own = size or self.size, self.size or size
        if size is None or own is None:
            what = "does not tell the size of the images"
            raise InputError(
                what, self.where, Phrase("give {} and {}.", Option("width"), Option("height"))
            )
        factors = np.divide(size, own)
        if abs(factors[0] / factors[1] - 1) > _SAME_RATIO:
            shapes = (
                f"{own[0]:g} x {own[1]:g} px, and those of the people are {size[0]:g} x {size[1]:g}"
            )
            what = f"is the calibration of images of {shapes}"
            raise InputError(what, self.where, "give that of the same camera, held the same way.")
        k1, k2, p1, p2, k3 = self.distortion
        return calibrated_camera(
            factors * self.matrix[[0, 1], [0, 1]],
            factors * self.matrix[:2, 2],
            size,
            self.rotation,
            self.position,
            (k1, k2, k3),
            (p2, p1),
        )


def seen_by(track: KeypointTrack, calibration: Calibration | None) -> KeypointTrack:
    """Return a track with its camera, the keypoints as a lens without distortion shows them.

    Lifters need not know distortion then, and the camera of the track has none.

    Args:
        track: A person.
        calibration: The camera; None for the track as it is.

    Raises:
        InputError: If the track has a camera already, or the calibration is of other images.
    """
    if calibration is None:
        return track
    if track.camera is not None:
        what = "is not needed: the file of the keypoints has its camera"
        raise InputError(
            what, Phrase("{} {}", Option("camera"), calibration.where), "leave it out."
        )
    camera = calibration.camera(track.size)
    points = torch.from_numpy(track.keypoints)
    rays = undistort((points - camera.principal) / camera.focal, camera)
    straight = (rays * camera.focal + camera.principal).numpy()
    # Far outside of the image the lens model has no inverse.
    usable = track.seen[..., None] & np.isfinite(straight)
    width, height = camera.size.tolist()
    return replace(
        track,
        keypoints=np.where(usable, straight, track.keypoints),
        size=(width, height),
        camera=replace(
            camera,
            radial=torch.zeros_like(camera.radial),
            tangential=torch.zeros_like(camera.tangential),
        ),
    )
