"""Progress bar of a conversion, and its report."""

from collections.abc import Callable
from pathlib import Path

from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

# Called with the name of each part as it is done.
Note = Callable[[str], None]


def prepare(
    convert: Callable[[Note], str], store: Path | None = None, total: int | None = None
) -> None:
    """Run a conversion under a progress bar, and print the report.

    Args:
        convert: The conversion, which takes a function to call for each part and returns the report.
        store: The file that it writes; the report is kept beside it, ending in ``.report.txt``.
        total: Number of parts, if it is known.
    """
    bar = TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*bar) as progress:
        task = progress.add_task("preparing", total=total)
        report = convert(
            lambda name: progress.update(task, advance=1, description=f"{name[-40:]:32}")
        )
    if store is not None:
        store.with_suffix(".report.txt").write_text(report + "\n")
    print(report)
