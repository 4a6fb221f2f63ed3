"""``lifting audit``: what is printed and written, and what is refused."""

import json

import numpy as np
import pytest
import torch

from lifting.cli.main import run as command
from lifting.errors import InputError, InputWarning
from lifting.methods import PoseFlows
from tests.lifting.metrics.test_anatomy import DOWN, FORWARDS, person


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the poses of somebody whose knees are bent the wrong way in one frame of four."""
    poses = [person(), person(), person(), person(legs=(DOWN, FORWARDS))]
    np.savez(tmp_path / "poses.npz", someone=np.stack([pose.numpy() for pose in poses]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_of_poses_is_judged_printed_and_written(here, capsys):
    command(["audit", "poses.npz", "--skeleton", "h36m17", "--out", "a.json"])
    printed = capsys.readouterr().out
    assert "limb asymmetry" in printed
    assert [line.split("│")[1:3] for line in printed.splitlines() if "25.0" in line] == [
        [" poses  ", " 4      "],
        [" all    ", " 4      "],
    ]
    # Nothing that there is no telling of.
    assert "typical" not in printed
    written = json.loads((here / "a.json").read_text())
    assert written["all"]["wrong_knees"] == written["people"][0]["wrong_knees"] == 25.0
    assert written["people"][0]["name"] == "poses"
    assert "truth" not in written


def test_keypoints_that_a_flow_does_not_know_are_warned_of(here, capsys):
    flow = PoseFlows(hidden=8, blocks=1)
    flow.fit_statistics(500 + 100 * torch.randn(64, 17, 2), None)
    checkpoint = {"state_dict": flow.state_dict(), "hyper_parameters": dict(flow.hparams)}
    torch.save(checkpoint | {"lifting": flow._identity()}, "flow.ckpt")
    points = np.random.default_rng(0).normal(500, 100, (4, 17, 2)) ** 2 / 500
    points[:, 10] = points[:, 0] + 1
    np.savez("k.npz", keypoints=points, skeleton="h36m17")
    arguments = ["audit", "poses.npz", "--skeleton", "h36m17", "--keypoints", "k.npz"]
    with pytest.warns(InputWarning, match="100 % of the keypoints are unlike"):
        command([*arguments, "--flow", "flow.ckpt"])
    assert "typical keypoints" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["poses.npz", "--out", "a.csv"], "out a.csv: is no .json"),
        (["poses.npz", "--flow", "x.ckpt"], "flow: needs the keypoints"),
        (["runs/a", "--keypoints", "k.npz"], "keypoints: runs/a is a run"),
        (["runs/a"], "runs/a"),
        (["missing.npz"], "missing.npz"),
    ],
)
def test_what_does_not_go_together_is_refused(here, arguments, message):
    with pytest.raises(InputError, match=message):
        command(["audit", *arguments])
