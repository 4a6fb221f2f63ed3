"""Tests of running the cells of a matrix: skipping, resuming, parts of it, several at a time."""

import json
from pathlib import Path

import pytest
import yaml

from lifting.cli.pipeline import pipeline as command
from lifting.errors import InputError
from lifting.pipeline import run_pipeline
from lifting.runs.lock import locked

# The stand-in for the trainings is a package of its own.
pytestmark = pytest.mark.unforked

STAGES = {
    "flow": {"grid": {"model.lr": [1, 2]}},
    "lifter": {"checkpoints": {"model.flow": "flow"}},
}
FLOWS = [f"fit flow/lr={lr},seed={seed}" for lr in (1, 2) for seed in (0, 1)]
LIFTERS = [f"fit lifter/flow.lr={lr},seed={seed}" for lr in (1, 2) for seed in (0, 1)]


@pytest.fixture
def matrix(plan):
    return plan(STAGES, seeds=[0, 1])


def test_cells_run_once_and_then_nothing(matrix, calls, capfd):
    assert run_pipeline(matrix) == 0
    assert calls() == FLOWS + LIFTERS
    assert {path.name for path in Path("runs/p").iterdir()} == {
        *("flow", "lifter", "report.json", "report.md"),
    }
    assert run_pipeline(matrix) == 0
    assert calls() == []
    assert capfd.readouterr().out.count(": finished (0:00:0") == 8
    record = json.loads(Path("runs/p/lifter/flow.lr=2,seed=1/stage.json").read_text())
    best = "{pipeline}/flow/lr=2,seed=1/checkpoints/best.ckpt"
    assert record["inputs"]["options"] == {"seed": 1, "model.flow": best}
    assert list(record["inputs"]["files"]) == [best]


def test_a_cell_that_failed_is_resumed_and_the_others_are_not(matrix, calls):
    Path("fails").write_text("flow/lr=1,seed=1")
    assert run_pipeline(matrix) == 3
    assert calls() == FLOWS[:2]
    Path("fails").unlink()
    assert run_pipeline(matrix) == 0
    assert calls() == FLOWS[1:] + LIFTERS
    assert Path("runs/p/flow/lr=1,seed=1/checkpoints/last.ckpt").read_text() == "2"


def test_what_the_matrix_gains_is_run_and_what_it_loses_stays(matrix, plan, calls):
    assert run_pipeline(matrix) == 0
    calls()
    assert run_pipeline(plan(STAGES, seeds=[1, 5])) == 0
    assert calls() == [
        *(f"fit flow/lr={lr},seed=5" for lr in (1, 2)),
        *(f"fit lifter/flow.lr={lr},seed=5" for lr in (1, 2)),
    ]
    assert Path("runs/p/flow/lr=1,seed=0/stage.json").is_file()
    assert "seed=0" not in Path("runs/p/report.md").read_text()


def test_changed_cells_are_named(matrix, plan, calls):
    assert run_pipeline(matrix) == 0
    calls()
    changed = plan(STAGES, seeds=[0, 1], options={"data.flip": 1})
    with pytest.raises(
        InputError, match=r"flow/lr=1,seed=0: option data\.flip; .*--from flow/lr=1,"
    ):
        run_pipeline(changed)
    Path("runs/p/flow/lr=2,seed=0/checkpoints/best.ckpt").write_text("another")
    with pytest.raises(InputError) as refused:
        run_pipeline(matrix)
    assert "--from flow/lr=2,seed=0 lifter/flow.lr=2,seed=0." in str(refused.value)
    assert calls() == []


def test_from_repeats_a_cell_and_what_builds_on_it(matrix, calls):
    assert run_pipeline(matrix) == 0
    calls()
    assert run_pipeline(matrix, redo=["flow/lr=2,seed=0"]) == 0
    assert calls() == [FLOWS[2], LIFTERS[2]]
    assert run_pipeline(matrix, redo=["lifter"]) == 0
    assert calls() == LIFTERS
    assert Path("runs/p/lifter/flow.lr=1,seed=0/checkpoints/last.ckpt").read_text() == "1"
    assert not list(Path("runs/p").rglob("*.removed"))


