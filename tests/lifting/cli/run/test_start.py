"""Tests of what is refused before a run starts."""

import pytest
from jsonargparse import Namespace

from lifting.cli.run.start import check_amount
from lifting.errors import InputError

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
