"""A small suite of results: a pipeline, its runs, published numbers, tables and the page."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lifting.results.record import Record

PIPELINE: dict[str, Any] = {
    "configs": ["base"],
    "stages": {
        "one": {"options": {"model.width": 64}},
        "two": {"seeds": [0, 1]},
        "store": {"command": "make it", "creates": "f"},
    },
}
BASE: dict[str, Any] = {
    "seed_everything": 0,
    "model": {"class_path": "Mine", "init_args": {"lr": 0.1}},
    "data": {"class_path": "datamodules.Data", "init_args": {"batch_size": 8}},
    "trainer": {"max_epochs": 3, "devices": 1},
}
PUBLISHED: dict[str, Any] = {
    "someone_2020": {
        "who": "Someone, 2020",
        "url": "https://example.org",
        "where": "table 3",
        "input": "ground truth",
        "trained_on": "five subjects",
        "protocol": "all frames",
        "values": {"mpjpe": 40.25},
    }
}
TABLES: dict[str, Any] = {
    "p": {
        "columns": ["seeds", "steps", "mpjpe", "pa_mpjpe", "published", "core_minutes", "commit"],
        "rows": [
            {"label": "the one", "stage": "one", "published": ["someone_2020"]},
            {"label": "the other", "stage": "two"},
        ],
    }
}
PAGE = """# Results

<!-- table p -->
old
<!-- end of table -->

Between.

<!-- table published -->
<!-- end of table -->
"""
# What the classes of the configurations above have by default.
DEFAULTS: dict[str, dict[str, Any]] = {
    "model": {"lr": 0.5, "width": 32, "flip_test": False},
    "data": {
        "batch_size": 32,
        "dilation": 1,
        "test_subjects": ("S9",),
        "test_frames": "all",
        "workers": 0,
        "store": "x",
    },
}
START = {"step": 0, "commit": "c" * 40, "modified": False, "hardware": "chip", "processes": 1}


def made_record(width: int = 32, seed: int = 0, mpjpe: float = 50.0, **more: Any) -> Record:
    """The record of a test as a run leaves it."""
    options = {
        "seed_everything": seed,
        "model": "lifting.methods.Mine",
        "model.lr": 0.1,
        "model.width": width,
        "model.flip_test": False,
        "model.seed": seed,
        "data": "datamodules.Data",
        "data.batch_size": 8,
        "data.test_subjects": ["S9"],
        "data.test_frames": "all",
        "data.workers": 7,
        "data.store": "/elsewhere/a.h5",
        "data.seed": seed,
        "trainer.max_epochs": 3,
        "trainer.devices": 1,
        "wandb": "offline",
    }
    record = Record(
        method="Mine",
        frames=1234,
        averages={
            "action": {"mpjpe": mpjpe + 1, "pa_mpjpe": None},
            "frame": {"mpjpe": mpjpe, "pa_mpjpe": None},
        },
        rows={"Walking": {"frames": 1234, "mpjpe": mpjpe}},
        options=options,
        trained=[{**START, "core_seconds": 90.0, "seconds": 100.0}],
        tested={**START, "torch": "2.13.0+cpu", "command": "lifting test -c /secret/path"},
        batches=500,
    )
    return replace(record, **more)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder that it is in, with the tests of its pipeline done."""
    results = tmp_path / "experiments/results"
    results.mkdir(parents=True)
    content = {
        "experiments/base.yaml": BASE,
        "experiments/p.yaml": PIPELINE,
        "experiments/results/published.yaml": PUBLISHED,
        "experiments/results/tables.yaml": TABLES,
    }
    for name, value in content.items():
        (tmp_path / name).write_text(yaml.safe_dump(value))
    (tmp_path / "experiments/README.md").write_text(PAGE)
    tested = {
        "one": made_record(width=64),
        "two/seed=0": made_record(mpjpe=60.0),
        "two/seed=1": made_record(seed=1, mpjpe=62.0),
    }
    for name, record in tested.items():
        folder = tmp_path / "runs/p" / name
        folder.mkdir(parents=True)
        record.write(folder / "test.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lifting.cli.results.defaults", lambda part, kind: DEFAULTS[part])
    return Path()
