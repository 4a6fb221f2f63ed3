"""Artifacts of Weights & Biases: what is given, and what is not."""

from types import SimpleNamespace
from typing import Any

import pytest
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import WandbLogger

from callbacks import BestCheckpoint, WandbArtifacts


class Record(WandbLogger):
    """A logger that keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    @property
    def experiment(self) -> Any:
        """The record."""
        return SimpleNamespace(id="x7", log_artifact=self.given.append)


@pytest.fixture
def trainer(tmp_path) -> Any:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/best.ckpt").write_text("weights")
    kept = [ModelCheckpoint(monitor="train/loss"), BestCheckpoint(monitor="val/mpjpe")]
    return SimpleNamespace(loggers=[Record()], checkpoint_callbacks=kept)


def test_best_checkpoint_is_given_with_what_it_was_chosen_by(tmp_path, trainer):
    artifacts = WandbArtifacts(tmp_path)
    artifacts.on_train_start(trainer, None)
    artifacts.on_fit_end(trainer, None)
    (artifact,) = trainer.loggers[0].given
    assert artifact.name == "model-x7"
    assert artifact.metadata["monitor"] == "val/mpjpe"


def test_a_training_that_was_over_gives_nothing(tmp_path, trainer):
    WandbArtifacts(tmp_path).on_fit_end(trainer, None)
    assert trainer.loggers[0].given == []
