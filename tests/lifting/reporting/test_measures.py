"""Every metric that a test writes has a unit, and a way that is better or none."""

import pytest

from lifting.metrics import Evaluation, KeypointEvaluation
from lifting.metrics.oks import PRECISIONS
from lifting.reporting.measures import best, measure, titled


def test_metrics_of_poses_and_keypoints_are_known():
    poses, keypoints = Evaluation(["a"], 17), KeypointEvaluation(["a"], "lsp14")
    names = [*poses.metrics, *keypoints.metrics, *PRECISIONS]
    assert {"mpjve", "cps", "epe", "ar"} <= set(names)
    for name in names:
        assert measure(name)[0], name
        assert measure(name)[1] is not None, name


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("mpjpe", [3.0, 2.0, 2.0], {1, 2}),
        ("pck", [3.0, 2.0, float("nan")], {0}),
        ("of its own", [3.0, 2.0], set()),
        ("mpjpe", [float("nan"), 2.0], set()),
        ("mpjpe", [2.0, 2.0], set()),
    ],
)
def test_best_is_lowest_of_errors_and_highest_of_shares(name, values, wanted):
    assert best(name, values) == wanted


def test_unknown_metric_is_called_by_its_name_alone():
    assert titled("val/novelty") == "val/novelty"
    assert titled("val/epe") == "val/epe, pixels ↓"
