"""Report on annotators: work done, agreement and skill."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from datamodules.matlab import Array
from datamodules.relative_depth.annotation.aggregation import Votes
from datamodules.relative_depth.annotation.agreement import agreement, fleiss_kappa, vote_table
from datamodules.relative_depth.annotation.answers import Answer


def describe(
    names: Sequence[str],
    answers: Sequence[Sequence[Answer]],
    votes: Votes,
    skill: Array,
    truth: Array,
    merged: Mapping[str, Array],
) -> list[str]:
    """Return the report, line by line.

    Args:
        names: The annotators.
        answers: Their answers.
        votes: The same, as votes.
        skill: Estimated fraction of right answers by annotator, where the label is 0 and where it is 1.
        truth: True labels of the items, NaN where they are not known.
        merged: By method the probability that the label of an item is 1.
    """
    # An annotator may have answered nothing, or only that it cannot be told.
    table = np.full((votes.items, len(names)), np.nan)
    table[:, : votes.annotators] = vote_table(votes)
    known = ~np.isnan(truth)
    width = max(len(name) for name in [*names, "annotator"])
    head = f"{'annotator':{width}} {'answers':>8} {'unsure':>7} {'median s':>9} {'skill':>6}"
    lines = ["", head + (f" {'right':>6}" if known.any() else "")]
    for person, (name, own) in enumerate(zip(names, answers, strict=True)):
        if not own:
            lines.append(f"{name:{width}} {0:8}")
            continue
        unsure = sum(answer.nearer is None for answer in own) / len(own)
        seconds = float(np.median([answer.seconds for answer in own]))
        estimated = f"{skill[person].mean():6.1%}" if person < len(skill) else ""
        line = f"{name:{width}} {len(own):8,} {unsure:7.1%} {seconds:9.1f} {estimated:>6}"
        judged = known & ~np.isnan(table[:, person])
        if judged.any():
            line += f" {(table[judged, person] == truth[judged]).mean():6.1%}"
        lines.append(line)
    if len(names) > 1:
        lines += ["", f"{'two annotators':{2 * width + 3}} {'pairs':>6} {'alike':>6} {'kappa':>6}"]
        for one, other in combinations(range(len(names)), 2):
            count, alike, kappa = agreement(table[:, one], table[:, other])
            if count:
                both = f"{names[one]}, {names[other]}"
                lines.append(f"{both:{2 * width + 3}} {count:6,} {alike:6.1%} {kappa:6.2f}")
    if len(names) > 2:
        counts = np.stack([(table == label).sum(-1) for label in (0, 1)], -1)
        lines.append(f"Fleiss' kappa of all: {fleiss_kappa(counts):.2f}")
    if known.any():
        lines.append("")
        for method, one_is in merged.items():
            decided = known & (one_is != 0.5)
            right = ((one_is > 0.5) == truth)[decided].mean() if decided.any() else float("nan")
            lines.append(f"right by the poses, {method}: {right:.1%} of {int(decided.sum()):,}")
    return lines
