"""Tables mark the best run of each row."""

import pytest

from lifting.reporting.tables import best


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
def test_best_is_lowest_of_errors_and_highest_of_scores(name, values, wanted):
    assert best(name, values) == wanted
