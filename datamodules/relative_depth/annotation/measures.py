"""Statistics for the figures of a user study on relative depth."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from datamodules.relative_depth.annotation.agreement import agreement


def right(label: Float[ndarray, " n"], gap: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
    """Return 1 where a label is right, 0 where it is wrong, and NaN where that is not known.

    Args:
        label: 1 where the second joint is judged nearer, 0 where the first is, NaN where neither.
        gap: How much farther the first joint is; nobody is right about joints that are equally far.
    """
    known = ~np.isnan(label) & ~np.isnan(gap) & (gap != 0)
    return np.where(known, (label == 1) == (gap > 0), np.nan)


def mean_in_bins(
    values: Float[ndarray, " n"],
    positions: Float[ndarray, " n"],
    width: float,
    min_fraction: float = 0.0,
) -> tuple[Float[ndarray, " bins"], Float[ndarray, " bins"], Int[ndarray, " bins"]]:
    """Return, for bins from 0 on, their middles, the mean of the values in them, and their number.

    What is NaN is left out, and so are bins with few values.

    Args:
        values: The values.
        positions: Their positions, 0 or more.
        width: Width of a bin.
        min_fraction: Least fraction of all values that a bin must have.
    """
    there = ~np.isnan(values) & ~np.isnan(positions)
    bins, which = np.unique((positions[there] // width).astype(int), return_inverse=True)
    count = np.bincount(which, minlength=len(bins))
    mean = np.bincount(which, values[there], len(bins)) / count
    enough = count >= min_fraction * count.sum()
    return ((bins + 0.5) * width)[enough], mean[enough], count[enough]


def risk_curve(
    risk: Float[ndarray, " n"], correct: Float[ndarray, " n"]
) -> tuple[Float[ndarray, " k"], Float[ndarray, " k"], Float[ndarray, " k"]]:
    """Return risk and error of the k least risky labels, for every k.

    Args:
        risk: Expected error of each label; labels without are left out.
        correct: 1 where the label is right, 0 where not, NaN where that is not known.

    Returns:
        The fraction of labels that are kept, their mean risk, and the fraction of wrong ones among those
        that are known, NaN before the first of them.
    """
    order = np.argsort(risk, kind="stable")[: int((~np.isnan(risk)).sum())]
    kept = np.arange(1, len(order) + 1)
    known = np.cumsum(~np.isnan(correct[order]))
    wrong = np.cumsum(correct[order] == 0)
    actual = np.where(known > 0, wrong / np.maximum(known, 1), np.nan)
    return kept / len(order), np.cumsum(risk[order]) / kept, actual


def by_group(
    values: Float[ndarray, " n"], group: Int[ndarray, " n"], groups: int
) -> Float[ndarray, " groups"]:
    """Return the mean of the values of each group, without those that are NaN."""
    there = ~np.isnan(values)
    count = np.bincount(group[there], minlength=groups)
    total = np.bincount(group[there], values[there], groups)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def colour_skill(
    pink: Float[ndarray, " n"], truth: Float[ndarray, " n"], person: Int[ndarray, " n"], people: int
) -> tuple[Float[ndarray, " people"], Float[ndarray, " people"], Float[ndarray, " people"]]:
    """Return the skill of annotators at either colour, and their bias to one.

    Args:
        pink: 1 where the joint that is marked pink was judged nearer, 0 where the green one was.
        truth: The same as it should be; NaN where that is not known.
        person: Number of the annotator.
        people: Number of annotators.

    Returns:
        The true-positive rate (right answers where pink is nearer), the true-negative rate (where green
        is), and the fraction of pink answers less that of pink truths.
    """
    correct = np.where(np.isnan(truth), np.nan, pink == truth)
    positive = by_group(np.where(truth == 1, correct, np.nan), person, people)
    negative = by_group(np.where(truth == 0, correct, np.nan), person, people)
    return positive, negative, by_group(pink - truth, person, people)


def agreement_matrix(
    opinions: Sequence[Float[ndarray, " n"]],
) -> tuple[
    Float[ndarray, "people people"], Float[ndarray, "people people"], Int[ndarray, "people people"]
]:
    """Return for each two the fraction of pairs labelled alike, Cohen's kappa, and their number."""
    people = len(opinions)
    alike, kappa = np.full((2, people, people), np.nan)
    count = np.zeros((people, people), int)
    for i in range(people):
        for j in range(people):
            count[i, j], alike[i, j], kappa[i, j] = agreement(opinions[i], opinions[j])
    return alike, kappa, count
