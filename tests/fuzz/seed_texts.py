"""Writing of small text files, for the fuzz suite."""

import json
from pathlib import Path
from typing import Any

FRAMES = 3


def write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_json(path: Path, content: Any) -> Path:
    return write_text(path, json.dumps(content))
