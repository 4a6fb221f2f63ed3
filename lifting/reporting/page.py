"""Page of a report, and its drawings: learning curves, and the distribution of errors."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lifting.metrics.registry import families, with_unit
from lifting.metrics.registry import title as title_of
from lifting.reporting.gathering import ReportedRun
from lifting.reporting.history import history
from lifting.reporting.options import differences, origins, shared
from lifting.reporting.pose_errors import PoseErrors
from lifting.reporting.protocols import (
    Group,
    facts_of_loss,
    facts_of_test,
    facts_of_validation,
    groups,
    method,
)
from lifting.reporting.tables import error_tables, heading, incomparable, notice, tables_of_tests
from lifting.viz.document import paragraph, table, write_document
from lifting.viz.lines import Line, line_drawing, swatch
from lifting.viz.player import Clip, player

_LOSS = "train/loss"
# Points of a curve; where there are more, each is the mean of several.
_POINTS = 250


def write_report(
    path: Path,
    runs: Sequence[ReportedRun],
    errors: Mapping[str, PoseErrors],
    worst: Sequence[Clip] = (),
    aligned: bool = False,
) -> None:
    """Write a page that compares runs.

    Numbers share a table, and lines a drawing, only where they measure the same.

    Args:
        path: Where to.
        runs: The runs.
        errors: Of the poses that each predicted, by its label; runs that predicted none are left out.
        worst: The worst poses, to look at.
        aligned: Whether errors and worst poses are after alignment.

    Raises:
        InputError: If the page cannot be written.
    """
    title = " and ".join(filter(None, [", ".join(r.label for r in runs[:-1]), runs[-1].label]))
    parts = [paragraph("; ".join(f"{run.label}: {method(run)}" for run in runs) + ".")]
    missing = [f"{run.label}: {sentence}" for run in runs for sentence in run.missing]
    if missing:
        parts.append(notice("Not in this report:", missing))
    tested = groups([run for run in runs if run.table], facts_of_test)
    if tested:
        parts += ["<h2>Test</h2>", *tables_of_tests(tested)]
    suffix = ", after alignment" if aligned else ""
    metric = title_of("pa_mpjpe" if aligned else "mpjpe")
    if worst:
        parts += [f"<h2>Worst poses{suffix}</h2>", player(worst)]
    numbers = {run.label: number for number, run in enumerate(runs)}
    parts += _errors(runs, errors, numbers, metric)
    drawings = _curve_drawings(runs, numbers)
    if drawings:
        parts += ["<h2>Training</h2>", *drawings]
    if len(runs) > 1:
        parts += ["<h2>Options that differ</h2>", *_options(runs)]
    parts += ["<h2>Provenance</h2>", table(origins(runs), "Provenance", words=True)]
    if commands := history(runs):
        parts += ["<h2>History</h2>", table(commands, "History", words=True)]
    write_document(path, f"Report: {title}", parts)


def _errors(
    runs: Sequence[ReportedRun],
    errors: Mapping[str, PoseErrors],
    numbers: Mapping[str, int],
    metric: str,
) -> list[str]:
    """Return the distribution of the errors of single poses, over poses and joints."""
    facts = {label: of_run.facts for label, of_run in errors.items()}
    predicted = groups([run for run in runs if run.label in errors], lambda r: facts[r.label])
    if not predicted:
        return []
    labels = [run.label for group in predicted for run in group.runs]
    parts = ["<h2>Errors of single poses</h2>", _legend(labels, numbers)]
    parts += incomparable(predicted, "not the same poses were predicted")
    for group in predicted:
        poses = group.facts["predicted"].partition(" (")[0]
        parts.append(heading(predicted, group, f"{metric} of a pose, mm; {poses}"))
        parts += [_distribution(group, errors, numbers, metric), *error_tables(group, errors)]
    return parts


def _options(runs: Sequence[ReportedRun]) -> list[str]:
    """Return the options in which all runs differ, and those that only some have."""
    everywhere, somewhere = shared(differences(runs))
    if not everywhere and not somewhere:
        return [paragraph("None.")]
    parts = []
    if everywhere:
        parts.append(table(everywhere, "Options that differ", words=True))
    if somewhere:
        title = "Options that not every run has"
        parts += [f"<details{'' if everywhere else ' open'}><summary>{title}</summary>"]
        parts += [table(somewhere, title, words=True), "</details>"]
    return parts


def _legend(labels: Sequence[str], numbers: Mapping[str, int]) -> str:
    """Return the legend of lines: the runs by the colours of their numbers."""
    items = "".join(f"<li>{swatch(numbers[name])}{html.escape(name)}</li>" for name in labels)
    return f'<ul class="legend lines" aria-label="Runs">{items}</ul>'


def _curve_drawings(runs: Sequence[ReportedRun], numbers: Mapping[str, int]) -> list[str]:
    """Return curves of the loss and of every validation metric, comparable runs in one drawing."""
    logged = dict.fromkeys(name for run in runs for name in run.curves)
    # Families have metrics in common.
    headlines = dict.fromkeys(m.name for f in families().values() for m in f if m.headline)
    # Other curves unfold.
    open_at_once = [n for n in (_LOSS, *(f"val/{name}" for name in headlines)) if n in logged]
    names = open_at_once + [n for n in logged if n.startswith("val/") and n not in open_at_once]
    shown = [run for run in runs if not run.curves.keys().isdisjoint(names)]
    if not shown:
        return []
    trained = [run for run in shown if _LOSS in run.curves]
    validated = [run for run in shown if any(name.startswith("val/") for name in run.curves)]
    losses, values = groups(trained, facts_of_loss), groups(validated, facts_of_validation)
    parts = [_legend([run.label for run in shown], numbers)]
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


def _distribution(
    group: Group, errors: Mapping[str, PoseErrors], numbers: Mapping[str, int], metric: str
) -> str:
    """Return the cumulative distribution of the errors, drawn up to the largest 99 % quantile."""
    summaries = [errors[run.label].summary()["99 %"] for run in group.runs]
    limit = max((float(s) for s in summaries if isinstance(s, float) and s == s), default=1.0)
    lines = [
        Line(run.label, *errors[run.label].cumulative(limit), numbers[run.label])
        for run in group.runs
    ]
    drawing = line_drawing(lines, f"{metric} of a pose, mm", "poses with no more, %")
    return f'<div class="curves single">{_figure(drawing, group.labels)}</div>'


def _figure(drawing: str, caption: str) -> str:
    return f"<figure>{drawing}<figcaption>{html.escape(caption)}</figcaption></figure>"
