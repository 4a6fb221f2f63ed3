"""Tests of the ranges of numbers."""

import pytest
from jsonargparse import Namespace

import lifting.methods
from lifting.cli.options.ranges import OF_METHODS, check_ranges
from lifting.cli.options.vocabulary import options_of
from lifting.errors import InputError


def options(**given):
    found = Namespace(trainer=Namespace(), best=Namespace(mode="min"), last=Namespace())
    found.model = Namespace(class_path="SimpleBaseline", init_args=Namespace())
    for name, value in given.items():
        part, option = name.split("__")
        place = found.model.init_args if part == "model" else found[part]
        place[option] = value
    return found


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"model__lr": -1.0}, "--model.lr is -1.0: give a number above 0."),
        ({"model__lr": 0}, "--model.lr is 0: give a number above 0."),
        ({"model__lr": float("nan")}, "--model.lr is nan: give a number above 0."),
        ({"model__lr": float("inf")}, "--model.lr is inf: give a number above 0."),
        ({"model__width": 0}, "--model.width is 0: give 1 or more."),
        ({"model__blocks": -1}, "--model.blocks is -1: give 0 or more."),
        ({"model__dropout": 2.0}, "--model.dropout is 2.0: give a share from 0 to 1."),
        ({"model__weight_decay": -1.0}, "--model.weight_decay is -1.0: give 0 or more."),
        ({"trainer__accumulate_grad_batches": 0}, "--trainer.accumulate_grad_batches is 0: give 1"),
        ({"trainer__check_val_every_n_epoch": 0}, "--trainer.check_val_every_n_epoch is 0: give 1"),
        (
            {"trainer__val_check_interval": 0},
            "--trainer.val_check_interval is 0: give a number abo",
        ),
        ({"trainer__gradient_clip_val": -1}, "--trainer.gradient_clip_val is -1: give 0 or more."),
        ({"last__every_n_train_steps": 0}, "--last.every_n_train_steps is 0: give 1 or more."),
        ({"best__save_top_k": -3}, "--best.save_top_k is -3: give 0 or more, or -1 for all."),
        ({"best__mode": "middle"}, "--best.mode is middle: give min or max."),
    ],
)
def test_a_number_out_of_its_range_is_told(given, sentence):
    with pytest.raises(InputError) as error:
        check_ranges(options(**given))
    assert str(error.value).startswith(sentence)


def test_what_is_in_range_or_no_number_is_left_alone():
    check_ranges(options(model__lr=1e12, model__blocks=0, model__dropout=1, best__mode="max"))
    check_ranges(options(model__width="wide", model__frames=None, trainer__gradient_clip_val=None))
    check_ranges(Namespace())


def test_every_range_of_a_method_is_of_an_option_that_a_method_has():
    known = {o for name in lifting.methods.__all__ for o in options_of(f"lifting.methods.{name}")}
    assert known >= OF_METHODS.keys()
