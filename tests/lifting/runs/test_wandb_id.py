"""Ids of Weights & Biases: unique to a folder, kept in it."""

import os

import pytest

from lifting.errors import InputError
from lifting.runs.wandb_id import FILE, kept_id, wandb_id


def folder(path):
    path.mkdir(parents=True)
    return path


def test_runs_of_one_name_are_two_runs_and_each_stays_one(tmp_path):
    one, two = (folder(tmp_path / group / "seed0") for group in ("lr1", "lr2"))
    first, second = wandb_id(one, {}), wandb_id(two, {})
    assert first != second
    os.rename(one, tmp_path / "elsewhere")
    assert wandb_id(tmp_path / "elsewhere", {}) == kept_id(tmp_path / "elsewhere") == first


def test_run_of_earlier_versions_keeps_the_id_its_records_have(tmp_path):
    run = folder(tmp_path / "old")
    folder(run / "wandb/offline-run-20250101_000000-an old-run")
    folder(run / "wandb/run-20250102_000000-old-2")
    (run / "wandb/latest-run").symlink_to("run-20250102_000000-old-2")
    assert wandb_id(run, {}) == kept_id(run) == "old-2"


def test_environment_names_the_run_of_a_new_folder_and_of_a_trial(tmp_path):
    run = folder(tmp_path / "run")
    assert wandb_id(run, {"WANDB_RUN_ID": "mine"}) == "mine"
    assert wandb_id(run, {"WANDB_RUN_ID": "other"}) == "mine"
    assert wandb_id(run, {"WANDB_RUN_ID": "trial", "WANDB_SWEEP_ID": "s"}) == "trial"
    assert wandb_id(run, {"WANDB_SWEEP_ID": "s"}) == wandb_id(run, {}) == "trial"


@pytest.mark.parametrize("content", [b"", b"a:b\n", b"a\nb\n", b" \n", b"\xff\n", b"x" * 200])
def test_damaged_id_is_told(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(InputError, match=rf"{FILE}: is damaged; remove it"):
        wandb_id(tmp_path, {})


def test_id_that_would_be_refused_is_told(tmp_path):
    with pytest.raises(InputError, match="WANDB_RUN_ID=a/b: is no id"):
        wandb_id(tmp_path, {"WANDB_RUN_ID": "a/b"})
    assert not list(tmp_path.iterdir())
