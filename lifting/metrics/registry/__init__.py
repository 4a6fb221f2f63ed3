"""Registry of metrics: name, unit, direction, definition, function, and where each is shown.

Evaluations, tables, reports and model cards read this and nothing else. Every metric of a test is a
column of ``test.csv`` and of the report, in the order of its entries; the flags of an entry say where
else it is shown. ``docs/add_a_metric.md`` goes through adding one.
"""

from collections.abc import Mapping, Sequence

from lifting.metrics.registry import keypoints, others, poses
from lifting.metrics.registry.metric import Metric

__all__ = ["Metric", "families", "find", "with_unit"]


def families() -> Mapping[str, Sequence[Metric[...]]]:
    """Return every entry, by what it is a metric of."""
    return {
        "3D poses": (*poses.POSES, *poses.MOTION),
        "Trajectories": poses.TRAJECTORY,
        "Completed poses": (*poses.COMPLETION, *poses.HIDDEN),
        "2D keypoints": (*keypoints.KEYPOINTS, *keypoints.PEOPLE, *keypoints.PRECISIONS),
        "Poses lifted from detected keypoints": keypoints.LIFTED,
        "MPI-INF-3DHP": others.MPI_INF_3DHP,
        "Likelihoods": others.LIKELIHOOD,
        "Relative depth": others.RELATIVE_DEPTH,
    }


def with_unit(name: str) -> str:
    """Return the name of a metric with its unit and the direction that is better.

    Example:
        >>> with_unit("mpjpe"), with_unit("pck"), with_unit("train/loss")
        ('mpjpe, mm ↓', 'pck, % ↑', 'train/loss')
    """
    metric = find(name)
    return f"{name}, {metric.unit} {metric.arrow}" if metric else name


def find(name: str) -> Metric[...] | None:
    """Return the entry of a column, or of what is logged; None for a name that no entry covers.

    Example:
        >>> find("val/mpjpe").unit, find("nll_legs").name, find("mpjpe_truth_sb").name, find("loss")
        ('mm', 'nll_<part>', 'mpjpe_truth_<lifter>', None)
    """
    column = name.rpartition("/")[2]
    prefix, covering = "", None
    for metric in (m for family in families().values() for m in family):
        start, is_pattern, _ = metric.name.partition("<")
        if metric.name == column:
            return metric
        if is_pattern and len(start) > len(prefix) and column.startswith(start):
            prefix, covering = start, metric
    return covering
