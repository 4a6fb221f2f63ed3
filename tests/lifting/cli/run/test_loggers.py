"""Loggers of a run: which there are, and that they write nothing before they begin."""

from types import SimpleNamespace
from typing import Any

import pytest

from lifting.cli.run.loggers import WANDB_OPTIONS, CurveFile, run_loggers, wandb_mode
from lifting.cli.run.wandb_record import WandbRecord


@pytest.fixture(autouse=True)
def no_mode(monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)


def options(**given: object) -> Any:
    return SimpleNamespace(
        **{name: default for name, (_, default, _) in WANDB_OPTIONS.items()} | given
    )


@pytest.mark.parametrize(
    ("option", "variable", "mode"),
    [
        ("offline", None, "offline"),
        ("online", None, "online"),
        ("online", "offline", "offline"),
        ("online", "dryrun", "offline"),
        ("online", "disabled", "disabled"),
        ("offline", "disabled", "disabled"),
        ("offline", "online", "offline"),
        ("disabled", "online", "disabled"),
        ("online", "nonsense", "online"),
    ],
)
def test_environment_can_only_take_away(monkeypatch, option, variable, mode):
    if variable:
        monkeypatch.setenv("WANDB_MODE", variable)
    assert wandb_mode(option) == mode


@pytest.mark.parametrize(
    ("command", "wandb", "kinds"),
    [
        ("fit", "offline", [CurveFile, WandbRecord]),
        ("test", "online", [CurveFile, WandbRecord]),
        ("fit", "disabled", [CurveFile]),
        ("validate", "offline", []),
        ("predict", "online", []),
    ],
)
def test_only_what_trains_or_tests_is_logged(tmp_path, command, wandb, kinds):
    loggers = run_loggers(command, tmp_path / "run", options(wandb=wandb), "")
    assert [type(logger) for logger in loggers] == kinds
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("option", "variable", "project"), [(None, None, "lifting"), (None, "p", "p"), ("o", "p", "o")]
)
def test_project_is_the_option_or_that_of_the_environment(
    tmp_path, monkeypatch, option, variable, project
):
    monkeypatch.delenv("WANDB_PROJECT", raising=False)
    if variable:
        monkeypatch.setenv("WANDB_PROJECT", variable)
    _, record = run_loggers("fit", tmp_path, options(project=option), "")
    assert record.name == project


def test_curves_begin_with_the_hyperparameters_that_were_told_before(tmp_path):
    curves = CurveFile(tmp_path / "run")
    _ = curves.experiment
    curves.log_hyperparams({"lr": 0.1})
    curves.save()
    curves.finalize("success")
    assert not (tmp_path / "run").exists()
    curves.begin()
    curves.log_metrics({"loss": 1.0}, 3)
    curves.save()
    (folder,) = (tmp_path / "run/logs").iterdir()
    assert (folder / "hparams.yaml").read_text() == "lr: 0.1\n"
    assert (folder / "metrics.csv").read_text().splitlines() == ["loss,step", "1.0,3"]
