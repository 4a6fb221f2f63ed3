"""Coefficients of agreement, against published examples."""

import math

import numpy as np
import pytest

from datamodules.relative_depth.annotation.aggregation import Votes
from datamodules.relative_depth.annotation.agreement import agreement, fleiss_kappa, vote_table


def test_cohens_kappa_of_a_table_done_by_hand():
    # Twenty say yes twice, fifteen no twice, five and ten differ: 0.7 alike, 0.5 by chance.
    cells = {(1, 1): 20, (1, 0): 5, (0, 1): 10, (0, 0): 15}
    rows = np.array([pair for pair, count in cells.items() for _ in range(count)], float)
    assert agreement(*rows.T) == (50, pytest.approx(0.7), pytest.approx(0.4))


def test_cohens_kappa_counts_common_items_only():
    one = np.array([1, 0, 1, np.nan, 0])
    other = np.array([1, 0, np.nan, 1, 0])
    assert agreement(one, other) == (3, 1.0, pytest.approx(1.0))
    count, alike, kappa = agreement(one, np.full(5, np.nan))
    assert count == 0
    assert math.isnan(alike)
    assert math.isnan(kappa)
    assert math.isnan(agreement(np.ones(4), np.ones(4))[2])


def test_fleiss_kappa_of_the_textbook_table():
    # Ten items, fourteen raters, five labels; its kappa is published as 0.210.
    counts = [
        *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]),
        *([7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
    ]
    assert fleiss_kappa(np.array(counts)) == pytest.approx(0.210, abs=5e-4)


def test_fleiss_kappa_leaves_out_items_voted_on_once():
    counts = np.array([[3, 0], [0, 3], [2, 1]])
    with_single = np.concatenate([counts, [[1, 0], [0, 0]]])
    assert fleiss_kappa(with_single) == fleiss_kappa(counts)
    assert math.isnan(fleiss_kappa(np.array([[1, 0]])))
    assert math.isnan(fleiss_kappa(np.array([[2, 0]])))


def test_table_has_each_vote_in_its_place():
    votes = Votes(np.array([0, 2]), np.array([1, 0]), np.array([1, 0]))
    expected = np.array([[np.nan, 1], [np.nan, np.nan], [0, np.nan]])
    np.testing.assert_array_equal(vote_table(votes), expected)
