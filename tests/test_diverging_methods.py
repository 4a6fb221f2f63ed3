"""Every method with a learning rate of 1e12: it ends with its sentence, and saves nothing of that."""

import pytest
from lightning import Trainer

from callbacks import BestCheckpoint, Divergence, LastCheckpoint
from lifting.errors import DivergenceError
from tests.made_trainings import METHODS, method_and_data, write_stages
from tests.test_experiments import METHODS as EXPERIMENTS
from tests.test_experiments import class_of

pytestmark = pytest.mark.slow(reason="trains every method")

DIVERGING = {"lr": 1e12, "warmup": 0.0, "schedule": "constant"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    write_stages(folder)
    return folder


@pytest.mark.parametrize("name", METHODS)
def test_a_learning_rate_of_1e12_ends_in_a_sentence(name, folder, tmp_path):
    method, data = method_and_data(name, folder, 8, **DIVERGING)
    checkpoints = str(tmp_path / "checkpoints")
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        max_epochs=1,
        limit_train_batches=3,
        callbacks=[
            Divergence(tmp_path),
            LastCheckpoint(checkpoints),
            BestCheckpoint(checkpoints),
        ],
    )
    with pytest.raises(
        DivergenceError, match=r"diverged: (at|by) step \d \(epoch 0\) the (loss|weights)"
    ):
        trainer.fit(method, data)
    assert not list(tmp_path.rglob("*.ckpt"))


def test_there_are_all_methods_that_experiments_name():
    named = {class_of(path, "model").rpartition(".")[2] for path in EXPERIMENTS}
    assert named <= set(METHODS)
