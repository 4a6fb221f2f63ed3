"""Tables of a report: tests by action, and errors by quantile and joint."""

import html
from collections.abc import Mapping, Sequence

from lifting.metrics.registry import explanation, find, with_unit
from lifting.reporting.gathering import ReportedRun
from lifting.reporting.pose_errors import PoseErrors
from lifting.reporting.protocols import Group, group_differences, inputs, method
from lifting.reporting.seeds import seed_groups, together
from lifting.runs.folder import Row
from lifting.viz.document import paragraph, table

_NAN = float("nan")


def in_words(rows: Sequence[Row]) -> tuple[list[Row], dict[str, str]]:
    """Return the rows of a test's table under the titles of their metrics, and what these mean."""
    columns = list(rows[0])
    heads = {name: with_unit(name, columns) for name in columns}
    terms = {heads[name]: explanation(name, columns) for name in columns}
    kind = columns[0]
    named = [
        {heads[name]: _in_words(value) if name == kind else value for name, value in row.items()}
        for row in rows
    ]
    return named, terms


def _in_words(value: object) -> object:
    """Return the name of a row as words: cases of occlusion are called as parts of a joint set."""
    return value.replace("_", " ") if isinstance(value, str) else value


def notice(title: str, lines: Sequence[str]) -> str:
    """Return a highlighted box of lines."""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f'<div class="notice" role="note"><p>{html.escape(title)}</p><ul>{items}</ul></div>'


def incomparable(compared: Sequence[Group], reason: str) -> list[str]:
    """Return the box that says which runs do not compare; nothing where all do."""
    if len(compared) < 2:
        return []
    title = f"Not everything compares: {reason}. Only numbers of the same letter are compared."
    return [notice(title, group_differences(compared))]


def heading(compared: Sequence[Group], group: Group, text: str) -> str:
    """Return a heading, with the letter of the group where there are several."""
    letter = f"{group.name}: " if len(compared) > 1 else ""
    return f"<h3>{html.escape(letter + text)}</h3>"


def tables_of_tests(compared: Sequence[Group]) -> list[str]:
    """Return the averages of every group, and its metrics by action."""
    parts = incomparable(compared, "tests measured different things")
    for group in compared:
        kind = next(iter(group.runs[0].table[0]))
        measured = group.facts["measured"]
        parts.append(heading(compared, group, f"{kind.capitalize()} average, {measured}"))
        metrics = list(dict.fromkeys(m for run in group.runs for m in run.table[0]))[2:]
        heads = {m: with_unit(m, metrics) for m in metrics}
        terms = {head: explanation(m, metrics) for m, head in heads.items()}
        averages = [_average(run.table, kind) for run in group.runs]
        values = {m: [average.get(m, _NAN) for average in averages] for m in metrics}
        rows = [
            {"run": run.label, "method": method(run), "frames": f"{average['frames']:,}"}
            | {heads[m]: of_runs[index] for m, of_runs in values.items()}
            for index, (run, average) in enumerate(zip(group.runs, averages, strict=True))
        ]
        shown, places = _with_seeds(group.runs, averages, rows, heads)
        marked = {(places[index], heads[m]) for m in metrics for index in best(m, values[m])}
        parts.append(table(shown, f"{kind} average", marked, terms=terms))
        if inputs(group):
            parts.append(paragraph(inputs(group)))
        measured_at_all = [m for m in metrics if any(v == v for v in values[m])]
        first, *more = (_by_row(group, kind, m, heads[m]) for m in measured_at_all or metrics)
        parts += [f"<details open>{first}</details>"]
        if more:
            parts.append(f"<details><summary>Every other metric by {html.escape(kind)}</summary>")
            parts += [*(f"<details open>{fold}</details>" for fold in more), "</details>"]
    return parts


def _with_seeds(
    runs: Sequence[ReportedRun],
    averages: Sequence[Row],
    rows: Sequence[Row],
    heads: Mapping[str, str],
) -> tuple[list[Row], list[int]]:
    """Return the rows of runs, below those that differ in the seed alone their mean ± sd, and places."""
    below: dict[int, Row] = {}
    for group in seed_groups(runs):
        members = [runs.index(run) for run in group]
        spread = together(group, [averages[index] for index in members])
        last = rows[members[-1]]
        named = {heads.get(name, name): value for name, value in spread.items()}
        below[members[-1]] = {name: named.get(name, value) for name, value in last.items()}
    shown: list[Row] = []
    places = []
    for index, row in enumerate(rows):
        places.append(len(shown))
        shown += [row, *([below[index]] if index in below else [])]
    return shown, places


def _average(rows: Sequence[Row], kind: str) -> Row:
    return next((row for row in rows if row[kind] == f"{kind} average"), rows[-1])


def _by_row(group: Group, kind: str, metric: str, head: str) -> str:
    """Return one metric of all runs by row, folded."""
    title = f"{head}, by {kind}"
    columns = {
        run.label: {row[kind]: row.get(metric, _NAN) for row in run.table} for run in group.runs
    }
    names = [row[kind] for row in group.runs[0].table]
    inside = _comparison(kind, names, columns, metric, title)
    return f"<summary>{html.escape(title)}</summary>{inside}"


def _comparison(
    kind: str,
    names: Sequence[str],
    columns: Mapping[str, Mapping[str, float]],
    metric: str,
    title: str,
) -> str:
    """Return a table of runs side by side, the best of each row marked."""
    rows = [
        {kind: _in_words(name), **{label: v[name] for label, v in columns.items()}}
        for name in names
    ]
    labels = list(columns)
    marked = {
        (index, labels[column])
        for index, name in enumerate(names)
        for column in best(metric, [values[name] for values in columns.values()])
    }
    return table(rows, title, marked)


def best(name: str, values: Sequence[float]) -> set[int]:
    """Return which of several runs have the best value of a metric.

    None where all have the same, or no direction is better.

    Example:
        >>> best("mpjpe", [40.0, 38.0, float("nan")]), best("mpjpe", [40.0]), best("spread", [3.0, 2.0])
        ({1}, set(), set())
    """
    metric = find(name)
    known = [value for value in values if value == value]
    if metric is None or metric.higher_is_better is None or len(set(known)) < 2:
        return set()
    extreme = max(known) if metric.higher_is_better else min(known)
    return {index for index, value in enumerate(values) if value == extreme}


def error_tables(group: Group, errors: Mapping[str, PoseErrors]) -> list[str]:
    """Return quantiles of the errors of single poses, and the mean of each joint."""
    labels = [run.label for run in group.runs]
    quantiles = [{"run": label, **errors[label].summary()} for label in labels]
    joints = errors[labels[0]].joints.joints
    names = [joint.replace("_", " ") for joint in joints]
    columns = {
        label: dict(zip(names, errors[label].by_joint.tolist(), strict=True)) for label in labels
    }
    title = "by joint, mm"
    return [
        table(quantiles, "quantiles of errors, mm"),
        f"<details open><summary>{title}</summary>",
        _comparison("joint", names, columns, "mpjpe", title),
        "</details>",
    ]
