"""The runner of pipelines, as a process: skipping, resuming, refusing, stopping."""

import json
import os
import shutil
import signal

import pytest
import yaml

from tests.scripts.running import wait_for

pytestmark = pytest.mark.slow(reason="starts pipelines as processes", shapes=True)

# Stands in for the trainings, which take seconds to begin: counts its starts in last.ckpt, and makes
# best.ckpt of its options.
STUB = """
import os, pathlib, sys, time
verb, *words = sys.argv[1:]
run = pathlib.Path(words[words.index("--run") + 1])
with open("calls.txt", "a") as calls:
    calls.write(f"{verb} {run.name}\\n")
folder = run / "checkpoints"
folder.mkdir(parents=True, exist_ok=True)
last = folder / "last.ckpt"
last.write_text(str(int(last.read_text()) + 1 if last.is_file() else 1))
if os.path.exists(f"{run.name}.fails"):
    sys.exit(3)
if os.path.exists(f"{run.name}.hangs"):
    pathlib.Path("pid").write_text(str(os.getpid()))
    time.sleep(60)
(folder / "best.ckpt").write_text(" ".join(sorted(w for w in words if w.startswith("--model"))))
assert words[-1] == "--test=true"
(run / "test.csv").write_text(
    "action,frames,mpjpe\\nWalking,6,10.0\\nSitting,2,20.0\\n"
    "action average,8,15.0\\nframe average,8,12.5\\n"
)
"""

PIPELINE = {
    "name": "p",
    "configs": ["base"],
    "stages": {
        "store": {"command": "cp raw data.h5", "creates": "data.h5", "needs": ["raw"]},
        "flow": {"needs": ["data.h5"], "options": {"model.lr": 0.1}},
        "left": {"checkpoints": {"model.full_flow": "flow"}},
        "alone": {},
    },
}
ALL = ["fit flow", "fit left", "fit alone"]


@pytest.fixture
def runner(tmp_path, pipeline_runner):
    (tmp_path / "lifting").mkdir()
    (tmp_path / "lifting/__init__.py").touch()
    (tmp_path / "lifting/__main__.py").write_text(STUB)
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments/base.yaml").write_text("seed_everything: 0\n")
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(PIPELINE, sort_keys=False))
    (tmp_path / "raw").write_text("raw")
    return pipeline_runner(tmp_path)


def calls(runner) -> list[str]:
    """Return the trainings since the last time this was asked."""
    path = runner.folder / "calls.txt"
    lines = path.read_text().splitlines() if path.is_file() else []
    path.write_text("")
    return lines


def starts(runner, stage: str) -> int:
    """Return how often a training was begun since its folder was made."""
    return int((runner.folder / f"runs/p/{stage}/checkpoints/last.ckpt").read_text())


def succeeds(runner, *arguments: str) -> str:
    status, output, errors = runner("p.yaml", *arguments)
    assert (status, errors) == (0, "")
    return output


def refused(runner, *arguments: str) -> str:
    status, _, errors = runner("p.yaml", *arguments)
    assert status == 2
    assert errors.startswith("Error: ")
    assert errors.count("\n") == 1
    assert calls(runner) == []
    return errors


def test_runs_everything_once_and_then_nothing(runner):
    output = succeeds(runner)
    assert calls(runner) == ALL
    assert "cp raw data.h5" in output.splitlines()
    assert "\npython -m lifting fit -c experiments/base.yaml --model.full_flow=" in output
    best = runner.folder / "runs/p/left/checkpoints/best.ckpt"
    assert best.read_text() == "--model.full_flow=runs/p/flow/checkpoints/best.ckpt"
    output = succeeds(runner)
    assert calls(runner) == []
    assert output.count(": finished (0:00:0") == 4


def test_report_has_a_row_for_each_training(runner):
    succeeds(runner)
    report = (runner.folder / "runs/p/report.md").read_text()
    lines = report.splitlines()
    assert lines[0] == "# p"
    for stage in ("flow", "left", "alone"):
        assert lines.index(f"| {stage} | 8 | 15.00 |") < lines.index(f"| {stage} | 8 | 12.50 |")
    times = lines[lines.index("## Time") :]
    assert [line.split(" | ")[0] for line in times[4:]] == [
        "| store",
        "| flow",
        "| left",
        "| alone",
    ]
    rows = json.loads((runner.folder / "runs/p/report.json").read_text())
    assert [(r["stage"], r["average"], r["mpjpe"]) for r in rows[2:4]] == [
        ("alone", "action average", 15.0),
        ("flow", "frame average", 12.5),
    ]
    assert 0 < rows[0]["seconds"] < 60


