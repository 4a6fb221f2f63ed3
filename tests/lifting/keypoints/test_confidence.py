"""The scale of confidences, and what of them is believed."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.keypoints.confidence import believed, confidence_of
from lifting.keypoints.threshold import LEAST_CONFIDENCE, check_least_confidence


@pytest.mark.parametrize(
    ("scores", "confidence"),
    [
        ([0.0, 0.25, 1.0], [0.0, 0.25, 1.0]),
        # Heights of heat-maps and of SimCC's vectors.
        ([0.5, 1.09, 7.5], [0.5, 1.0, 1.0]),
        ([-1.0, -0.02, 0.4], [0.0, 0.0, 0.4]),
        ([np.nan, np.inf, 0.4], [0.0, 0.0, 0.4]),
        # Labels of COCO, where there are no others, and ones alone are no labels.
        ([0, 1, 2, 2], [0.0, 0.5, 1.0, 1.0]),
        ([0, 1, 1, 1], [0.0, 1.0, 1.0, 1.0]),
        ([0.3, 1, 2], [0.3, 1.0, 1.0]),
        ([], []),
    ],
)
def test_scores_of_one_scale(scores, confidence):
    np.testing.assert_array_equal(confidence_of(scores), confidence)


@pytest.mark.parametrize("scores", [[0, 87.0], [12, 255], [-1.5, 0.5], [0, 10.01]])
def test_other_scales_are_refused(scores):
    with pytest.raises(InputError, match=r"^k\.npz: confidence is not from 0 to 1, but .*scale it"):
        confidence_of(scores, "k.npz")


def test_what_is_believed():
    """Image 200 x 100: the margin is 20 pixels on every side."""
    size = (200.0, 100.0)
    points = np.array(
        [[10, 10], [-19, 119], [-21, 10], [221, 10], [10, -21], [10, 121], [0, 170]], float
    )
    sure, unsure = np.full(7, 0.5), np.full(7, 0.49)
    assert believed(points, sure, size).all()
    assert believed(points, unsure, size).tolist() == [True, True] + 5 * [False]
    # Where the size is not known nothing is outside; of least 0 everything counts that is there.
    assert believed(points, unsure, None).all()
    assert believed(points, 0.001 * sure, size, 0.0).all()
    assert not believed(points, 0 * sure, size, 0.0).any()
    least = np.array([0.0999, LEAST_CONFIDENCE])
    assert believed(points[:2], least, size).tolist() == [False, True]
    assert believed(points[:2], np.array([0.3, 0.8]), size, 0.5).tolist() == [False, True]


@pytest.mark.parametrize("least", [-0.1, 1.1, float("nan")])
def test_a_threshold_is_a_confidence(least):
    with pytest.raises(InputError, match=r"--least_confidence is .*: give 0 to 1"):
        check_least_confidence(least)
