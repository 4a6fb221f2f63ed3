"""Frozen methods: what is wrong with the options and the extras of a checkpoint."""

import pytest
import torch

from lifting.errors import InputError
from lifting.methods import Lifter
from lifting.methods.bases.checkpointed import load_frozen
from tests.made_lifters import save
from tests.made_methods import DETECTORS, LIFTERS, made

TENSOR = torch.ones(2, 17, 2)


@pytest.fixture
def changed(tmp_path):
    """A function that changes the content of a small lifter's checkpoint and returns its path."""
    path = save(made("VideoPose3D"), tmp_path / "a.ckpt")

    def change(function):
        content = torch.load(path, weights_only=True)
        function(content)
        torch.save(content, path)
        return path

    return change


@pytest.mark.parametrize("kind", [*LIFTERS, *DETECTORS])
def test_options_come_back_as_they_were(kind, tmp_path):
    method = made(kind)
    again = load_frozen(save(method, tmp_path / "a.ckpt"), type(method))
    assert again.hparams == method.hparams
    for name, value in again.hparams.items():
        assert type(value) is type(method.hparams[name])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("causal", "wrong"),
        ("causal", 1),
        ("channels", "x"),
        ("channels", 8.5),
        ("channels", True),
        ("taps", 3),
        ("taps", [3, "x"]),
        ("start_from", 3),
        ("lr", [0.1]),
        ("unknown", 1),
    ],
)
def test_an_option_of_another_type_is_named(changed, option, value):
    path = changed(lambda content: content["hyper_parameters"].update({option: value}))
    with pytest.raises(InputError) as caught:
        load_frozen(path, Lifter)
    message = f"{path}: its option {option} is {value!r}, which VideoPose3D does not take; "
    assert str(caught.value) == f"{message}get or train it again."


def test_a_text_that_says_a_type_is_read_as_it(changed):
    path = changed(lambda content: content["hyper_parameters"].update(causal="false"))
    assert load_frozen(path, Lifter).hparams["causal"] is False


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        *(
            (name, value, rf"{name} is .*, which is no number above 0; get or train it again\.")
            for name in ("frame_rate", "image_side")
            for value in ("x", -1.0, 0, float("nan"), float("inf"), True, [30.0])
        ),
        ("input_range", 3, "its input_range is not of 17 keypoints"),
        ("input_range", {"mean": TENSOR}, "its input_range is not of 17 keypoints"),
        ("input_range", {"mean": TENSOR[:, :5], "std": TENSOR}, "not of 17 keypoints"),
        ("input_range", {"mean": TENSOR, "std": TENSOR * torch.nan}, "not of 17 keypoints"),
    ],
)
def test_what_was_seen_in_training_is_a_number(changed, name, value, message):
    path = changed(lambda content: content.update({name: value}))
    with pytest.raises(InputError, match=message):
        load_frozen(path, Lifter)
