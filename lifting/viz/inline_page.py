"""Page shown inside of another one: in a notebook, or in an app."""

import html
from dataclasses import dataclass
from pathlib import Path

from lifting.errors import InputError


@dataclass(frozen=True)
class InlinePage:
    """A page of the suite in a frame that holds all of it, so that it needs no file beside it.

    Notebooks show it where it is the last value of a cell.

    Attributes:
        path: The page.
        height: Height of the frame, pixels.
    """

    path: Path
    height: int = 640

    @property
    def html(self) -> str:
        """The frame, for another page: what is in it runs, and reaches nothing outside of it.

        Raises:
            InputError: If the page cannot be read.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError("cannot be read as a page", self.path, "write it anew.") from error
        return (
            f'<iframe title="{html.escape(self.path.stem)}" sandbox="allow-scripts" '
            f'style="width: 100%; height: {self.height}px; border: 0" '
            f'srcdoc="{html.escape(text)}"></iframe>'
        )

    def _repr_html_(self) -> str:
        return self.html
