"""The checkpoint to go on from: whole at every moment, and honest about how a run ended."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from lightning.pytorch.utilities.exceptions import SIGTERMException

from callbacks import LastCheckpoint


def trainer(step: int, save, first: bool = True) -> SimpleNamespace:
    return SimpleNamespace(
        global_step=step, fast_dev_run=False, is_global_zero=first, save_checkpoint=save
    )


def test_checkpoint_that_is_written_when_the_process_dies_leaves_the_one_before(tmp_path):
    last = tmp_path / "last.ckpt"
    callback = LastCheckpoint(str(tmp_path), every_n_train_steps=1)

    def save(path, weights_only):
        Path(path).write_text("whole")

    def die(path, weights_only):
        Path(path).write_text("ha")
        raise KeyboardInterrupt

    callback.on_train_batch_end(trainer(1, save), None)
    assert last.read_text() == "whole"
    with pytest.raises(KeyboardInterrupt):
        callback.on_train_batch_end(trainer(2, die), None)
    assert last.read_text() == "whole"


def test_only_the_first_process_puts_the_checkpoint_in_its_place(tmp_path):
    # On the others save_checkpoint writes nothing.
    callback = LastCheckpoint(str(tmp_path), every_n_train_steps=1)
    callback.on_train_batch_end(trainer(1, lambda *_, **__: None, first=False), None)
    assert not list(tmp_path.iterdir())


def test_sigterm_shows_in_the_exit_status():
    error = SIGTERMException()
    assert not error.code
    LastCheckpoint().on_exception(None, None, error)
    with pytest.raises(SystemExit) as ended:
        raise error
    assert ended.value.code == 128 + 15


@pytest.mark.parametrize("begin", [0, 9])
def test_steps_that_jump_over_multiples_are_saved_at_the_first_one_after(tmp_path, begin):
    # Two optimisers, the second at every third batch: four steps in three batches.
    steps = [s for s in (1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16) if s > begin]
    saved = []
    callback = LastCheckpoint(str(tmp_path), every_n_train_steps=7)
    callback.on_train_start(trainer(begin, None), None)
    for step in steps:

        def save(path, weights_only, step=step):
            Path(path).touch()
            saved.append(step)

        callback.on_train_batch_end(trainer(step, save), None)
    assert saved == [s for s in (8, 14) if s > begin]
