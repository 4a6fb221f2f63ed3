"""Decoding of BlazePose's person detector: anchors, boxes and points, suppression of doubles."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.special import expit

from lifting.imaging.boxes import pairwise_iou
from lifting.inference.detectors.blazepose.regions import Region, region_of_circle

# Sides of the network's input.
SIZE = 224
# By layer of the network; two anchors at every cell of each.
_STRIDES = (8, 16, 32, 32, 32)
_MIN_SCORE = 0.5
# Boxes that overlap by more (intersection over union) are of the same person.
_MAX_IOU = 0.3
_HIPS, _RIM = 0, 1


class DetectedPerson(NamedTuple):
    """A person as the detector sees it.

    Attributes:
        score: 0 to 1.
        box: Left, top, right, bottom of the head and its surroundings, pixels of the image.
        points: Middle of the hips, a point of the circle round the body, middle of the shoulders, a
            point of the circle round the upper body ``(4, 2)``, pixels of the image.
    """

    score: float
    box: Float[ndarray, "4"]
    points: Float[ndarray, "4 2"]

    @property
    def region(self) -> Region:
        """Where to look for its landmarks."""
        return region_of_circle(self.points[_HIPS], self.points[_RIM])


def anchors() -> Float[ndarray, "A 2"]:
    """Return x and y of all anchors (Liu et al., ECCV 2016), as shares of the input.

    They are the middles of cells. Layers of the same stride share their cells, one after the other.
    """
    grids = []
    for stride in sorted(set(_STRIDES)):
        cells = SIZE // stride
        rows, columns = np.mgrid[:cells, :cells]
        centres = (np.stack([columns, rows], -1).reshape(-1, 2) + 0.5) / cells
        grids.append(np.repeat(centres, 2 * _STRIDES.count(stride), axis=0))
    return np.concatenate(grids)


_ANCHORS = anchors()


def decode(
    raw: Float[ndarray, "A 12"], logits: Float[ndarray, " A"]
) -> tuple[Float[ndarray, "N 12"], Float[ndarray, " N"]]:
    """Return what the network has found, by falling score, doubles included.

    Args:
        raw: Centre, width, height and four points, in pixels of the input and relative to the anchors.
        logits: Their scores before the sigmoid.

    Returns:
        Left, top, right, bottom and the x and y of four points, as shares of the input; the scores.
    """
    scores = expit(logits.astype(np.float64))
    values = raw.astype(np.float64) / SIZE
    places = values.reshape(-1, 6, 2)
    # All but the second pair, the extent, are places.
    places[:, [0, 2, 3, 4, 5]] += _ANCHORS[:, None]
    centre, extent = places[:, 0], places[:, 1]
    decoded = np.concatenate(
        [centre - extent / 2, centre + extent / 2, places[:, 2:].reshape(-1, 8)], 1
    )
    kept = np.flatnonzero((scores >= _MIN_SCORE) & (extent >= 0).all(1))
    order = kept[np.argsort(-scores[kept], kind="stable")]
    return decoded[order], scores[order]


def suppress(
    found: Float[ndarray, "N D"], scores: Float[ndarray, " N"]
) -> tuple[Float[ndarray, "M D"], Float[ndarray, " M"]]:
    """Return the means, weighted by score, of what overlaps with the best of it (weighted NMS).

    It is blended as in BlazeFace (Bazarevsky et al., 2019), with the score of the best.

    Args:
        found: Rows that begin with left, top, right, bottom; by falling score.
        scores: Their scores.
    """
    means, best = [], []
    while len(found):
        same = pairwise_iou(found[:1, :4], found[:, :4])[0] > _MAX_IOU
        # A box without an area overlaps with nothing, not even with itself.
        same[0] = True
        means.append(np.average(found[same], axis=0, weights=scores[same]))
        best.append(scores[0])
        found, scores = found[~same], scores[~same]
    return np.array(means).reshape(-1, found.shape[1]), np.array(best)


def people(
    raw: Float[ndarray, "A 12"], logits: Float[ndarray, " A"], shown: Region
) -> list[DetectedPerson]:
    """Return the people in the part of an image that the network was shown, by falling score."""
    rows, scores = suppress(*decode(raw, logits))
    corner = np.array([shown.x, shown.y]) - shown.side / 2
    places = rows.reshape(-1, 6, 2) * shown.side + corner
    return [
        DetectedPerson(float(score), place[:2].ravel(), place[2:])
        for score, place in zip(scores, places, strict=True)
    ]
