"""Model card of a hub folder: facts, use, method, training data, results and licence."""

import csv
import inspect
import re
from pathlib import Path
from typing import Any

import yaml

from lifting.containers.damage import DATA_ERRORS
from lifting.containers.yaml_files import load_yaml
from lifting.errors import InputError
from lifting.export.wrapping import Exportable
from lifting.methods import Method
from lifting.metrics.registry import find, with_unit

_USE = """\
```python
from lifting.export import from_hub

method = from_hub("{folder}")  # a {method}, in evaluation mode
```

`lifting export model` of the suite writes checkpoints as ONNX, which runs without torch.
"""


def model_card(
    model: Exportable,
    facts: dict[str, str],
    name: str,
    checkpoint: Path,
    licence: str | None,
    notes: str = "",
    half: bool = False,
) -> str:
    """Return the README of a hub folder.

    Args:
        model: The method.
        facts: Its metadata.
        name: That of the folder.
        checkpoint: Lies in the folder of its run, or is a hub folder.
        licence: The condition of the training data.
        notes: Markdown: sections that stand in for those of the same heading, or are added.
        half: Whether parameters are in half precision.
    """
    kind = "keypoint-detection" if not model.frames else "other"
    tags = ["human-pose-estimation", "lifting", facts["method"]]
    front = yaml.safe_dump({"license": "other", "pipeline_tag": kind, "tags": tags})
    run = checkpoint.parent.parent
    data = _data(run)
    condition = licence or "not stated here: find out what the owners of the training data allow"
    sections = {
        "Use": _USE.format(folder=name, method=facts["method"]),
        "Method": _source(model.method),
        "Training data": data or "Not known: the checkpoint lies in no folder of a run.",
        "Results": _results(run, checkpoint),
        "Licence": "The code is under the Apache License 2.0. Weights carry the conditions of the "
        f"data they were trained on, {condition}.",
    }
    about, own = split_notes(notes)
    sections |= own
    rows = _facts(model, facts, half)
    parts = [f"---\n{front}---\n\n# {name}\n", *([about + "\n"] if about else []), rows]
    parts += [f"## {heading}\n\n{text.strip()}\n" for heading, text in sections.items()]
    return "\n".join(parts)


def split_notes(notes: str) -> tuple[str, dict[str, str]]:
    """Return what stands before the first heading of the second level, and the sections by heading.

    Example:
        >>> split_notes(chr(10).join(["Walks.", "", "## Limits", "", "None."]))
        ('Walks.', {'Limits': 'None.'})
    """
    # One of the first level is the name, which the card has already.
    text = re.sub(r"\A\s*# .*\n?", "", notes)
    before, *rest = re.split(r"^## +(.+?) *$", text, flags=re.MULTILINE)
    return before.strip(), {h: t.strip() for h, t in zip(rest[::2], rest[1::2], strict=True)}


def _facts(model: Exportable, facts: dict[str, str], half: bool) -> str:
    rows = [f"| keypoints | `{facts['keypoint_skeleton']}`, pixels |"]
    if model.frames:
        rows.append(f"| poses | `{facts['skeleton']}`, root-relative, camera frame, millimetres |")
        rows.append(f"| frames of a window | {facts['frames']} |")
    parameters = sum(p.numel() for p in model.method.parameters())
    precision = "half" if half else "single"
    rows.append(f"| parameters | {parameters:,}, in {precision} precision |")
    rows.append(f"| suite | {facts['suite']} |")
    rows.append(f"| SHA-256 of the checkpoint | `{facts['checkpoint_sha256']}` |")
    return "| | |\n|---|---|\n" + "\n".join(rows) + "\n"


def _source(method: Method) -> str:
    """Return the header of the method's file: paper, URL, BibTeX and official code."""
    header = inspect.getdoc(inspect.getmodule(type(method))) or type(method).__name__
    text, _, entry = header.partition("\n@")
    bibtex = f"\n```bibtex\n@{entry}\n```\n" if entry else ""
    return f"{text.strip()}\n{bibtex}"


def _data(run: Path) -> str | None:
    """Return the datamodule that a run was trained with, and its options of source and subjects."""
    path = run / "config.yaml"
    try:
        data: Any = load_yaml(path)["data"]
        kind = str(data["class_path"]).rpartition(".")[2]
        arguments = data["init_args"]
    except (InputError, OSError, *DATA_ERRORS):
        return None
    options = ("source", "train_subjects", "val_subjects", "test_subjects")
    values = [f"{name} {arguments[name]}" for name in options if arguments.get(name)]
    return f"`{kind}`: {'; '.join(values)}." if values else f"`{kind}`."


def _results(run: Path, checkpoint: Path) -> str:
    """Return the averages of the run's test; only ``best.ckpt`` is what a run tests."""
    path = run / "test.csv"
    if checkpoint.name != "best.ckpt" or not path.is_file():
        return "Not measured.\n"
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        kind, *columns = reader.fieldnames or ["action"]
        rows = [row for row in reader if (row[kind] or "").endswith(" average")]
    shown = [c for c in columns if c == "frames" or ((metric := find(c, columns)) and metric.card)]
    lines = [[kind, *(with_unit(name, columns) for name in shown)], ["---"] * (1 + len(shown))]
    lines += [[row[kind], *(_number(row[name]) for name in shown)] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _number(text: str) -> str:
    try:
        return f"{float(text):,.0f}" if float(text).is_integer() else f"{float(text):.1f}"
    except ValueError:
        return "–"
