"""Tests of what is refused before a run starts."""

import pytest
from jsonargparse import Namespace

from lifting.cli.run_start import check_amount
from lifting.errors import InputError

AMOUNTS = {
    "max_epochs": 20,
    "max_steps": -1,
    "limit_train_batches": None,
    "limit_val_batches": 1.0,
    "limit_test_batches": 2,
    "limit_predict_batches": None,
}


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
        options = Namespace(trainer=Namespace(AMOUNTS | {option: zero}))
        with pytest.raises(InputError, match=rf"^--trainer.{option} is 0: {undone}; give more\.$"):
            check_amount(command, options)
        for other in {"fit", "validate", "test", "predict"} - {command}:
            check_amount(other, options)
    check_amount(command, Namespace(trainer=Namespace(AMOUNTS)))


def test_a_training_that_is_tested_does_both():
    options = Namespace(trainer=Namespace(AMOUNTS | {"limit_test_batches": 0}), test=False)
    check_amount("fit", options)
    options.test = True
    with pytest.raises(InputError, match="nothing would be tested"):
        check_amount("fit", options)
