"""A run made by an earlier version (commit c2fc671) is tested, predicted with, resumed and lifted with.

``made_before/`` holds a whole run of two epochs, its table, and its weights after a third epoch, all
written by that version: ``lifting fit -c base -c data/synthetic -c supervised/simple_baseline`` with
``--data.frames_per_sequence 6 --data.batch_size 128 --model.width 8 --model.blocks 1`` and an EMA.
"""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from lifting.cli.training import run
from lifting.errors import InputError
from lifting.inference.prediction import lift

pytestmark = [
    pytest.mark.slow(reason="tests, predicts and resumes an earlier run"),
    pytest.mark.xdist_group("cli"),
]

MADE = Path(__file__).parent / "made_before"


@pytest.fixture
def here(tmp_path, monkeypatch, give_synthetic):
    give_synthetic(tmp_path / "data")
    folder = tmp_path / "runs/before"
    (folder / "checkpoints").mkdir(parents=True)
    for name in ("config.yaml", "provenance.json"):
        shutil.copy(MADE / name, folder)
    for name in ("best", "last"):
        shutil.copy(MADE / "last.ckpt", folder / f"checkpoints/{name}.ckpt")
    monkeypatch.chdir(tmp_path)
    return folder


def table(path):
    with path.open(newline="") as stream:
        return {row["action"]: row for row in csv.DictReader(stream)}


def test_its_table_comes_out_the_same(here):
    run(["test", "--run", "before", "--wandb", "disabled"])
    before, now = table(MADE / "test.csv"), table(here / "test.csv")
    assert before.keys() == now.keys()
    for action, row in before.items():
        for name in row.keys() - {"action"}:
            assert float(now[action][name]) == pytest.approx(float(row[name]), abs=1e-2)


def test_it_predicts_and_its_checkpoint_lifts_alone(here):
    run(["predict", "--run", "before", "--wandb", "disabled"])
    with np.load(here / "predictions.npz") as file:
        assert np.isfinite(file["pose"]).all()
    keypoints = np.random.default_rng(0).uniform(200, 800, (3, 17, 2))
    lifted = lift(keypoints, MADE / "last.ckpt", skeleton="h36m17", size=(1000, 1000))
    assert lifted.pose.shape == (3, 17, 3)


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--data.batch_size", "64", "--data.batch_size 128, not 64"),
        ("--seed", "7", "--seed_everything 0, not 7"),
        ("--model.width", "16", "--model.width 8, not 16"),
        ("--trainer.callbacks", "[]", '--trainer.callbacks ["EMA"], not []'),
        ("--trainer.devices", "2", "1 process, not 2 (--trainer.devices"),
        ("--data.generator_seed", "1", "--data.generator_seed 0, not 1"),
    ],
)
def test_it_is_not_resumed_with_what_a_run_keeps(here, option, value, told):
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    config = ["-c", str(here / "config.yaml")]
    with pytest.raises(InputError) as refused:
        run(["fit", *config, "--run", "before", "--ckpt_path", "last", option, value])
    assert f"was trained with {told}" in str(refused.value)
    assert "--model.start_from runs/before/checkpoints/last.ckpt --run NEW" in str(refused.value)
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


def test_it_is_not_resumed_on_other_data(here):
    entries = json.loads((here / "provenance.json").read_text())
    entries[0]["data"] = {"elsewhere.h5": "0123456789abcdef"}
    (here / "provenance.json").write_text(json.dumps(entries))
    with pytest.raises(InputError, match=r"another elsewhere.h5 .SHA-256 0123456789, not missing"):
        run(["fit", "-c", str(here / "config.yaml"), "--run", "before", "--ckpt_path", "last"])


def test_it_is_resumed_to_the_weights_that_the_earlier_version_reached(here):
    config = here / "config.yaml"
    # As if three epochs had been asked for: what is longer has another schedule from its first step on,
    # to which the earlier version came a step late.
    config.write_text(config.read_text().replace("max_epochs: 2", "max_epochs: 3"))
    run(["fit", "-c", str(config), "--run", "before", "--ckpt_path", "last"])
    weights = torch.load(here / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
    with np.load(MADE / "resumed.npz") as expected:
        assert set(expected.files) == set(weights)
        for name, value in weights.items():
            # Other processors round otherwise.
            np.testing.assert_allclose(value.numpy(), expected[name], rtol=1e-3, atol=1e-3)
