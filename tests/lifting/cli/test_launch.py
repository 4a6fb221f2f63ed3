"""Tests of the commands that train and apply runs, as far as nothing is trained."""

import pytest

from lifting.cli.launch import launch


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


def test_help_of_a_class_is_the_parsers(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["lifting"])
    with pytest.raises(SystemExit) as ended:
        launch(["fit", "--model.help", "SimpleBaseline"])
    assert ended.value.code == 0
    assert "--model.init_args.width" in (out := capsys.readouterr().out) or "width" in out
