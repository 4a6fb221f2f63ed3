"""A run whose disk is full, and whose records are damaged then, goes on to the same weights."""

import errno

import pytest
import torch

from lifting.cli.training import run
from lifting.errors import explain
from lifting.files import beside
from tests.lifting.cli.test_training import options

pytestmark = [
    pytest.mark.slow(reason="trains from the command line"),
    pytest.mark.xdist_group("cli"),
]


def weights(folder):
    checkpoint = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
    return checkpoint["global_step"], checkpoint["state_dict"]


def test_the_same_command_goes_on(tmp_path, give_synthetic, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    give_synthetic(tmp_path / "data")
    more = ("--last.every_n_train_steps", "5", "--trainer.max_epochs", "1", "--ckpt_path", "last")
    command = ["fit", *options(tmp_path / "data", *more)]
    run([*command, "--run", "whole"])

    written = []

    def fill(path, **given):
        if path.name == "last.ckpt":
            written.append(path)
            if len(written) > 1:
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return beside(path, **given)

    folder = tmp_path / "runs/full"
    with monkeypatch.context() as patch:
        patch.setattr("callbacks.saving.beside", fill)
        with pytest.raises(OSError, match="No space left") as error:
            run([*command, "--run", "full"])
    assert "The disk is full while writing runs/full/checkpoints/last.ckpt" in explain(error.value)
    assert weights(folder)[0] == 5
    for name in ("config.yaml", "provenance.json"):
        (folder / name).write_bytes((folder / name).read_bytes()[:-40])
    capsys.readouterr()

    run([*command, "--run", "full"])
    assert "provenance.json is damaged, and now provenance.json.damaged" in capsys.readouterr().err
    (steps, expected), (now, resumed) = weights(tmp_path / "runs/whole"), weights(folder)
    assert steps == now
    assert all(torch.equal(expected[name], resumed[name]) for name in expected)