def test_report_links_the_pages_that_tests_have_left(runner):
    succeeds(runner)
    report = runner.folder / "runs/p/report.md"
    assert "test.html" not in report.read_text()
    (runner.folder / "runs/p/left/pictures").mkdir()
    (runner.folder / "runs/p/left/pictures/test.html").touch()
    succeeds(runner)
    link = report.read_text().splitlines()[-1]
    assert link == "- [left](left/pictures/test.html)"


def test_dry_run_runs_nothing_and_says_all(runner):
    output = succeeds(runner, "--dry-run")
    assert not (runner.folder / "runs").exists()
    assert output.count(": run\n") == 4
    assert output.count("\npython -m lifting fit ") == 3
    succeeds(runner)
    output = succeeds(runner, "--dry-run", "--from", "flow")
    assert [line.partition("] ")[2] for line in output.splitlines() if line.startswith("[")] == [
        "store: finished",
        "flow: run (again)",
        "left: run (again)",
        "alone: finished",
    ]
    (runner.folder / "experiments/base.yaml").write_text("seed_everything: 1\n")
    assert "alone: changed (experiments/base.yaml)" in succeeds(runner, "--dry-run")


def test_what_has_changed_is_refused_until_it_is_given_up(runner):
    succeeds(runner)
    calls(runner)
    left = runner.folder / "runs/p/left/checkpoints/best.ckpt"
    inode = left.stat().st_ino
    message = refused(runner, "--set", "model.lr=0.2")
    assert "flow: option model.lr" in message
    assert "--from flow left alone" in message
    assert left.stat().st_ino == inode
    assert starts(runner, "flow") == 1
    succeeds(runner, "--set", "model.lr=0.2", "--from", "flow", "left", "alone")
    assert calls(runner) == ALL
    assert starts(runner, "flow") == 1  # from scratch
    assert "--model.lr=0.2" in left.read_text()


def test_from_repeats_a_stage_and_what_builds_on_it(runner):
    succeeds(runner)
    calls(runner)
    succeeds(runner, "--from", "flow")
    assert calls(runner) == ALL[:2]
    assert not list(runner.folder.glob("runs/p/*.removed"))


def test_retrained_checkpoint_is_noticed_by_those_that_were_built_on_it(runner):
    succeeds(runner)
    calls(runner)
    (runner.folder / "runs/p/flow/checkpoints/best.ckpt").write_text("another")
    message = refused(runner)
    assert "flow: runs/p/flow/checkpoints/best.ckpt" in message
    assert "left: runs/p/flow/checkpoints/best.ckpt" in message


def test_changed_raw_file_is_noticed_and_made_again(runner):
    succeeds(runner)
    calls(runner)
    (runner.folder / "raw").write_text("other")
    assert "store: raw" in refused(runner)
    succeeds(runner, "--from", "store")
    assert (runner.folder / "data.h5").read_text() == "other"
    assert calls(runner) == ALL[:2]


def test_only_runs_one_stage_on_finished_ones(runner):
    assert "builds on flow" in refused(runner, "--only", "left")
    (runner.folder / "data.h5").write_text("made before")
    output = succeeds(runner, "--only", "flow")
    assert calls(runner) == ALL[:1]
    assert "All stages" not in output
    succeeds(runner, "--only", "left")
    assert calls(runner) == ALL[1:2]
    assert (runner.folder / "data.h5").read_text() == "made before"


def test_second_name_is_a_second_run(runner):
    succeeds(runner)
    calls(runner)
    succeeds(runner, "--name", "q", "--set", "model.lr=0.2")
    assert calls(runner) == ALL
    best = runner.folder / "runs/q/left/checkpoints/best.ckpt"
    assert "--model.full_flow=runs/q/flow/checkpoints/best.ckpt" in best.read_text()
    assert succeeds(runner).count(": finished") == 4


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--from", "left", "lift"], "no stage 'lift'; it has store, flow, left, alone"),
        (["--only", "lift"], "no stage 'lift'"),
        (["--set", "model.lr"], "--set model.lr: give it a value"),
        (["--name", "../p"], "cannot name a folder"),
    ],
)
def test_wrong_argument_is_named(runner, arguments, named):
    assert named in refused(runner, *arguments)


