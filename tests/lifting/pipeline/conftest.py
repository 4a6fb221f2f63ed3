"""Pipelines in a folder of their own, with a stand-in for the trainings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lifting.pipeline import Pipeline, read_pipeline

# Takes no time to begin: counts its starts in last.ckpt, makes best.ckpt of its options, and measures
# what lr and seed say; the better its validation, the worse its test.
STUB = """
import os, pathlib, sys
verb, *words = sys.argv[1:]
run = pathlib.Path(words[words.index("--run") + 1])
with open("calls.txt", "a") as calls:
    calls.write(f"{verb} {run.relative_to('runs/p')}\\n")
folder = run / "checkpoints"
folder.mkdir(parents=True, exist_ok=True)
last = folder / "last.ckpt"
last.write_text(str(int(last.read_text()) + 1 if last.is_file() else 1))
if os.path.exists("fails") and pathlib.Path("fails").read_text() in str(run):
    sys.exit(3)
(folder / "best.ckpt").write_text(" ".join(sorted(w for w in words if w.startswith("--"))))
given = dict(w[2:].split("=", 1) for w in words if w.startswith("--") and "=" in w)
lr, seed = float(given.get("model.lr", 1)), int(given.get("seed", 0))
mpjpe = 10 * lr + seed
(run / "config.yaml").write_text("best: {monitor: val/mpjpe, mode: min}\\n")
logs = run / "logs/version_0"
logs.mkdir(parents=True, exist_ok=True)
(logs / "metrics.csv").write_text(
    f"epoch,step,val/mpjpe\\n0,10,{mpjpe + 5}\\n1,20,{mpjpe}\\n2,30,{mpjpe + 1}\\n3,40,nan\\n"
)
error = 100 - mpjpe
(run / "test.csv").write_text(
    f"action,frames,mpjpe\\nWalking,8,{error}\\naction average,8,{error}\\nframe average,8,{error}\\n"
)
"""


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder with a configuration and a stand-in for the trainings, to run in."""
    (tmp_path / "lifting").mkdir()
    (tmp_path / "lifting/__init__.py").touch()
    (tmp_path / "lifting/__main__.py").write_text(STUB)
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments/base.yaml").write_text("seed_everything: 0\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def plan(here) -> Callable[..., Pipeline]:
    """What reads a pipeline of stages."""

    def read(
        stages: dict[str, Any], settings: dict[str, Any] | None = None, **keys: Any
    ) -> Pipeline:
        content = {"name": "p", "configs": ["base"], "stages": stages, **keys}
        Path("p.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        return read_pipeline("p.yaml", settings=settings)

    return read


@pytest.fixture
def calls(here) -> Callable[[], list[str]]:
    """What returns the trainings since the last time that it was asked."""

    def since() -> list[str]:
        path = Path("calls.txt")
        lines = path.read_text().splitlines() if path.is_file() else []
        path.write_text("")
        return lines

    return since
