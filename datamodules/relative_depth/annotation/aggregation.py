"""Aggregation of annotators' labels: majority vote, and the estimate of Dawid and Skene.

Dawid and Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm",
Applied Statistics 28(1), 1979, for two labels, with a prior on the skills because some annotators have
answered little.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

# Pseudo-counts of right and wrong answers of every annotator, for each label.
_PRIOR_RIGHT, _PRIOR_WRONG = 3.0, 1.0
_ROUNDS, _CLOSE = 1000, 1e-9


@dataclass(frozen=True)
class Votes:
    """Labels that annotators gave to items, one row per vote: item, annotator, and 0 or 1."""

    item: Int[ndarray, " votes"]
    annotator: Int[ndarray, " votes"]
    label: Int[ndarray, " votes"]

    @property
    def items(self) -> int:
        """Number of items."""
        return int(self.item.max()) + 1

    @property
    def annotators(self) -> int:
        """Number of annotators."""
        return int(self.annotator.max()) + 1


def majority(votes: Votes) -> Float[ndarray, " items"]:
    """Return for each item the fraction of its votes that are 1."""
    ones = np.bincount(votes.item, votes.label, votes.items)
    return ones / np.bincount(votes.item, minlength=votes.items)


def posterior(
    votes: Votes, skill: Float[ndarray, "annotators 2"], prior: float
) -> Float[ndarray, " items"]:
    """Return the probability that the label of each item is 1, by Bayes' rule.

    Args:
        votes: The votes.
        skill: How often each annotator is right where the label is 0, and where it is 1.
        prior: Fraction of items whose label is 1.
    """
    right = skill[votes.annotator]
    voted_one = votes.label == 1
    for_one = np.log(np.where(voted_one, right[:, 1], 1 - right[:, 1]))
    for_zero = np.log(np.where(voted_one, 1 - right[:, 0], right[:, 0]))
    odds = np.log(prior) - np.log1p(-prior)
    odds = odds + np.bincount(votes.item, for_one - for_zero, votes.items)
    # Both forms of the logistic function, neither of which overflows.
    small = np.exp(-np.abs(odds))
    return np.where(odds >= 0, 1, small) / (1 + small)


def dawid_skene(votes: Votes) -> tuple[Float[ndarray, " items"], Float[ndarray, "annotators 2"]]:
    """Estimate labels and skills together, by expectation maximisation from the majority.

    Returns:
        For each item the probability that its label is 1, and for each annotator how often they are
        right where the label is 0, and where it is 1.
    """
    probability = majority(votes)
    for _ in range(_ROUNDS):
        belief = np.stack([1 - probability, probability], -1)[votes.item]
        total = [np.bincount(votes.annotator, b, votes.annotators) for b in belief.T]
        right = [
            np.bincount(votes.annotator, b * (votes.label == label), votes.annotators)
            for label, b in enumerate(belief.T)
        ]
        pseudo_counts = _PRIOR_RIGHT + _PRIOR_WRONG
        skill = (np.stack(right, -1) + _PRIOR_RIGHT) / (np.stack(total, -1) + pseudo_counts)
        prior = (probability.sum() + 1) / (votes.items + 2)
        updated = posterior(votes, skill, float(prior))
        change = np.abs(updated - probability).max()
        probability = updated
        if change < _CLOSE:
            break
    return probability, skill