def test_missing_file_is_named_before_anything_runs_or_is_removed(runner):
    (runner.folder / "raw").rename(runner.folder / "away")
    assert refused(runner).startswith("Error: raw: is not there, and stage store")
    assert not (runner.folder / "runs").exists()
    (runner.folder / "away").rename(runner.folder / "raw")
    succeeds(runner)
    calls(runner)
    (runner.folder / "raw").unlink()
    succeeds(runner)
    assert refused(runner, "--from", "store").startswith(
        "Error: raw: is not there, and stage store"
    )
    assert starts(runner, "flow") == 1


def test_failed_stage_ends_the_runner_and_is_resumed(runner):
    (runner.folder / "left.fails").touch()
    status, _, errors = runner("p.yaml")
    assert status == 3
    assert errors.startswith("Error: stage left of p ended with status 3")
    assert calls(runner) == ALL[:2]
    (runner.folder / "left.fails").unlink()
    assert "left: resume" in succeeds(runner)
    assert calls(runner) == ALL[1:]
    assert starts(runner, "left") == 2


def test_interrupted_stage_does_not_go_on_with_other_options(runner):
    (runner.folder / "flow.fails").touch()
    assert runner("p.yaml")[0] == 3
    calls(runner)
    assert "flow: option model.lr" in refused(runner, "--set", "model.lr=0.2")


def test_command_that_cannot_run_or_makes_nothing_is_named(runner):
    pipeline = {"stages": {"s": {"command": "true", "creates": "made"}}}
    (runner.folder / "p.yaml").write_text(yaml.safe_dump(pipeline))
    assert "made: stage s ended well without making it" in refused(runner)
    pipeline["stages"]["s"]["command"] = "no-such-program"
    (runner.folder / "p.yaml").write_text(yaml.safe_dump(pipeline))
    assert "no-such-program: cannot be run" in refused(runner)


def test_command_may_be_one_of_lifting(runner):
    command = "lifting fit --run made --test=true"
    pipeline = {"stages": {"s": {"command": command, "creates": "made/test.csv"}}}
    (runner.folder / "p.yaml").write_text(yaml.safe_dump(pipeline))
    succeeds(runner)
    assert calls(runner) == ["fit made"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_order_to_stop_leaves_no_orphan_and_all_to_go_on(runner, number):
    (runner.folder / "flow.hangs").touch()
    process = runner.start("p.yaml")
    wait_for(runner.folder / "pid")
    # A terminal sends Ctrl-C to the whole group, kill sends SIGTERM to one process.
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    word = "Interrupted" if number == signal.SIGINT else "Terminated"
    assert f"{word} in stage flow of p; run the same command again to go on." in errors
    with pytest.raises(ProcessLookupError):
        os.kill(int((runner.folder / "pid").read_text()), 0)
    (runner.folder / "flow.hangs").unlink()
    assert "flow: resume" in succeeds(runner)
    assert starts(runner, "flow") == 2


def test_runner_that_was_killed_alone_keeps_a_second_one_away(runner):
    (runner.folder / "flow.hangs").touch()
    process = runner.start("p.yaml")
    wait_for(runner.folder / "pid")
    calls(runner)
    process.kill()
    process.wait()
    left = f"runs/p: a command left behind by pipeline (process {process.pid} on "
    assert left in refused(runner)
    os.kill(int((runner.folder / "pid").read_text()), signal.SIGKILL)
    process.communicate()
    (runner.folder / "flow.hangs").unlink()
    succeeds(runner)


def test_removal_that_was_cut_short_leaves_no_run_to_resume(runner):
    succeeds(runner)
    calls(runner)
    shutil.move(runner.folder / "runs/p/alone", runner.folder / "runs/p/alone.removed")
    succeeds(runner)
    assert calls(runner) == ALL[2:]
    assert starts(runner, "alone") == 1
    succeeds(runner, "--from", "alone")
    assert not list(runner.folder.glob("runs/p/*.removed"))
