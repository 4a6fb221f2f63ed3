"""Drawings of a report: learning curves, and the distribution of errors."""

import html
from collections.abc import Mapping, Sequence

import numpy as np

from lifting.metrics.registry import families, with_unit
from lifting.reporting.gathering import ReportedRun
from lifting.reporting.pose_errors import PoseErrors
from lifting.reporting.protocols import Group, facts_of_loss, facts_of_validation, groups
from lifting.reporting.tables import incomparable
from lifting.viz.lines import Line, line_drawing, swatch

_LOSS = "train/loss"
# Points of a curve; where there are more, each is the mean of several.
_POINTS = 250


def legend(labels: Sequence[str], numbers: Mapping[str, int]) -> str:
    """Return the legend of lines: the runs by the colours of their numbers."""
    items = "".join(f"<li>{swatch(numbers[name])}{html.escape(name)}</li>" for name in labels)
    return f'<ul class="legend lines" aria-label="Runs">{items}</ul>'


def curve_drawings(runs: Sequence[ReportedRun], numbers: Mapping[str, int]) -> list[str]:
    """Return curves of the loss and of every validation metric, comparable runs in one drawing."""
    logged = dict.fromkeys(name for run in runs for name in run.curves)
    headlines = [m.name for family in families().values() for m in family if m.headline]
    # Other curves unfold.
    open_at_once = [n for n in (_LOSS, *(f"val/{name}" for name in headlines)) if n in logged]
    names = open_at_once + [n for n in logged if n.startswith("val/") and n not in open_at_once]
    shown = [run for run in runs if not run.curves.keys().isdisjoint(names)]
    if not shown:
        return []
    trained = [run for run in shown if _LOSS in run.curves]
    validated = [run for run in shown if any(name.startswith("val/") for name in run.curves)]
    losses, values = groups(trained, facts_of_loss), groups(validated, facts_of_validation)
    parts = [legend([run.label for run in shown], numbers)]
    parts += incomparable(losses, "losses of different methods are not the same thing")
    parts += incomparable(values, "validations measured different things")
    first: list[str] = []
    more: list[str] = []
    for name in names:
        comparable = losses if name == _LOSS else values
        drawn = [_curve(name, group, numbers, len(comparable) > 1) for group in comparable]
        (first if name in open_at_once else more).extend(filter(None, drawn))
    parts.append(f'<div class="curves">{"".join(first)}</div>')
    if more:
        parts.append(
            "<details><summary>Everything else that was validated</summary>"
            f'<div class="curves">{"".join(more)}</div></details>'
        )
    return parts


def _curve(name: str, group: Group, numbers: Mapping[str, int], lettered: bool) -> str:
    """Return the curves that the runs of a group logged under a name; nothing where none did."""
    runs = [run for run in group.runs if name in run.curves]
    if not runs:
        return ""
    lines = [Line(run.label, *_thinned(*run.curves[name]), numbers[run.label]) for run in runs]
    drawing = line_drawing(lines, "step", with_unit(name), "log" if name == _LOSS else "linear")
    labels = ", ".join(run.label for run in runs)
    return _figure(drawing, f"{group.name}: {labels}" if lettered else labels)


def _thinned(steps: Sequence[float], values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return a curve of few points, each the mean of as many as it stands for."""
    points = min(_POINTS, len(steps))
    return tuple(  # type: ignore[return-value]
        [float(chunk.mean()) for chunk in np.array_split(np.asarray(x, np.float64), points)]
        for x in (steps, values)
    )


def distribution(group: Group, errors: Mapping[str, PoseErrors], numbers: Mapping[str, int]) -> str:
    """Return the cumulative distribution of the errors, drawn up to the largest 99 % quantile."""
    summaries = [errors[run.label].summary()["99 %"] for run in group.runs]
    limit = max((float(s) for s in summaries if isinstance(s, float) and s == s), default=1.0)
    lines = [
        Line(run.label, *errors[run.label].cumulative(limit), numbers[run.label])
        for run in group.runs
    ]
    drawing = line_drawing(lines, "mean error of a pose, mm", "poses with no more, %")
    return f'<div class="curves single">{_figure(drawing, group.labels)}</div>'


def _figure(drawing: str, caption: str) -> str:
    return f"<figure>{drawing}<figcaption>{html.escape(caption)}</figcaption></figure>"
