"""Record of a run at Weights & Biases: offline, and online by a stand-in on this machine."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import wandb
import yaml
from click.testing import CliRunner
from wandb.cli.cli import cli

from lifting.cli.training import run
from lifting.errors import InputError
from lifting.runs.wandb_id import FILE
from tests.wandb_standin import Server, records_of, serving

ROOT = Path(__file__).parents[4]
pytestmark = [
    pytest.mark.slow(reason="trains from the command line"),
    pytest.mark.xdist_group("wandb"),
]


def words(data: Path, *more: str) -> list[str]:
    configs = ("base", "data/synthetic", "supervised/simple_baseline")
    return [
        "fit",
        *(option for c in configs for option in ("-c", str(ROOT / f"experiments/{c}.yaml"))),
        *("--data.folder", str(data), "--data.frames_per_sequence", "6", "--pictures", "false"),
        *("--data.batch_size", "64", "--model.width", "16", "--trainer.max_epochs", "2"),
        *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
        *("--trainer.limit_train_batches", "3", "--trainer.limit_val_batches", "1"),
        *("--trainer.limit_test_batches", "1", "--trainer.log_every_n_steps", "1"),
        *("--trainer.enable_model_summary", "false", *more),
    ]


@pytest.fixture(scope="module", autouse=True)
def on_this_machine(tmp_path_factory):
    """Nothing reaches the network, nor the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("WANDB_")]:
            patch.delenv(name)
        patch.setenv("WANDB_ERROR_REPORTING", "false")
        home = tmp_path_factory.mktemp("home")
        for name in ("HOME", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR"):
            patch.setenv(name, str(home))
        patch.delenv("NETRC", raising=False)
        wandb.teardown()
        yield
        wandb.teardown()


@pytest.fixture(scope="module")
def trained(tmp_path_factory, give_synthetic) -> Path:
    """A folder with data and a run 'first ä:#?' in a group, trained and tested once more."""
    folder = tmp_path_factory.mktemp("wandb")
    give_synthetic(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        options = ("--wandb_group", "lr1", "--wandb_tags", "[a, b]", "--wandb_notes", "as it is")
        kept = ("--wandb_job_type", "train", "--wandb_entity", "us", "--log_model", "all")
        run([*words(folder / "data", *options, *kept), "--run", NAME, "--test", "true"])
    return folder


NAME = "lr1/first ä:#?"


@pytest.fixture
def here(trained, monkeypatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def test_offline_record_tells_a_run_apart(here):
    (record, *_) = records_of(here / "runs" / NAME)
    told = record.run
    assert (told.display_name, told.project, told.entity) == (NAME, "lifting", "us")
    assert (told.run_group, told.job_type, told.notes) == ("lr1", "train", "as it is")
    assert list(told.tags) == ["a", "b"]
    assert told.run_id == (here / "runs" / NAME / FILE).read_text().strip()
    config = yaml.safe_load((here / "runs" / NAME / "config.yaml").read_text())
    assert record.config["method"] == "SimpleBaseline"
    assert record.config["dataset"] == "Synthetic"
    assert record.config["seed"] == 0
    for part in ("model", "data", "trainer", "best"):
        assert record.config[part] == config[part]
    assert "_instantiator" not in record.config


def test_test_is_logged_at_the_step_of_its_checkpoint(here):
    (record, *_) = records_of(here / "runs" / NAME)
    measured = [line for line in record.history if "test/mpjpe" in line]
    curve = {
        line["trainer/global_step"]: line["val/mpjpe"]
        for line in record.history
        if "val/mpjpe" in line
    }
    best = min(curve, key=lambda step: curve[step])
    # A validation is logged before the step that it follows is counted.
    assert [line["trainer/global_step"] for line in measured] == [best + 1]
    assert record.summary["test/mpjpe"] == measured[0]["test/mpjpe"]
    assert "step" not in record.summary
    tables = [line for line in record.history if any("test/actions" in name for name in line)]
    assert [line["trainer/global_step"] for line in tables] == [best + 1]


def test_checkpoints_and_tables_are_artifacts_where_they_are_asked_for(here):
    (record, *_) = records_of(here / "runs" / NAME)
    given = {name.partition("-")[0]: files for name, (_, files) in record.artifacts.items()}
    assert given["model"] == ["best.ckpt", "last.ckpt"]
    assert given["test"] == ["test.csv"]


@pytest.mark.exhaustive
def test_commands_that_look_at_a_moved_run_go_on_or_open_nothing(here):
    shutil.copytree(here / "runs" / NAME, here / "runs/moved", symlinks=True)
    before = sorted(path.name for path in (here / "runs/moved/wandb").iterdir())
    curves = sorted((here / "runs/moved/logs").iterdir())
    with pytest.MonkeyPatch.context() as patch:
        # Its import would be a second in vain.
        patch.setitem(sys.modules, "wandb", None)
        for command in ("predict", "validate"):
            run([command, "--run", "moved", "--trainer.limit_predict_batches", "1"])
    assert sorted(path.name for path in (here / "runs/moved/wandb").iterdir()) == before
    assert sorted((here / "runs/moved/logs").iterdir()) == curves
    run(["test", "--run", "moved", "--log_model", "none"])
    first, second = records_of(here / "runs/moved")
    assert first.run.run_id == second.run.run_id
    assert second.run.display_name == "moved"
    # A test leaves what the run was trained with.
    assert second.config.keys() <= {"_wandb", "provenance"}
    assert not any(name.startswith(("test-", "model-")) for name in second.artifacts)
    (step,) = {line["trainer/global_step"] for line in second.history}
    assert step == next(x["trainer/global_step"] for x in first.history if "test/mpjpe" in x)


@contextmanager
def online(**environment: str) -> Iterator[Server]:
    """Let W&B read the environment anew, with the stand-in as its server."""
    with serving() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANDB_BASE_URL", server.url)
        patch.setenv("WANDB_API_KEY", "x" * 40)
        for name, value in environment.items():
            patch.setenv(name, value)
        wandb.teardown()
        yield server
        wandb.teardown()


def test_started_and_resumed_run_is_one_chart(here):
    options = (*words(here / "data", "--wandb", "online"), "--run", "online", "--ckpt_path", "last")
    with online() as server:
        for epochs in ("1", "2"):
            run([*options, "--trainer.max_epochs", epochs])
        (uploaded,) = server.runs.values()
    steps = [yaml.safe_load(line)["trainer/global_step"] for line in uploaded["history"]]
    assert steps == sorted(steps)
    assert set(steps) == {0, 1, 2, 3, 4, 5}
    assert (uploaded["displayName"], uploaded["project"]) == ("online", "lifting")


def test_trial_of_a_sweep_is_the_run_that_the_agent_names(here):
    options = words(here / "data", "--wandb", "online", "--trainer.max_epochs", "1")
    with online(WANDB_SWEEP_ID="sweep1", WANDB_RUN_ID="trial1", WANDB_PROJECT="swept") as server:
        run(options)
    ((identity, uploaded),) = server.runs.items()
    assert (identity, uploaded["sweep"], uploaded["project"]) == ("trial1", "sweep1", "swept")
    assert (here / "runs/sweeps/sweep1/trial1" / FILE).read_text() == "trial1\n"


def test_records_of_a_run_are_uploaded_to_one_chart(here):
    run(["test", "--run", NAME])
    records = [str(path) for path in sorted((here / "runs" / NAME / "wandb").glob("offline-run-*"))]
    with online() as server:
        done = CliRunner().invoke(cli, ["sync", *records])
        assert done.exit_code == 0, done.output
        ((identity, uploaded),) = server.runs.items()
    assert identity == (here / "runs" / NAME / FILE).read_text().strip()
    assert sum("test/mpjpe" in line for line in uploaded["history"]) == 2
    assert {f"model-{identity}", f"test-{identity}"} <= set(server.artifacts)


@pytest.mark.exhaustive
def test_what_weights_and_biases_refuses_leaves_nothing(here):
    def refused(*more: str) -> str:
        with pytest.raises(InputError) as error:
            run([*words(here / "data"), "--run", "refused", *more])
        assert not (here / "runs/refused").exists()
        return str(error.value)

    assert refused("--project", "a/b").startswith("--project is a/b")
    assert "--wandb_tags holds ''" in refused("--wandb_tags", "['']")
    assert "--wandb online: No API key configured" in refused("--wandb", "online")
    with online(WANDB_HTTP_TIMEOUT="1") as server:
        server.refuses = "permission denied"
        told = refused("--wandb", "online")
        assert told.startswith("--wandb online: Weights & Biases does not take the run")
    with online(WANDB_HTTP_TIMEOUT="1", WANDB_BASE_URL="http://127.0.0.1:9"):
        assert "check the network" in refused("--wandb", "online")
