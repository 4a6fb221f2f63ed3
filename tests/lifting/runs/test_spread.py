"""Tests of mean and standard deviation over runs."""

import pytest

from lifting.runs.spread import Spread


def test_deviation_is_that_of_a_sample():
    spread = Spread.of([1.0, 2.0, 4.0])
    assert spread.mean == pytest.approx(7 / 3)
    assert spread.sd == pytest.approx(1.5275252)
    assert spread.text(2) == "2.33 ± 1.53"
    assert Spread.of([1.0]).text(1) == "1.0"
