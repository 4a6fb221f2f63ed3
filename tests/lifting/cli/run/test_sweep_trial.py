"""Tests of trials of a W&B sweep: the run of each, and the sweep that ships."""

from pathlib import Path

import pytest
import yaml
from wandb.sdk.launch.sweeps.utils import create_sweep_command_args

from lifting.cli import training
from lifting.cli.run.sweep_trial import check_run_of_trial, default_run
from lifting.errors import InputError

ROOT = Path(__file__).parents[4]
TRIAL = {"WANDB_SWEEP_ID": "a1b2", "WANDB_RUN_ID": "x7"}


@pytest.mark.parametrize("name", TRIAL)
def test_half_a_trial_is_none(name):
    assert default_run({name: "x"}) == "debug"
    check_run_of_trial("first", {name: "x"})


@pytest.mark.parametrize("run", ["sweeps/a1b2/x7", "wide/x7", "/scratch/x7"])
def test_a_run_of_the_trial_alone_is_taken(run):
    check_run_of_trial(run, TRIAL)


def test_a_run_that_all_trials_would_share_is_refused():
    with pytest.raises(InputError) as refused:
        check_run_of_trial("first", TRIAL)
    assert str(refused.value) == (
        "--run first: every trial of the sweep a1b2 would write to it; "
        "leave it out, and it is sweeps/a1b2/x7."
    )


class ParsedError(Exception):
    """The options were parsed."""


@pytest.fixture
def parsed(monkeypatch):
    """What returns the options of a training that is not begun."""

    def stop(cli):
        raise ParsedError(cli.config.fit, cli.folder)

    monkeypatch.setattr(training.LiftingCLI, "before_instantiate_classes", stop)
    monkeypatch.chdir(ROOT)

    def parse(*words: str):
        with pytest.raises(ParsedError) as ended:
            training.run(list(words))
        return ended.value.args

    return parse


def sweep_words(trial):
    """The words that the agent of W&B makes of the sweep that ships, from ``fit`` on."""
    sweep = yaml.safe_load((ROOT / "experiments/sweeps/simple_baseline.yaml").read_text())
    assert set(sweep["parameters"]) == set(trial)
    given = create_sweep_command_args({"args": {n: {"value": v} for n, v in trial.items()}})
    command = sweep["command"]
    assert command[:5] == ["${env}", "${interpreter}", "-m", "lifting", "fit"]
    assert command[-1] == "${args}"
    return [*command[4:-1], *given["args"]]


def test_the_sweep_that_ships_gives_each_trial_its_folder_and_its_options(parsed, monkeypatch):
    for name, value in TRIAL.items():
        monkeypatch.setenv(name, value)
    trial = {"model.lr": 3e-3, "model.dropout": 0.1, "data.batch_size": 256, "seed": 2}
    options, folder = parsed(*sweep_words(trial))
    assert folder == Path("runs/sweeps/a1b2/x7")
    assert (options.wandb, options.ckpt_path) == ("online", "last")
    assert (options.model.init_args.lr, options.model.init_args.dropout) == (3e-3, 0.1)
    assert options.data.init_args.batch_size == 256
    seeds = options.seed_everything, options.model.init_args.seed, options.data.init_args.seed
    assert seeds == (2, 2, 2)
    with pytest.raises(InputError, match="--run first: every trial"):
        training.run([*sweep_words(trial), "--run", "first"])
    for name in TRIAL:
        monkeypatch.delenv(name)
    assert parsed(*sweep_words(trial))[1] == Path("runs/debug")
