"""Checkpoints that are whole at every moment, in a folder that stays where it is."""

import re
from pathlib import Path

import pytest
import torch
from lightning import Trainer

from callbacks.saving import WholeCheckpointIO, save_checkpoint, write_whole
from lifting.errors import InputError

CONTENT = {"lifting": {}, "weights": torch.arange(3)}


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_what_is_saved_is_read_back(tmp_path):
    WholeCheckpointIO().save_checkpoint(CONTENT, tmp_path / "checkpoints/last.ckpt")
    assert names(tmp_path / "checkpoints") == ["last.ckpt"]
    read = torch.load(tmp_path / "checkpoints/last.ckpt", weights_only=True)
    assert torch.equal(read["weights"], CONTENT["weights"])


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_checkpoint_that_fails_leaves_the_one_before(tmp_path, monkeypatch, error):
    path = tmp_path / "last.ckpt"
    WholeCheckpointIO().save_checkpoint(CONTENT, path)
    before = path.read_bytes()

    def write(self, content):
        with self.open("wb") as stream:
            stream.write(content[:100])
        raise error

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises((KeyboardInterrupt, OSError)) as raised:
        WholeCheckpointIO().save_checkpoint(CONTENT, path)
    if not isinstance(raised.value, KeyboardInterrupt):
        assert raised.value.filename == str(path)
    assert path.read_bytes() == before
    assert names(tmp_path) == ["last.ckpt"]


@pytest.mark.parametrize("again", [False, True])
def test_a_folder_that_was_removed_is_not_taken_for_that_of_the_run(tmp_path, again):
    folder, path = tmp_path / "runs/a", tmp_path / "runs/a/checkpoints/last.ckpt"
    folder.mkdir(parents=True)
    io = WholeCheckpointIO(folder)
    io.save_checkpoint(CONTENT, path)
    folder.rename(tmp_path / "elsewhere")
    if again:
        folder.mkdir()
    with pytest.raises(InputError, match=re.escape(f"{folder}: was removed or renamed while")):
        io.save_checkpoint(CONTENT, path)
    assert not (folder / "checkpoints").exists()


def test_every_checkpoint_of_a_trainer_is_written_whole():
    trainer = Trainer(logger=False, enable_progress_bar=False, accelerator="cpu")
    write_whole(trainer)
    assert isinstance(trainer.strategy.checkpoint_io, WholeCheckpointIO)
    first = trainer.strategy.checkpoint_io
    write_whole(trainer)
    assert trainer.strategy.checkpoint_io is first


def test_a_trainer_is_asked_for_the_whole_state(tmp_path):
    asked = []

    class Asked:
        strategy = Trainer(logger=False, accelerator="cpu").strategy

        def save_checkpoint(self, path, weights_only):
            asked.append((path, weights_only))

    save_checkpoint(Asked(), tmp_path / "last.ckpt")
    assert asked == [(tmp_path / "last.ckpt", False)]
