"""Frozen methods: what is wrong with the options and the extras of a checkpoint."""

import pytest
import torch

from lifting.errors import CheckpointError, InputError
from lifting.methods import Lifter, VideoPose3D
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


@pytest.mark.parametrize("part", ["hyper_parameters", "state_dict"])
@pytest.mark.parametrize("content", [None, 3, [1], {3: 1}])
def test_a_checkpoint_without_its_parts_is_refused(changed, part, content):
    path = changed(lambda checkpoint: checkpoint.update({part: content}))
    with pytest.raises(CheckpointError) as caught:
        load_frozen(path, Lifter)
    assert str(caught.value) == f"{path}: lacks its {part}; get or train it again."


def test_values_that_nothing_can_be_built_with_are_refused_with_the_cause(changed):
    path = changed(lambda content: content["hyper_parameters"].update(channels=-4))
    with pytest.raises(
        InputError, match=r"no VideoPose3D can be built with its options \("
    ) as caught:
        load_frozen(path, Lifter)
    assert isinstance(caught.value.__cause__.__cause__, RuntimeError)


def unfinished():
    raise NotImplementedError


class Mistaken(VideoPose3D):
    """A lifter of somebody's own, with a mistake."""

    mistake = staticmethod(lambda: None)

    def configure_nets(self):
        super().configure_nets()
        self.mistake()


@pytest.mark.parametrize(
    ("mistake", "kind"),
    [
        (lambda: [].nets, AttributeError),
        (lambda: {}["nets"], KeyError),
        (lambda: len(3), TypeError),
        (lambda: [][0], IndexError),
        (lambda: nets, NameError),
        (unfinished, NotImplementedError),
    ],
)
def test_a_mistake_in_a_method_is_no_wrong_file(tmp_path, monkeypatch, mistake, kind):
    path = save(Mistaken(taps=[1], channels=8), tmp_path / "a.ckpt")
    monkeypatch.setattr(Mistaken, "mistake", staticmethod(mistake))
    with pytest.raises(kind) as caught:
        load_frozen(path, Lifter)
    # Its traceback leads to the mistake.
    assert caught.traceback[-1].path.samefile(__file__)
