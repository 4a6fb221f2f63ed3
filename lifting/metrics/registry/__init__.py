"""Registry of metrics: name, title, unit, direction, definition, function, and where each is shown.

Evaluations, tables, reports and model cards read this and nothing else. Every metric of a test is a
column of ``test.csv`` and of the report, in the order of its entries; the flags of an entry say where
else it is shown. ``docs/add_a_metric.md`` goes through adding one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from re import Match

from lifting.metrics.registry import anatomy, keypoints, others, poses
from lifting.metrics.registry.metric import Metric

__all__ = ["Metric", "explanation", "families", "find", "title", "with_unit"]

# What is logged begins with a stage.
_STAGES = {"train": "training", "val": "validation", "test": "test"}


def families() -> Mapping[str, Sequence[Metric[...]]]:
    """Return every entry, by what it is a metric of."""
    return {
        "3D poses": (*poses.POSES, *poses.MOTION),
        "Trajectories": poses.TRAJECTORY,
        "Hypotheses": poses.HYPOTHESES,
        "Completed poses": (*poses.COMPLETION, *poses.HIDDEN),
        "2D keypoints": (*keypoints.KEYPOINTS, *keypoints.PEOPLE, *keypoints.PRECISIONS),
        "Poses lifted from detected keypoints": keypoints.LIFTED,
        "MPI-INF-3DHP": others.MPI_INF_3DHP,
        "Likelihoods": others.LIKELIHOOD,
        "Relative depth": others.RELATIVE_DEPTH,
        "Lifted poses without truth": (*anatomy.ANATOMY, *anatomy.INPUTS),
    }


def find(name: str, beside: Iterable[str] = ()) -> Metric[...] | None:
    """Return the entry of a column, or of what is logged; None for a name that no entry covers.

    Families call different metrics ``pck``: that of the family which measures most of the columns beside
    it is meant.

    Example:
        >>> find("val/mpjpe").unit, find("nll_legs").name, find("mpjpe_truth_sb").name, find("loss")
        ('mm', 'nll_<part>', 'mpjpe_truth_<lifter>', None)
        >>> find("pck").title, find("pck", ["epe", "pck"]).title
        ('PCK@150', 'PCK@0.2')
    """
    column, columns = name.rpartition("/")[2], set(beside)
    measured = sorted(families().values(), key=lambda f: -len(columns & {m.name for m in f}))
    prefix, covering = "", None
    for metric in (m for family in measured for m in family):
        start, is_pattern, _ = metric.name.partition("<")
        if metric.name == column:
            return metric
        if is_pattern and len(start) > len(prefix) and column.startswith(start):
            prefix, covering = start, metric
    return covering


def title(name: str, beside: Iterable[str] = ()) -> str:
    """Return what people call a column, or what is logged, see :func:`find`.

    Example:
        >>> title("pa_mpjpe"), title("nll_legs"), title("val/mpjpe"), title("train/flow_loss")
        ('PA-MPJPE', 'NLL, legs', 'validation MPJPE', 'training flow loss')
    """
    stage, _, column = name.rpartition("/")
    metric = find(column, beside)
    text = column.replace("_", " ")
    if metric is not None:
        start, is_pattern, end = metric.name.partition("<")
        part = column.removeprefix(start).replace("_", " ")
        text = metric.title.replace(f"<{end}", part) if is_pattern else metric.title
    return f"{_STAGES.get(stage, stage)} {text}".strip()


def with_unit(name: str, beside: Iterable[str] = ()) -> str:
    """Return the title of a metric with its unit and the direction that is better.

    Example:
        >>> with_unit("mpjpe"), with_unit("pck"), with_unit("train/loss")
        ('MPJPE, mm ↓', 'PCK@150, % ↑', 'training loss')
    """
    metric = find(name, beside)
    shown = title(name, beside)
    return f"{shown}, {metric.unit} {metric.arrow}" if metric else shown


def explanation(name: str, beside: Iterable[str] = ()) -> str:
    """Return what a column measures as plain text, or an empty one where no entry covers it.

    Example:
        >>> explanation("pa_mpjpe_reflection")
        'legacy: as PA-MPJPE, mirrored fits allowed (ElePose, LInKs)'
    """
    metric = find(name, beside)
    if metric is None:
        return ""

    def plain(quoted: Match[str]) -> str:
        return title(quoted[1], beside) if find(quoted[1]) else quoted[1]

    return re.sub(r"`([^`]*)`", plain, metric.explanation).replace("**", "")
