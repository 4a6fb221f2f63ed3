"""Agreement of annotators beyond chance: Cohen's and Fleiss' kappa."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from datamodules.relative_depth.annotation.aggregation import Votes


def vote_table(votes: Votes) -> Float[ndarray, "items annotators"]:
    """Return the votes as a table, NaN where an annotator did not vote."""
    table = np.full((votes.items, votes.annotators), np.nan)
    table[votes.item, votes.annotator] = votes.label
    return table


def agreement(
    first: Float[ndarray, " items"], second: Float[ndarray, " items"]
) -> tuple[int, float, float]:
    """Return the number of items both voted on, the fraction voted alike, and Cohen's kappa.

    Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological Measurement
    20(1), 1960. Kappa is NaN where both always give the same label. Votes are 0, 1
    or NaN (none).
    """
    both = ~np.isnan(first) & ~np.isnan(second)
    count = int(both.sum())
    if not count:
        return 0, float("nan"), float("nan")
    one, other = first[both], second[both]
    alike = float((one == other).mean())
    chance = float(one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean()))
    return count, alike, (alike - chance) / (1 - chance) if chance < 1 else float("nan")


def fleiss_kappa(counts: Int[ndarray, "items labels"]) -> float:
    """Return Fleiss' kappa over items voted on at least twice, from how often each label was given.

    Fleiss, "Measuring Nominal Scale Agreement Among Many Raters", Psychological Bulletin 76(5), 1971.
    Items may have different numbers of votes; with equal numbers it is Fleiss' own.
    """
    votes = counts.sum(-1)
    counts, votes = counts[votes > 1], votes[votes > 1]
    if not len(counts):
        return float("nan")
    alike = float(((counts * (counts - 1)).sum(-1) / (votes * (votes - 1))).mean())
    chance = float(np.square(counts.sum(0) / counts.sum()).sum())
    return (alike - chance) / (1 - chance) if chance < 1 else float("nan")
