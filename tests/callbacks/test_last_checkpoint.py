"""The checkpoint to resume from: whole at every moment."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from callbacks import LastCheckpoint


def trainer(step: int, save, last: bool = False, **given) -> SimpleNamespace:
    usual = {"val_check_batch": 1000, "check_val_every_n_epoch": 1, "accumulate_grad_batches": 1}
    return SimpleNamespace(
        global_step=step,
        fast_dev_run=False,
        save_checkpoint=save,
        strategy=SimpleNamespace(checkpoint_io=None),
        is_last_batch=last,
        callbacks=[],
        **usual | given,
    )


def ends_batch(callback: LastCheckpoint, trainer: SimpleNamespace, index: int = 0) -> None:
    callback.on_train_batch_end(trainer, None, None, None, index)


def test_it_is_written_every_so_many_steps_and_at_the_end(tmp_path):
    saved = []
    callback = LastCheckpoint(str(tmp_path), every_n_train_steps=4)

    def save(path, weights_only):
        path.write_text(f"{now.global_step}")
        saved.append(now.global_step)

    now = trainer(0, save)
    for now.global_step in [1, 2, 3, 4, 4, 5, 6, 7, 8, 9]:
        ends_batch(callback, now)
    callback.on_train_end(now, None)
    assert saved == [4, 8, 9]
    assert callback.path == tmp_path / "last.ckpt"
    assert callback.path.read_text() == "9"
    assert list(tmp_path.iterdir()) == [callback.path]


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

        ends_batch(callback, trainer(step, save))
    assert saved == [s for s in (8, 14) if s > begin]


def touch(path, weights_only):
    Path(path).touch()


@pytest.mark.parametrize(
    ("index", "given"),
    [
        (5, {"last": True}),
        (5, {"val_check_batch": 3}),
        # Counted over all epochs.
        (
            0,
            {
                "val_check_batch": 4,
                "check_val_every_n_epoch": None,
                "fit_loop": SimpleNamespace(total_batch_idx=11),
            },
        ),
    ],
)
def test_nothing_is_saved_between_a_batch_and_its_validation(tmp_path, index, given):
    callback = LastCheckpoint(str(tmp_path), every_n_train_steps=2)
    ends_batch(callback, trainer(2, touch, **given), index)
    assert not list(tmp_path.iterdir())
    callback.on_train_epoch_end(trainer(2, touch), None)
    assert (tmp_path / "last.ckpt").is_file()


@pytest.mark.parametrize("every", [None, float("inf"), 4])
def test_it_is_saved_where_no_validation_follows(tmp_path, every):
    # None: validations go by the clock; infinity: at the end of the epoch alone.
    callback = LastCheckpoint(str(tmp_path), every_n_train_steps=2)
    ends_batch(callback, trainer(2, touch, val_check_batch=every), 5)
    assert (tmp_path / "last.ckpt").is_file()
