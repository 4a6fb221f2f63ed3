"""Tests of the summary of a matrix, and of reports with and without one."""

import json
from pathlib import Path

import pytest

from lifting.pipeline import run_pipeline
from lifting.pipeline.report import write_report
from lifting.pipeline.summary import best_cell, chosen_by, grid_cells

# The stand-in for the trainings is a package of its own.
pytestmark = pytest.mark.unforked


def write_log(folder: Path, rows: str, best: str) -> Path:
    (folder / "logs/version_0").mkdir(parents=True)
    (folder / "logs/version_0/metrics.csv").write_text(rows)
    (folder / "config.yaml").write_text(f"best: {best}\n")
    return folder


@pytest.mark.parametrize(
    ("best", "chosen"),
    [
        ("{monitor: val/a, mode: min}", ("val/a", "min", 2.0)),
        ("{monitor: val/b, mode: max}", ("val/b", "max", 7.0)),
        ("{monitor: val/a}", ("val/a", "min", 2.0)),
        ("{monitor: null}", None),  # nobody is held out
        ("{monitor: val/c, mode: min}", None),
    ],
)
def test_a_run_was_chosen_by_the_best_of_what_it_logged(tmp_path, best, chosen):
    rows = "epoch,step,val/a,val/b\n0,1,3.0,5.0\n1,2,2.0,7.0\n2,3,nan,inf\n"
    found = chosen_by(write_log(tmp_path, rows, best))
    assert chosen is None if found is None else (found.metric, found.mode, found.value) == chosen


def test_a_folder_without_a_configuration_was_chosen_by_nothing(tmp_path):
    assert chosen_by(tmp_path) is None


GRID = {"a": {"grid": {"model.lr": [1, 2]}}}


def finished(plan, stages, **keys):
    pipeline = plan(stages, **keys)
    assert run_pipeline(pipeline) == 0
    return pipeline


def test_the_best_cell_is_that_of_validation_not_of_the_test(plan):
    pipeline = finished(plan, GRID, seeds=[0, 1, 2])
    report = Path("runs/p/report.md").read_text()
    assert (
        "Best cell by validation: **lr 1**, validation MPJPE 11.00 ± 1.00 (mean ± sd of 3 seeds, "
        "the lowest of 2 cells). The test has no part in the choice." in report
    )
    # Its test is the worse one.
    assert "| 1 | 3 | 11.00 ± 1.00 | 8 | 89.00 ± 1.00 |" in report
    assert "| 2 | 3 | 21.00 ± 1.00 | 8 | 79.00 ± 1.00 |" in report
    assert "| a/lr=2,seed=2 | 8 | 78.00 |" in report
    content = json.loads(Path("runs/p/report.json").read_text())
    assert len(content["runs"]) == 2 * 6
    best, other = content["cells"]
    assert (best["best_by_validation"], other["best_by_validation"]) == (True, False)
    assert best["point"] == {"lr": 1}
    assert best["runs"] == [f"a/lr=1,seed={seed}" for seed in range(3)]
    assert best["validation"] == {"metric": "val/mpjpe", "mode": "min", "mean": 11.0, "sd": 1.0}
    assert best["test"]["frame average"] == {"frames": 8, "mpjpe": {"mean": 89.0, "sd": 1.0}}
    best, sentence = best_cell(grid_cells(pipeline)["a"])
    assert best is not None
    for path in Path("runs/p").glob("a/*/config.yaml"):
        path.write_text("best: {monitor: val/mpjpe, mode: max}\n")
    best, sentence = best_cell(grid_cells(pipeline)["a"])
    assert best.name == "lr 2"
    assert "the highest of 2 cells" in sentence


def test_without_comparable_validations_no_cell_is_the_best(plan):
    pipeline = finished(plan, GRID)
    assert "(the lowest of 2 cells)" in best_cell(grid_cells(pipeline)["a"])[1]
    Path("runs/p/a/lr=1/config.yaml").write_text("best: {monitor: val/mpjpe, mode: max}\n")
    assert "by different metrics" in best_cell(grid_cells(pipeline)["a"])[1]
    Path("runs/p/a/lr=1/config.yaml").write_text("best: {monitor: null}\n")
    best, sentence = best_cell(grid_cells(pipeline)["a"])
    assert best is None
    assert "not all were validated" in sentence
    assert sentence in write_report(pipeline).read_text()


def test_seeds_alone_have_no_best(plan):
    finished(plan, {"a": {}}, seeds=[0, 1])
    report = Path("runs/p/report.md").read_text()
    assert "Best" not in report
    assert "## a, mean ± sd over seeds\n" in report
    assert "| 2 | 10.50 ± 0.71 | 8 | 89.50 ± 0.71 |" in report


PLAIN = """# p

## Action average

| stage | frames | MPJPE, mm ↓ |
| --- | --- | --- |
| a | 8 | 90.00 |
| b | 8 | 80.00 |

## Frame average

| stage | frames | MPJPE, mm ↓ |
| --- | --- | --- |
| a | 8 | 90.00 |
| b | 8 | 80.00 |

## Time

| stage | time |
| --- | --- |
| a | 0:00:00 |
| b | 0:00:00 |
"""


def test_a_report_without_a_matrix_is_as_it_was(plan):
    pipeline = finished(plan, {"a": {}, "b": {"options": {"model.lr": 2}}})
    assert Path("runs/p/report.md").read_text() == PLAIN
    rows = json.loads(Path("runs/p/report.json").read_text())
    assert [list(row) for row in rows] == [["stage", "average", "seconds", "frames", "mpjpe"]] * 4
    assert write_report(pipeline).read_text() == PLAIN
