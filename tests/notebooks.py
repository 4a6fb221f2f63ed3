"""Notebooks of the documentation: their cells, what these import, and pages of text made of them."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "docs/notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
_SHELL, _FILE = "%%bash", "%%writefile "


def cells(notebook: Path, kind: str = "code") -> Iterator[dict[str, Any]]:
    """Yield the cells of a kind, each with its ``text``."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == kind:
            yield cell | {"text": "".join(cell["source"])}


def page_text(page: Path) -> str:
    """Return a page as Markdown: of a notebook its text, and its commands and code in blocks."""
    content = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return content
    parts = []
    for cell in json.loads(content)["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code":
            first, _, rest = text.partition("\n")
            text = f"```bash\n{rest}\n```" if first == _SHELL else f"```python\n{text}\n```"
        parts.append(text)
    return "\n\n".join(parts)


def programs(notebook: Path) -> Iterator[tuple[str, str]]:
    """Yield the Python of every cell that has some, with the name of the cell; magic is left out."""
    for cell in cells(notebook):
        first, _, rest = cell["text"].partition("\n")
        written = first.removeprefix(_FILE) if first.startswith(_FILE) else None
        if first == _SHELL or (written is not None and not written.endswith(".py")):
            continue
        text = cell["text"] if written is None else rest
        lines = text.splitlines()
        yield (
            cell["id"],
            "\n".join("    pass" if x.lstrip().startswith("%") else x for x in lines),
        )


def written_files(notebook: Path) -> set[str]:
    """Return the files that cells of a notebook are written to."""
    firsts = (cell["text"].partition("\n")[0] for cell in cells(notebook))
    return {first.removeprefix(_FILE) for first in firsts if first.startswith(_FILE)}


def imports(notebook: Path) -> Iterator[tuple[str, str | None]]:
    """Yield what is imported: modules, and names of modules."""
    own = {Path(file).stem for file in written_files(notebook)}
    for _, program in programs(notebook):
        for node in ast.walk(ast.parse(program)):
            if isinstance(node, ast.Import):
                yield from ((alias.name, None) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module not in own:
                yield from ((str(node.module), alias.name) for alias in node.names)
