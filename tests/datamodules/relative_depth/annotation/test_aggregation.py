"""Aggregated labels: Bayes' rule, and a simulated crowd in which some only guess."""

import itertools
import math

import numpy as np
import pytest

from datamodules.relative_depth.annotation.aggregation import (
    Votes,
    dawid_skene,
    majority,
    posterior,
)


def crowd(skills, items=400, each=5, seed=0):
    """Votes of annotators who are right as often as their skill says, and the truth."""
    draws = np.random.default_rng(seed)
    truth = draws.integers(0, 2, items)
    item = np.repeat(np.arange(items), each)
    who = np.concatenate([draws.permutation(len(skills))[:each] for _ in range(items)])
    right = draws.random(len(item)) < np.asarray(skills)[who]
    return Votes(item, who, np.where(right, truth[item], 1 - truth[item])), truth


def test_posterior_is_that_of_bayes_rule():
    skill = np.array([[0.9, 0.6], [0.7, 0.8], [0.2, 0.55]])
    rows = list(itertools.product((0, 1), repeat=3))
    votes = Votes(np.repeat(np.arange(8), 3), np.tile(np.arange(3), 8), np.array(rows).ravel())
    found = posterior(votes, skill, 0.3)
    for row, given in zip(rows, found, strict=True):
        # The joint probability of label and votes, for either label.
        one, zero = 0.3, 0.7
        for annotator, said in enumerate(row):
            one *= skill[annotator, 1] if said == 1 else 1 - skill[annotator, 1]
            zero *= skill[annotator, 0] if said == 0 else 1 - skill[annotator, 0]
        assert given == pytest.approx(one / (one + zero))


def test_posterior_of_very_many_votes_is_finite():
    votes = Votes(np.zeros(9000, int), np.zeros(9000, int), np.ones(9000, int))
    assert posterior(votes, np.array([[0.99, 0.99]]), 0.5) == pytest.approx([1.0])
    assert posterior(votes, np.array([[0.01, 0.01]]), 0.5) == pytest.approx([0.0])


def test_majority_is_the_share_of_votes():
    votes = Votes(np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 0, 1]), np.array([1, 1, 0, 0, 1]))
    np.testing.assert_allclose(majority(votes), [2 / 3, 1 / 2])


@pytest.mark.parametrize("seed", range(5))
def test_skills_beat_the_majority_where_many_guess(seed):
    skills = [0.95] * 4 + [0.55] * 6 + [0.3] * 2
    votes, truth = crowd(skills, seed=seed)
    by_majority = ((majority(votes) > 0.5) == truth).mean()
    probability, skill = dawid_skene(votes)
    by_skill = ((probability > 0.5) == truth).mean()
    assert by_skill > by_majority + 0.08
    # No rule can beat the one that knows the skills; it is nearly reached.
    best = posterior(votes, np.repeat(np.array(skills)[:, None], 2, 1), 0.5)
    assert by_skill > ((best > 0.5) == truth).mean() - 0.03
    np.testing.assert_allclose(skill.mean(-1), skills, atol=0.1)


def test_probabilities_are_as_right_as_they_say():
    votes, truth = crowd([0.9] * 3 + [0.6] * 5, items=4000, each=3)
    probability, _ = dawid_skene(votes)
    for low in (0.5, 0.6, 0.7, 0.8, 0.9):
        sure = np.maximum(probability, 1 - probability)
        some = (sure >= low) & (sure < low + 0.1)
        if some.sum() > 100:
            right = ((probability > 0.5) == truth)[some].mean()
            spread = 4 * math.sqrt(right * (1 - right) / some.sum()) + 0.02
            assert right == pytest.approx(sure[some].mean(), abs=spread)


def test_one_annotator_alone_is_believed():
    votes = Votes(np.arange(6), np.zeros(6, int), np.array([0, 1, 1, 0, 1, 0]))
    probability, skill = dawid_skene(votes)
    assert ((probability > 0.5) == votes.label).all()
    assert (skill > 0.5).all()


def test_order_of_votes_and_exchange_of_labels_do_not_matter():
    votes, _ = crowd([0.9, 0.8, 0.6, 0.7], items=60, each=3)
    probability, skill = dawid_skene(votes)
    order = np.random.default_rng(1).permutation(len(votes.item))
    shuffled = Votes(votes.item[order], votes.annotator[order], votes.label[order])
    np.testing.assert_allclose(dawid_skene(shuffled)[0], probability, atol=1e-6)
    exchanged = dawid_skene(Votes(votes.item, votes.annotator, 1 - votes.label))
    np.testing.assert_allclose(exchanged[0], 1 - probability, atol=1e-6)
    np.testing.assert_allclose(exchanged[1], skill[:, ::-1], atol=1e-6)
