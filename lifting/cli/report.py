"""The command ``lifting report``: runs compared on one page."""

from pathlib import Path

from lifting.errors import InputError, Option, Phrase
from lifting.runs.folder import run_folder


def report(*runs: str, out: str | None = None, align: bool = False, worst: int = 12) -> None:
    """Compare runs on one page: tests, errors, worst poses, curves, options, origins.

    What `lifting test` and `lifting predict` have written of each run is shown.

    Args:
        runs: Runs, by their names or their folders.
        out: The page, .html; report.html in the first run's folder where not given.
        align: Fit each pose to the true one first, as PA-MPJPE does, for errors and worst poses.
        worst: Number of worst poses of each run; 0 for none.
    """
    folders = [Path(run_folder(run)) for run in runs]
    path = folders[0] / "report.html" if out is None else Path(out)
    if path.suffix.lower() != ".html":
        raise InputError(
            Phrase("{} {}: is a page", Option("out"), path),
            remedy="choose a name that ends in .html.",
        )
    if worst < 0:
        raise InputError(
            Phrase("{} {}: give a number of poses, or 0 for none.", Option("worst"), worst)
        )
    from lifting.cli.report_page import write_report_page

    write_report_page(path, folders, align, worst)
    print(f"Open {path.resolve()} in a browser.")
