"""Confidences of keypoints: one rule for the scores of every detector, and which are believed."""

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.typing import ArrayLike

from lifting.errors import InputError
from lifting.keypoints.threshold import LEAST_CONFIDENCE

# RTMPose's scores are heights of SimCC's vectors, which nothing keeps below one (up to 1.2, of whole
# bodies up to 10), and slightly negative where there is no peak; others write -1 for what is missing.
_LOWEST, _HIGHEST = -1.0, 10.0
# Beyond the image by more than this share of its longer side a detector guesses. What it says it is
# sure of is kept there: half of a person may be outside of the image.
_MARGIN, _SURE = 0.1, 0.5


def confidence_of(scores: ArrayLike, where: object = None) -> Float[ndarray, "*shape"]:
    """Return confidences from 0 to 1 of the scores that stand in a file.

    Scores from 0 to 1 are kept. Those up to 10 are heights of heat-maps, for which everything above 1
    is sure; COCO's labels, which are 0 (missing), 1 (hidden) and 2 (visible) alone, become 0, 0.5 and
    1. Negative ones down to -1, and what is not finite, are missing.

    Args:
        scores: The scores of everything in a file, of any shape.
        where: The file, for messages.

    Raises:
        InputError: If they are on another scale, such as percent.

    Example:
        >>> confidence_of([0.2, 1.09, -1.0]).tolist(), confidence_of([0, 1, 2]).tolist()
        ([0.2, 1.0, 0.0], [0.0, 0.5, 1.0])
    """
    array = np.asarray(scores, np.float64)
    array = np.where(np.isfinite(array), array, 0.0)
    lowest, highest = array.min(initial=0.0), array.max(initial=0.0)
    if lowest < _LOWEST or highest > _HIGHEST:
        number = f"{highest if highest > _HIGHEST else lowest:g}"
        remedy = "scale it (percent by 100, bytes by 255), or leave it out."
        raise InputError(f"confidence is not from 0 to 1, but {number}", where, remedy)
    if highest == 2 and np.isin(array, (0, 1, 2)).all():
        return array / 2
    confidence: Float[ndarray, "*shape"] = array.clip(0, 1)
    return confidence


def believed(
    points: Float[ndarray, "*batch 2"],
    confidence: Float[ndarray, "*batch"],
    size: tuple[float, float] | None,
    least: float = LEAST_CONFIDENCE,
) -> Bool[ndarray, "*batch"]:
    """Return which keypoints are believed to be seen.

    Not those of less confidence than ``least``, nor what a detector guesses outside of the image: those
    farther out than a tenth of its longer side, of a confidence below 0.5. Of ``least`` 0 all are
    believed that have any confidence.

    Args:
        points: Pixels.
        confidence: From 0 to 1.
        size: Width and height of the image, pixels, if known.
        least: The smallest confidence that is enough.
    """
    seen = (confidence > 0) & (confidence >= least)
    if size is None or least == 0:
        return seen
    margin = _MARGIN * max(size)
    inside = ((points >= -margin) & (points <= np.asarray(size) + margin)).all(-1)
    return seen & (inside | (confidence >= _SURE))
