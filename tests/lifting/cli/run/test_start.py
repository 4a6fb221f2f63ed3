"""Tests of what is refused before a run starts."""

from pathlib import Path

import pytest
from jsonargparse import Namespace

from lifting.checkpoints import checkpoint_bytes
from lifting.cli.run.start import (
    check_amount,
    check_checkpoint,
    check_folder,
    file_stamp,
    find_checkpoint,
)
from lifting.errors import CheckpointError, InputError
from lifting.files import beside

AMOUNTS = {
    "max_epochs": 20,
    "max_steps": -1,
    "limit_train_batches": None,
    "limit_val_batches": 1.0,
    "limit_test_batches": 2,
    "limit_predict_batches": None,
}


def given(option, value):
    data = Namespace(init_args=Namespace(val_subjects=["S8"]))
    return Namespace(trainer=Namespace(AMOUNTS | {option: value}), data=data)


@pytest.mark.parametrize(
    ("command", "option", "undone"),
    [
        ("fit", "max_epochs", "nothing would be trained"),
        ("fit", "max_steps", "nothing would be trained"),
        ("fit", "limit_train_batches", "nothing would be trained"),
        ("validate", "limit_val_batches", "nothing would be measured"),
        ("test", "limit_test_batches", "nothing would be tested, and no test.csv written"),
        ("predict", "limit_predict_batches", "nothing would be predicted, and no file written"),
    ],
)
def test_a_command_that_would_do_nothing_says_so(command, option, undone):
    for zero in (0, 0.0):
        options = given(option, zero)
        with pytest.raises(InputError, match=rf"^--trainer.{option} is 0: {undone}; give more\.$"):
            check_amount(command, options)
        for other in {"fit", "validate", "test", "predict"} - {command}:
            check_amount(other, options)
        options.trainer[option] = 1
        check_amount(command, options)


def test_a_training_that_is_tested_does_both():
    options = given("limit_test_batches", 0)
    options.test = False
    check_amount("fit", options)
    options.test = True
    with pytest.raises(InputError, match="nothing would be tested"):
        check_amount("fit", options)


def test_nobody_is_measured_where_nobody_is_held_out():
    options = given("max_epochs", 1)
    options.data.init_args.val_subjects = []
    with pytest.raises(
        InputError, match=r"^--data.val_subjects is empty: nothing would be measured"
    ):
        check_amount("validate", options)
    check_amount("fit", options)


@pytest.fixture
def only_best(tmp_path):
    """Folder of a run of whose checkpoints the best alone is left."""
    best = tmp_path / "checkpoints" / "best.ckpt"
    best.parent.mkdir()
    best.touch()
    return tmp_path


def test_a_run_with_its_best_checkpoint_alone_goes_on_from_that(only_best):
    best, last = (only_best / "checkpoints" / f"{name}.ckpt" for name in ("best", "last"))
    assert find_checkpoint(only_best, "last", fits=True) == best
    last.touch()
    assert find_checkpoint(only_best, "last", fits=True) == last
    assert find_checkpoint(only_best / "new", "last", fits=True) is None


def test_a_run_with_its_best_checkpoint_alone_is_not_begun_again(only_best):
    part = Namespace(class_path="One")
    options = Namespace(model=part, data=part)
    with pytest.raises(InputError, match="holds a run that has begun"):
        check_folder(only_best, options, resumes=False)
    check_folder(only_best, options, resumes=True)


def test_a_checkpoint_that_is_missing_names_the_one_that_is_left(only_best):
    with pytest.raises(InputError, match=r"last\.ckpt: there is no .* with --ckpt_path best\.$"):
        find_checkpoint(only_best, "last", fits=False)
    best, last = (only_best / "checkpoints" / f"{name}.ckpt" for name in ("best", "last"))
    best.rename(last)
    with pytest.raises(InputError, match=r"best\.ckpt: there is no .* with --ckpt_path last\.$"):
        find_checkpoint(only_best, None, fits=False)


@pytest.mark.parametrize(("name", "other"), [("best", "last"), ("last", "best")])
def test_a_damaged_checkpoint_is_refused_with_the_other_one_where_it_is_there(
    tmp_path, name, other
):
    damaged = tmp_path / f"{name}.ckpt"
    damaged.write_bytes(checkpoint_bytes({"lifting": {}})[:-20])
    with pytest.raises(CheckpointError, match=r"get or train it again\.$"):
        check_checkpoint(damaged, fits=False)
    (tmp_path / f"{other}.ckpt").touch()
    with pytest.raises(CheckpointError, match=f"the other one, with --ckpt_path {other}") as error:
        check_checkpoint(damaged, fits=False)
    assert str(error.value).startswith(f"{damaged}: ")


def test_a_run_inside_another_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    part = Namespace(class_path="x")
    options = Namespace(model=part, data=part)
    # Of the user, and of a pipeline.
    Path("config.yaml").touch()
    Path("runs/a/b").mkdir(parents=True)
    check_folder(Path("runs/a/b"), options, resumes=False)
    Path("runs/a/config.yaml").touch()
    for inside in ("runs/a/checkpoints", "runs/a/b/c"):
        with pytest.raises(InputError, match=f"^{inside}: lies in the folder of run runs/a;"):
            check_folder(Path(inside), options, resumes=False)
    check_folder(Path("runs/ab"), options, resumes=False)


def test_a_file_that_was_replaced_has_another_stamp(tmp_path):
    path = tmp_path / "last.ckpt"
    assert file_stamp(None) is file_stamp(path) is None
    path.write_bytes(b"one")
    before = file_stamp(path)
    assert before == file_stamp(path)
    with beside(path) as partial:
        partial.write_bytes(b"two")
    assert file_stamp(path) != before
