"""The numbers of a user study, against loops that take them one by one."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import binned_statistic

from datamodules.relative_depth.annotation.measures import (
    agreement_matrix,
    by_group,
    colour_skill,
    mean_in_bins,
    right,
    risk_curve,
)

NAN = np.nan
DRAWS = np.random.default_rng(0)


def test_right_is_the_label_of_the_nearer_joint():
    # The first joint is farther, so the second is nearer: label 1.
    label, gap = np.array([1, 0, 1, 0, NAN, 1, 0]), np.array([5, 5, -5, -5, 5, NAN, 0.0])
    np.testing.assert_array_equal(right(label, gap), [1, 0, 0, 1, NAN, NAN, NAN])


def test_mean_in_bins_is_that_of_scipy():
    places, values = DRAWS.exponential(100, 500), DRAWS.random(500)
    values[:20], places[20:30] = NAN, NAN
    there = ~np.isnan(values) & ~np.isnan(places)
    edges = np.arange(0, places[there].max() + 30, 30)
    mean, _, _ = binned_statistic(places[there], values[there], "mean", edges)
    count, _ = np.histogram(places[there], edges)
    middle, found, number = mean_in_bins(values, places, 30.0)
    np.testing.assert_allclose(middle, (edges[:-1] + 15)[count > 0])
    np.testing.assert_allclose(found, mean[count > 0])
    np.testing.assert_array_equal(number, count[count > 0])
    middle, _, number = mean_in_bins(values, places, 30.0, min_fraction=0.05)
    np.testing.assert_array_equal(number, count[count >= 0.05 * there.sum()])
    assert number.min() >= 24


def test_risk_curve_keeps_the_least_risky_first():
    risk = np.array([0.4, 0.0, NAN, 0.1, 0.3])
    correct = np.array([0, NAN, 0, 1, 0])
    kept, expected, actual = risk_curve(risk, correct)
    np.testing.assert_allclose(kept, [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(expected, [0, 0.05, 0.4 / 3, 0.2])
    np.testing.assert_allclose(actual, [NAN, 0, 1 / 2, 2 / 3])


def test_mean_of_a_group_leaves_out_what_is_not_known():
    found = by_group(np.array([1, 3, NAN, 5, NAN]), np.array([0, 0, 0, 2, 3]), 5)
    np.testing.assert_allclose(found, [2, NAN, 5, NAN, NAN])


def test_skill_is_the_recall_of_either_label_and_bias_their_difference():
    person, pink = DRAWS.integers(0, 4, 300), DRAWS.integers(0, 2, 300).astype(float)
    truth = DRAWS.integers(0, 2, 300).astype(float)
    truth[:40] = NAN
    positive, negative, bias = colour_skill(pink, truth, person, 5)
    for who in range(4):
        own = (person == who) & ~np.isnan(truth)
        table = Counter(zip(truth[own].tolist(), pink[own].tolist(), strict=True))
        assert positive[who] == pytest.approx(table[1, 1] / (table[1, 1] + table[1, 0]))
        assert negative[who] == pytest.approx(table[0, 0] / (table[0, 0] + table[0, 1]))
        assert bias[who] == pytest.approx(pink[own].mean() - truth[own].mean())
    assert np.isnan([positive[4], negative[4], bias[4]]).all()


def test_matrix_of_agreement_is_symmetric_and_of_common_pairs():
    opinions = DRAWS.integers(0, 2, (3, 60)).astype(float)
    opinions[0, :10] = opinions[1, 5:20] = NAN
    opinions = [*opinions, np.full(60, NAN)]
    alike, kappa, count = agreement_matrix(opinions)
    for i, j in ((0, 1), (1, 2), (0, 2)):
        both = ~np.isnan(opinions[i]) & ~np.isnan(opinions[j])
        one, other = opinions[i][both], opinions[j][both]
        assert count[i, j] == count[j, i] == both.sum()
        assert alike[i, j] == alike[j, i] == pytest.approx(np.mean(one == other))
        table = np.histogram2d(one, other, bins=2)[0] / both.sum()
        chance = table.sum(0) @ table.sum(1)
        assert kappa[i, j] == kappa[j, i]
        assert kappa[i, j] == pytest.approx((np.trace(table) - chance) / (1 - chance))
    assert (count[3] == 0).all()
    assert np.isnan(alike[3]).all()
