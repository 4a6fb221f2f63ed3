"""Decoding of BlazePose's landmarks: their places, visibility and presence, metres beside."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.special import expit

from lifting.inference.detectors.blazepose.regions import Region, region_of_circle
from lifting.inference.detectors.interfaces import Points

# Sides of the network's input.
SIZE = 256
# Joints of ``mediapipe33``; two landmarks after them align the next frame's region.
JOINTS = 33
_ALIGNMENT = slice(33, 35)
# Sides of the window of a heat-map, and what it must hold, for a landmark to be refined by it. The
# original's graph names 7, what it computes is 9.
_WINDOW = 9
_MIN_PEAK = 0.5


@dataclass(frozen=True)
class Landmarks:
    """The landmarks of a person.

    Attributes:
        score: That there is a person, 0 to 1.
        places: x, y and z ``(33, 3)``, pixels of the image; z from the middle of the hips, towards the
            camera is negative.
        visibility: That a landmark is in the image and nothing hides it ``(33,)``, 0 to 1.
        presence: That a landmark is in the image ``(33,)``, 0 to 1.
        world: x, y, z ``(33, 3)``, metres, from the middle of the hips; x to the right of the image, y
            down, z away from the camera.
        alignment: Middle of the hips and a point of the circle round the body ``(2, 2)``, pixels.
    """

    score: float
    places: Float[ndarray, "33 3"]
    visibility: Float[ndarray, "33"]
    presence: Float[ndarray, "33"]
    world: Float[ndarray, "33 3"]
    alignment: Float[ndarray, "2 2"]

    @property
    def region(self) -> Region:
        """Where to look for the person on the next frame."""
        return region_of_circle(*self.alignment)

    def keypoints(self, width: int, height: int) -> Points:
        """Return x, y and confidence ``(33, 3)``.

        The confidence is visibility times presence; what the network imagines outside of the image has
        none.
        """
        x, y = self.places[:, 0], self.places[:, 1]
        inside = (x >= 0) & (x <= width) & (y >= 0) & (y <= height)
        confidence = inside * self.visibility * self.presence
        return np.stack([x, y, confidence], 1).astype(np.float32)


def decode(
    raw: Float[ndarray, "39 5"],
    score: float,
    heatmaps: Float[ndarray, "h w 39"],
    metres: Float[ndarray, "39 3"],
    region: Region,
) -> Landmarks:
    """Return the landmarks on the image.

    Args:
        raw: x, y, z in pixels of the input, visibility and presence before the sigmoid.
        score: That there is a person.
        heatmaps: Of every landmark, before the sigmoid.
        metres: x, y, z as in the region.
        region: The part of the image that the network saw.
    """
    refined = refine(raw[:, :2].astype(np.float64) / SIZE, heatmaps)
    linear, origin = region.matrix[:, :2], region.matrix[:, 2]
    places = refined @ linear.T + origin
    depth = raw[:JOINTS, 2:3].astype(np.float64) / SIZE * region.side
    world = metres[:JOINTS].astype(np.float64)
    world[:, :2] = world[:, :2] @ (linear / region.side).T
    visibility, presence = expit(raw[:JOINTS, 3:].astype(np.float64)).T
    return Landmarks(
        score,
        np.concatenate([places[:JOINTS], depth], 1),
        visibility,
        presence,
        world,
        places[_ALIGNMENT],
    )


def refine(
    places: Float[ndarray, "K 2"], heatmaps: Float[ndarray, "h w K"]
) -> Float[ndarray, "K 2"]:
    """Return the centres of mass of the heat-maps round each landmark, where these have a peak.

    Args:
        places: x and y, as shares of the input.
        heatmaps: Before the sigmoid.
    """
    height, width = heatmaps.shape[:2]
    # Towards zero, as a cast does.
    cells = np.trunc(places * [width, height]).astype(np.int64)
    reach = _WINDOW // 2
    refined = places.copy()
    for joint, (column, row) in enumerate(cells):
        if not (0 <= column < width and 0 <= row < height):
            continue
        top, left = max(0, row - reach), max(0, column - reach)
        window = expit(
            heatmaps[top : row + reach + 1, left : column + reach + 1, joint].astype(np.float64)
        )
        if window.max() >= _MIN_PEAK:
            rows, columns = np.indices(window.shape)
            mass = window.sum()
            refined[joint] = (
                (left + (columns * window).sum() / mass) / width,
                (top + (rows * window).sum() / mass) / height,
            )
    return refined