def test_only_runs_a_stage_or_a_cell_on_finished_ones(matrix, calls):
    with pytest.raises(
        InputError, match=r"builds on flow/lr=1,seed=0, which is not .*--only flow/lr"
    ):
        run_pipeline(matrix, only="lifter/flow.lr=1,seed=0")
    assert run_pipeline(matrix, only="flow/lr=1,seed=0") == 0
    assert run_pipeline(matrix, only="lifter/flow.lr=1,seed=0") == 0
    assert calls() == [FLOWS[0], LIFTERS[0]]
    assert run_pipeline(matrix, only="flow") == 0
    assert calls() == FLOWS[1:]
    assert not Path("runs/p/report.md").exists()
    assert run_pipeline(matrix, only="lifter") == 0
    assert calls() == LIFTERS[1:]
    assert Path("runs/p/report.md").is_file()  # by whoever ends last


def test_cells_run_beside_each_other_and_never_the_same_twice(matrix, calls):
    lock = Path("runs/p/.locks/flow/lr=1,seed=0")
    with locked(lock, "another"):
        assert run_pipeline(matrix, only="flow/lr=1,seed=1") == 0
        assert calls() == FLOWS[1:2]
        for refused in ({"only": "flow/lr=1,seed=0"}, {}, {"redo": ["flow"]}):
            with pytest.raises(InputError, match=r"locks/flow/lr=1,seed=0: "):
                run_pipeline(matrix, **refused)
        assert calls() == []
        assert Path("runs/p/flow/lr=1,seed=1/stage.json").is_file()  # --from removed nothing
    with locked(Path("runs/p"), "another"):
        assert run_pipeline(matrix, only="flow/lr=1,seed=0") == 0
        with pytest.raises(InputError, match="runs/p: "):
            run_pipeline(matrix)


def test_a_run_and_cells_are_not_mixed_in_one_folder(plan, calls):
    assert run_pipeline(plan({"a": {}})) == 0
    with pytest.raises(InputError, match="runs/p/a: holds a run of this stage, from before it had"):
        run_pipeline(plan({"a": {}}, seeds=[0]))
    Path("runs/p/a").rename("runs/p/away")
    assert run_pipeline(plan({"a": {}}, seeds=[0])) == 0
    for action in ({"redo": ["a"]}, {"dry_run": True}):
        with pytest.raises(InputError, match="runs/p/a: holds the cells of this stage, from when"):
            run_pipeline(plan({"a": {}}), **action)
    assert Path("runs/p/a/seed=0/test.csv").is_file()


@pytest.fixture
def file(here):
    content = {"name": "p", "configs": ["base"], "seeds": [0, 1], "stages": STAGES}
    Path("p.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return "p.yaml"


def test_cells_are_listed_and_run_by_their_numbers(file, calls, capfd):
    command(["pipeline", file, "--list"])
    listed = capfd.readouterr().out.splitlines()
    assert listed[:2] == ["0 flow/lr=1,seed=0", "1 flow/lr=1,seed=1"]
    assert len(listed) == 8
    command(["pipeline", file, "--list", "--only", "lifter"])
    assert capfd.readouterr().out.splitlines()[3] == "3 lifter/flow.lr=2,seed=1"
    assert not Path("runs").exists()
    for words in (["--cell", "3"], ["--only", "lifter", "--cell", "3"]):
        with pytest.raises(SystemExit) as ended:
            command(["pipeline", file, *words])
        assert ended.value.code == 0
    assert calls() == [FLOWS[3], LIFTERS[3]]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--cell", "8"], "--cell 8: there are 8, from 0 on; --list tells"),
        (["--cell", "-1"], "--cell -1: there are 8"),
        (["--cell", "4", "--only", "flow"], "--cell 4: there are 4"),
        (["--cell", "0", "--from", "flow"], "--from goes with neither --only nor --cell"),
        (["--only", "flow/lr=3"], "no cell 'lr=3'"),
        (["--only", "lift"], "no stage 'lift'; it has flow, lifter"),
    ],
)
def test_a_wrong_cell_is_named(file, words, named):
    with pytest.raises(InputError) as refused:
        command(["pipeline", file, *words])
    assert named in str(refused.value)
    assert not Path("runs").exists()
