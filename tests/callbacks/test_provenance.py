"""The record of a run: its trainings from their first step on, its tests, its commands in order."""

import json
from types import SimpleNamespace

import pytest
import torch
import yaml
from lightning.pytorch.trainer.states import TrainerFn

from callbacks import Provenance
from callbacks.provenance import Start
from lifting.errors import InputError
from lifting.runs.folder import read_provenance
from lifting.runs.options import flat

CONFIG = {
    "run": "first",
    "trainer": {"precision": "32-true"},
    "ckpt_path": None,
    "model": {"class_path": "a.Mine", "init_args": {"lr": 0.1, "flip_test": False}},
    "data": {"class_path": "a.Data", "init_args": {"store": "/elsewhere/a.h5"}},
}


def trainer(step=0, fn=TrainerFn.FITTING, **more):
    defaults = {
        "global_step": step,
        "current_epoch": 3,
        "world_size": 2,
        "is_global_zero": True,
        "loggers": [],
        "datamodule": SimpleNamespace(fingerprint={"store.h5": "abc"}),
        "strategy": SimpleNamespace(root_device=torch.device("cpu")),
        "state": SimpleNamespace(fn=fn),
    }
    return SimpleNamespace(**{**defaults, **more})


def record(folder, command="lifting fit", changed=None, config=CONFIG):
    callback = Provenance(folder)
    callback.start = Start(command, yaml.safe_dump(config), flat(config), changed or {})
    return callback


def begin(callback, step=0):
    callback.on_fit_start(trainer(step), None)
    callback.on_train_start(trainer(step), None)


def train(callback, step=0, **more):
    begin(callback, step)
    for done in (step + 1, step + 2):
        callback.on_train_batch_end(trainer(done, **more), None, None, None, 0)


def test_a_training_is_written_down_when_it_has_taken_a_step(tmp_path):
    callback = record(tmp_path)
    begin(callback)
    # With accumulated gradients a batch may take none.
    callback.on_train_batch_end(trainer(0), None, None, None, 0)
    assert list(tmp_path.iterdir()) == []
    callback.on_train_batch_end(trainer(1), None, None, None, 1)
    callback.on_train_batch_end(trainer(2), None, None, None, 2)
    (entry,) = read_provenance(tmp_path)
    assert (entry["stage"], entry["command"], entry["step"]) == ("fit", "lifting fit", 0)
    assert entry["data"] == {"store.h5": "abc"}
    assert entry["devices"] == "2 x CPU"
    assert yaml.safe_load((tmp_path / "config.yaml").read_text()) == CONFIG


def test_the_history_grows_and_tells_what_changed_at_which_step(tmp_path):
    train(record(tmp_path))
    again = {**CONFIG, "trainer": {"precision": "32-true", "max_epochs": 9}}
    changes = {"model.lr": (0.1, 0.5)}
    train(record(tmp_path, "lifting fit --ckpt_path last", changes, again), step=40)
    first, second = read_provenance(tmp_path)
    assert (first["step"], first["changed"]) == (0, {})
    assert (second["step"], second["epoch"]) == (40, 3)
    assert second["changed"] == {"model.lr": [0.1, 0.5]}
    assert second["command"] == "lifting fit --ckpt_path last"
    assert yaml.safe_load((tmp_path / "config.yaml").read_text()) == again


def test_a_test_and_a_prediction_tell_what_they_were_given_beside_the_configuration(tmp_path):
    train(record(tmp_path))
    before = (tmp_path / "config.yaml").read_bytes()
    mirrored = flat(CONFIG) | {"model.flip_test": True, "trainer.precision": "64-true", "run": "x"}
    for stage in ("test", "predict"):
        callback = record(tmp_path, f"lifting {stage}")
        callback.start = Start(f"lifting {stage}", "not written", mirrored, {})
        getattr(callback, f"on_{stage}_start")(trainer(), None)
    _, *entries = read_provenance(tmp_path)
    assert [e["stage"] for e in entries] == ["test", "predict"]
    for entry in entries:
        assert entry["changes"] == {"model.flip_test": True, "trainer.precision": "64-true"}
    assert (tmp_path / "config.yaml").read_bytes() == before


def test_a_test_in_a_folder_of_its_own_leaves_its_configuration_there(tmp_path):
    record(tmp_path, "lifting test").on_test_start(trainer(), None)
    assert yaml.safe_load((tmp_path / "config.yaml").read_text()) == CONFIG


@pytest.mark.parametrize(
    ("fn", "stages"), [(TrainerFn.FITTING, []), (TrainerFn.VALIDATING, ["validate"])]
)
def test_a_validation_counts_unless_it_is_part_of_a_training(tmp_path, fn, stages):
    record(tmp_path).on_validation_start(trainer(fn=fn), None)
    assert [entry["stage"] for entry in read_provenance(tmp_path)] == stages


def test_the_first_process_alone_writes(tmp_path):
    train(record(tmp_path), is_global_zero=False)
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_keep_plain_values_and_no_path(tmp_path):
    callback = record(tmp_path)
    begin(callback)
    torch.save(callback.state_dict(), tmp_path / "state.pt")
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    assert state["processes"] == 2
    assert state["data"] == {"store.h5": "abc"}
    assert (state["options"]["model.lr"], state["options"]["data.store"]) == (0.1, True)
    assert "elsewhere" not in json.dumps(state)


def test_a_damaged_record_is_told_before_a_step_is_taken(tmp_path):
    (tmp_path / "provenance.json").write_text("[1")
    with pytest.raises(InputError, match=r"provenance.json: is damaged"):
        record(tmp_path).on_fit_start(trainer(), None)


def test_without_the_command_line_there_is_a_history_and_no_configuration(tmp_path):
    train(Provenance(tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["provenance.json"]
