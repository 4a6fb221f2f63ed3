"""Page of a report."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lifting.reporting.drawings import curve_drawings, distribution, legend
from lifting.reporting.gathering import ReportedRun
from lifting.reporting.options import differences, origins, shared
from lifting.reporting.pose_errors import PoseErrors
from lifting.reporting.protocols import facts_of_test, groups, method
from lifting.reporting.tables import error_tables, heading, incomparable, notice, tables_of_tests
from lifting.viz.document import paragraph, table, write_document
from lifting.viz.player import Clip, player


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
    if worst:
        parts += [f"<h2>Worst poses{suffix}</h2>", player(worst)]
    numbers = {run.label: number for number, run in enumerate(runs)}
    parts += _errors(runs, errors, numbers, suffix)
    drawings = curve_drawings(runs, numbers)
    if drawings:
        parts += ["<h2>Training</h2>", *drawings]
    if len(runs) > 1:
        parts += ["<h2>Options that differ</h2>", *_options(runs)]
    parts += [
        "<h2>Provenance</h2>",
        table(origins(runs), "Provenance", words=True),
    ]
    write_document(path, f"Report: {title}", parts)


def _errors(
    runs: Sequence[ReportedRun],
    errors: Mapping[str, PoseErrors],
    numbers: Mapping[str, int],
    suffix: str,
) -> list[str]:
    """Return the distribution of the errors of single poses, over poses and joints."""
    facts = {label: of_run.facts for label, of_run in errors.items()}
    predicted = groups([run for run in runs if run.label in errors], lambda r: facts[r.label])
    if not predicted:
        return []
    labels = [run.label for group in predicted for run in group.runs]
    parts = [f"<h2>Errors of single poses{suffix}</h2>", legend(labels, numbers)]
    parts += incomparable(predicted, "not the same poses were predicted")
    for group in predicted:
        poses = group.facts["predicted"].partition(" (")[0]
        parts.append(heading(predicted, group, f"Mean error of a pose, mm; {poses}"))
        parts += [distribution(group, errors, numbers), *error_tables(group, errors)]
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
