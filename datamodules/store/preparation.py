"""Progress bar of a conversion, and its report."""

from collections.abc import Callable
from pathlib import Path

from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lifting.files import write_together

# Called with the name of each part as it is done.
Note = Callable[[str], None]


def prepare(
    convert: Callable[[Note], str], store: Path | None = None, total: int | None = None
) -> None:
    """Run a conversion under a progress bar; print the report and keep it beside the store."""
    bar = TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*bar) as progress:
        task = progress.add_task("preparing", total=total)
        report = convert(
            lambda name: progress.update(task, advance=1, description=f"{name[-40:]:32}")
        )
    if store is not None:
        write_together({store.with_suffix(".report.txt"): f"{report}\n".encode()})
    print(report)
