"""The best checkpoint: what it keeps where its folder is moved, and what is no best."""

import math
import shutil
from pathlib import Path

import pytest
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

from callbacks import BestCheckpoint
from lifting.errors import InputError

USUAL = {"filename": "{epoch}", "monitor": "score", "enable_version_counter": False}


class Scored(LightningModule):
    """A module whose score in every epoch is given."""

    def __init__(self, scores):
        super().__init__()
        self.scores = scores
        self.net = torch.nn.Linear(1, 1)

    def training_step(self, batch, batch_idx):
        return self.net(batch).sum()

    def validation_step(self, batch, batch_idx):
        self.log("score", float(self.scores[self.current_epoch]))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def train(folder, *scores, resumed=None, kind=BestCheckpoint, module=Scored, **options):
    """Train an epoch a score, those before a resumed checkpoint among them; return the callback."""
    best = kind(str(folder), **USUAL | options)
    data = DataLoader([torch.ones(1)])
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        max_epochs=len(scores),
        callbacks=[best],
    )
    trainer.fit(module(scores), data, data, ckpt_path=resumed)
    trainer.save_checkpoint(folder / "last.ckpt")
    return best


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "last.ckpt"}


def test_its_state_is_kept_under_the_key_of_lightnings_own():
    for options in (USUAL, {}, {**USUAL, "mode": "max"}, {"every_n_train_steps": 5}):
        assert BestCheckpoint(**options).state_key == ModelCheckpoint(**options).state_key


@pytest.mark.parametrize("kind", [BestCheckpoint, ModelCheckpoint])
def test_a_moved_folder_keeps_its_scores(tmp_path, kind):
    before, after = tmp_path / "before", tmp_path / "after"
    train(before, 5, 3, 9, 4, save_top_k=2, kind=kind)
    kept = torch.load(before / "last.ckpt", weights_only=True)["callbacks"]
    # That of Lightning, of which earlier versions' checkpoints are, names its folder.
    assert (str(tmp_path) in str(kept)) == (kind is ModelCheckpoint)
    before.rename(after)
    content = files(after)
    assert set(content) == {"epoch=1.ckpt", "epoch=3.ckpt"}
    moved = train(after, 5, 3, 9, 4, 8, resumed=after / "last.ckpt", save_top_k=2)
    assert files(after) == content
    assert moved.best_model_score == 3
    assert moved.kth_value == 4
    assert moved.best_model_path == str(after / "epoch=1.ckpt")
    train(after, 5, 3, 9, 4, 8, 1, resumed=after / "last.ckpt", save_top_k=2)
    assert set(files(after)) == {"epoch=1.ckpt", "epoch=5.ckpt"}


def test_a_file_that_is_not_there_is_no_best(tmp_path):
    train(tmp_path / "one", 5, 3, 9, 4, save_top_k=2)
    another = tmp_path / "another"
    another.mkdir()
    for name in ("epoch=3.ckpt", "last.ckpt"):
        shutil.copy(tmp_path / "one" / name, another)
    resumed = train(another, 5, 3, 9, 4, 8, resumed=another / "last.ckpt", save_top_k=2)
    assert set(files(another)) == {"epoch=3.ckpt", "epoch=4.ckpt"}
    assert (resumed.best_model_score, resumed.kth_value) == (4, 8)
    assert Path(resumed.best_model_path).name == "epoch=3.ckpt"
    # Whose best has been lost altogether takes the next.
    (tmp_path / "two").mkdir()
    shutil.copy(tmp_path / "one/last.ckpt", tmp_path / "two")
    train(tmp_path / "two", 5, 3, 9, 4, 8, resumed=tmp_path / "two/last.ckpt")
    assert set(files(tmp_path / "two")) == {"epoch=4.ckpt"}


def test_one_that_takes_the_last_epoch_replaces_its_file(tmp_path):
    train(tmp_path / "one", 1, monitor=None)
    (tmp_path / "one").rename(tmp_path / "two")
    assert set(files(tmp_path / "two")) == {"epoch=0.ckpt"}
    train(tmp_path / "two", 1, 1, resumed=tmp_path / "two/last.ckpt", monitor=None)
    assert set(files(tmp_path / "two")) == {"epoch=1.ckpt"}


@pytest.mark.parametrize(("steps", "every"), [(5, 10), (5, 1), (4, 10), (2, 10)])
def test_one_that_takes_the_last_epoch_has_the_end_wherever_that_is(tmp_path, steps, every):
    best = BestCheckpoint(str(tmp_path), **USUAL | {"monitor": None})
    data = DataLoader([torch.ones(1)] * 4, batch_size=1)
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        max_steps=steps,
        max_epochs=-1,
        check_val_every_n_epoch=every,
        callbacks=[best],
    )
    trainer.fit(Scored([1, 1]), data, data)
    (path,) = tmp_path.iterdir()
    assert torch.load(path, weights_only=True)["global_step"] == steps
    assert best.best_model_path == str(path)


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("save_top_k", [1, -1])
def test_a_score_that_is_not_finite_is_no_best(tmp_path, score, save_top_k):
    best = train(tmp_path, score, 5, save_top_k=save_top_k)
    assert set(files(tmp_path)) == {"epoch=1.ckpt"}
    assert best.best_model_score == 5
    train(tmp_path / "none", score)
    assert not files(tmp_path / "none")


@pytest.mark.parametrize(
    ("monitor", "advice"),
    [("val/mpjpa", "did you mean val/mpjpe?"), ("val/nonsense", "give one of val/mpjpe.")],
)
def test_a_monitor_that_is_not_measured_is_named_with_those_that_are(tmp_path, monitor, advice):
    class Measured(Scored):
        def validation_step(self, batch, batch_idx):
            self.log("val/mpjpe", 1.0)

    with pytest.raises(InputError) as refused:
        train(tmp_path, 1.0, monitor=monitor, module=Measured)
    assert str(refused.value) == f"--best.monitor is {monitor}, which is not measured; {advice}"
