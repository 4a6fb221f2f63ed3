"""Tests of the run that a command names, and of the list where it names none."""

import pytest

from lifting.cli.run.named import with_config_of_run
from lifting.errors import InputError
from tests.made_runs import write_run


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("runs/first", "runs/links/occlusion", "elsewhere/third"):
        write_run(tmp_path / name, steps=0)


@pytest.mark.parametrize("command", ["test", "validate", "predict"])
@pytest.mark.parametrize(
    ("words", "config"),
    [
        (["--run", "first"], "runs/first"),
        (["--run=first", "--model.flip_test", "true"], "runs/first"),
        (["--run", "second", "--run", "first"], "runs/first"),
        (["--run", "links/occlusion"], "runs/links/occlusion"),
        (["--run", "runs/first"], "runs/first"),
        (["--run", "elsewhere/third"], "elsewhere/third"),
    ],
)
def test_the_configuration_of_the_run_is_taken(runs, command, words, config):
    path = f"{config}/config.yaml"
    assert with_config_of_run([command, *words]) == [command, "-c", path, *words]


@pytest.mark.parametrize(
    "words",
    [
        ["fit", "--run", "nowhere"],
        ["fit"],
        ["test", "-c", "a.yaml", "--run", "nowhere"],
        ["test", "--config=a.yaml"],
        ["test", "--model", "SimpleBaseline", "--data", "H36M"],
        ["test", "--help"],
        ["test", "--model.help", "SimpleBaseline"],
    ],
)
def test_what_names_no_run_stays_as_it_is(runs, words):
    assert with_config_of_run(words) == words


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "--run is missing; name one of those above, or give -c files."),
        (["--wandb", "disabled"], "--run is missing; name one of those above, or give -c files."),
        (["--run", "frist"], "runs/frist: there is no such run; did you mean first?"),
        (["--run", "occlusion"], "runs/occlusion: there is no such run; did you mean links/occlus"),
        (["--run", "xyz"], "runs/xyz: there is no such run; name one of those above or give -c"),
        (["--run", "../first"], "run '../first': would lie outside runs/;"),
        (["--run="], "run '': is no name of a run;"),
        (["--run"], "run '': is no name of a run;"),
    ],
)
def test_what_there_is_is_listed_where_no_run_is_named(runs, capsys, words, sentence):
    with pytest.raises(InputError) as error:
        with_config_of_run(["test", *words])
    assert str(error.value).startswith(sentence)
    listed = "first" in (out := capsys.readouterr().out) and "links/occlusion" in out
    assert listed == ("no name" not in sentence and "outside" not in sentence)


def test_without_any_run_that_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="--run is missing; there is none yet, or give -c files"):
        with_config_of_run(["test"])
    with pytest.raises(InputError, match="runs/first: there is no such run; train it first"):
        with_config_of_run(["test", "--run", "first"])
    assert capsys.readouterr().out == ""
