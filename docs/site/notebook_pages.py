"""Notebooks as pages: their cells, and what they put out where they were executed."""

import json
import re
from typing import Any

FENCE = "``````"
# The first line of a cell that a shell runs.
SHELL = "%%bash\n"
# Of text in a terminal.
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def as_markdown(notebook: str) -> str:
    """Return a notebook, which is JSON, as Markdown."""
    parts: list[str] = []
    for cell in json.loads(notebook)["cells"]:
        source = _text(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif cell["cell_type"] == "code" and source.strip():
            shell = source.startswith(SHELL)
            parts.append(_fenced("bash" if shell else "python", source.removeprefix(SHELL)))
            parts += map(_output, _joined(cell["outputs"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)


def _fenced(kind: str, text: str) -> str:
    return f"{FENCE}{kind}\n{text.rstrip()}\n{FENCE}"


def _joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return outputs with what was printed in several pieces as one."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        if joined and "text" in output and "text" in joined[-1]:
            joined[-1] = {"text": _text(joined[-1]["text"]) + _text(output["text"])}
        else:
            joined.append(output)
    return joined


def _output(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        return _fenced("{raw} html", _text(data["text/html"]))
    if "image/png" in data:
        image = _text(data["image/png"]).replace("\n", "")
        return _fenced("{raw} html", f'<img alt="Output" src="data:image/png;base64,{image}">')
    text = COLOURS.sub("", _text(output.get("text", data.get("text/plain", ""))))
    return _fenced("text", text) if text.strip() else ""
