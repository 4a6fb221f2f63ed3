"""Bars of progress, in terminals alone."""

from rich.console import Console
from rich.progress import Progress


def progress_bar(*, disable: bool = False) -> Progress:
    """Return a bar that is gone once it ends; where nobody sees it, in files and pipes, there is none.

    It is drawn on the standard error, so that the standard output holds the results alone.
    """
    # rich would leave an empty line for each bar in a file.
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=disable or not console.is_terminal)
