"""Options by name, and what differs."""

import pytest

from lifting.runs.options import changed, describe, differences, flat, method_of

CONFIG = {
    "seed_everything": 0,
    "trainer": {
        "max_epochs": 2,
        "callbacks": [
            {"class_path": "callbacks.EMA", "init_args": {"decay": 0.9}},
            {"class_path": "lightning.pytorch.callbacks.Timer"},
        ],
    },
    "model": {
        "class_path": "lifting.methods.SimpleBaseline",
        "init_args": {"lr": 0.1, "taps": (3, 3), "lifters": {"a": "a.ckpt"}},
    },
    "data": {"class_path": "datamodules.LSP", "init_args": {"noise": {"kind": "normal"}}},
}


def test_options_have_their_names_on_the_command_line():
    options = flat(CONFIG)
    assert options == {
        "seed_everything": 0,
        "trainer.max_epochs": 2,
        "trainer.callbacks": ["EMA", "Timer"],
        "trainer.callbacks.EMA.decay": 0.9,
        "model": "lifting.methods.SimpleBaseline",
        "model.lr": 0.1,
        "model.taps": [3, 3],
        "model.lifters.a": "a.ckpt",
        "data": "datamodules.LSP",
        "data.noise.kind": "normal",
    }
    assert method_of(options) == "SimpleBaseline"


@pytest.mark.parametrize(
    ("callbacks", "names"),
    [(None, []), ([], []), ({"class_path": "callbacks.EMA"}, ["EMA"])],
)
def test_callbacks_may_be_none_or_one(callbacks, names):
    assert flat({"trainer": {"callbacks": callbacks}}) == {"trainer.callbacks": names}


def test_what_one_version_alone_has_is_no_difference():
    before = {"a": 1, "b": (1, 2), "c": None, "gone": 1, "same": 1}
    now = {"a": 2, "b": [1, 2], "c": 0, "new": 1, "same": 1.0}
    assert differences(before, now) == {"a": (1, 2), "c": (None, 0)}
    assert differences({"a": 1}, {"a": True}) == {"a": (1, True)}


def test_an_option_with_options_of_its_own_differs_from_none():
    none = flat({"data": {"class_path": "a.Data", "init_args": {"noise": None}}})
    given = flat({"data": {"class_path": "a.Data", "init_args": {"noise": {"amount": 3}}}})
    assert differences(none, given) == {"data.noise": (None, {"amount": 3})}
    assert differences(given, none) == {"data.noise": ({"amount": 3}, None)}


def test_a_configuration_takes_other_values_by_name_and_stays_as_it_was():
    values = {"model.lr": 0.5, "data.noise.kind": "radial", "trainer.max_epochs": 3, "new.x": 1}
    other = flat(changed(CONFIG, values))
    assert other == flat(CONFIG) | {n: v for n, v in values.items() if n != "new.x"}
    assert flat(CONFIG)["model.lr"] == 0.1


def test_changes_are_told_as_the_command_line_takes_them():
    changes = {"x": (None, "cosine"), "y": ([1], True)}
    assert describe(changes) == ["x null → cosine", "y [1] → true"]
