"""Tests of the list of runs."""

import os
from pathlib import Path

from lifting.runs.listing import folders_of_runs, list_run, runs_as_table
from tests.made_runs import write_run


def write_some(folder: Path) -> None:
    """Write a run, one of a pipeline, a damaged one, and files that are none, an hour apart each."""
    write_run(folder / "first")
    write_run(folder / "links/occlusion", "OcclusionCompletion", table=None)
    (folder / "broken").mkdir()
    (folder / "broken/config.yaml").write_text("model: [")
    (folder / "first/logs/config.yaml").write_text("no run, but inside one")
    (folder / "notes.txt").write_text("")
    for hour, name in enumerate(["links/occlusion", "broken", "first"]):
        for path in (folder / name).iterdir():
            os.utime(path, (3600 * hour, 3600 * hour))


def test_runs_are_listed_with_method_test_and_time_the_latest_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert runs_as_table() == []
    write_some(Path("runs"))
    listed = [list_run(folder) for folder in folders_of_runs()]
    assert [(run.name, run.method, run.tested) for run in listed] == [
        ("first", "SimpleBaseline", True),
        ("broken", "?", False),
        ("links/occlusion", "OcclusionCompletion", False),
    ]
    assert [run.when.timestamp() for run in listed] == [7200, 3600, 0]
    first, *_, last = runs_as_table(limit=2)
    assert first.split()[:3] == ["first", "SimpleBaseline", "tested"]
    assert last == "  … and 1 more in runs/"
