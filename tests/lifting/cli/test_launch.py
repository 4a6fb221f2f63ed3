"""Tests of the commands that train and apply runs, as far as nothing is trained."""

import pytest

from lifting.cli.launch import launch
from lifting.errors import InputError
from tests.made_runs import write_run


@pytest.mark.parametrize(
    ("words", "listed"),
    [
        (["fit", "--model.help"], "SimpleBaseline"),
        (["test", "--data.help"], "H36M"),
        (["predict", "--model.help", "--run", "x"], "VideoPose3D"),
        (["fit", "-c", "a.yaml", "--trainer.callbacks.help"], "EMA"),
    ],
)
def test_help_of_a_part_alone_lists_its_classes(capsys, words, listed):
    launch(words)
    out = capsys.readouterr().out
    assert f"\n  {listed} " in out
    assert f"`lifting {words[0]} --" in out


@pytest.mark.parametrize("command", ["test", "validate", "predict"])
def test_a_command_alone_lists_the_runs(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "runs/first", steps=0)
    with pytest.raises(InputError, match="--run is missing; name one of those above"):
        launch([command])
    assert "first  SimpleBaseline  tested" in capsys.readouterr().out


def test_a_training_alone_says_what_it_lacks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["lifting", "fit"])
    with pytest.raises(InputError, match="is missing: give it, or -c files"):
        launch(["fit"])


def test_help_of_a_class_is_the_parsers(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["lifting"])
    with pytest.raises(SystemExit) as ended:
        launch(["fit", "--model.help", "SimpleBaseline"])
    assert ended.value.code == 0
    assert "--model.init_args.width" in (out := capsys.readouterr().out) or "width" in out
