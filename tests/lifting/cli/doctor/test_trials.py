"""The command ``lifting doctor`` on this machine's CPU: what it finds, says and leaves."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from datamodules.h36m.cameras import h36m_camera
from lifting import methods
from lifting.cameras import Camera
from lifting.cli.doctor import doctor, trials
from lifting.cli.doctor.facts import Precision
from lifting.cli.doctor.report import summary
from lifting.cli.doctor.trials import (
    TRIALS,
    Mode,
    Trial,
    farthest,
    try_method,
    without_dropout,
)
from lifting.cli.main import run
from lifting.errors import InputError, StoppedError
from lifting.methods import Method
from lifting.methods.bases.detector import Detector
from tests.made_lifters import with_statistics

ROOT = Path(__file__).parents[4]

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_every_method_is_tried():
    files = [ROOT / f"experiments/{experiment}.yaml" for experiment, _ in TRIALS.values()]
    tried = {yaml.safe_load(path.read_text("utf-8"))["model"]["class_path"] for path in files}
    public = {getattr(methods, name) for name in methods.__all__}
    kinds = {kind for kind in public if issubclass(kind, Method)}
    concrete = {
        k for k in kinds if not any(k is not other and issubclass(other, k) for other in kinds)
    }
    assert {kind.__name__ for kind in concrete} <= tried | {"HeatmapDetector"}
    assert any(issubclass(getattr(methods, name), Detector) for name in tried)
    # What a method builds on is tried before it.
    names = list(TRIALS)
    for name, (_, earlier) in TRIALS.items():
        assert all(names.index(stage) < names.index(name) for stage in earlier.values())


def test_differences_are_shares_of_the_size_of_a_loss():
    reference = [{"train/a": 10.0, "train/b": -2.0}, {"train/a": 5.0, "train/b": 0.0}]
    assert farthest(reference, reference) == 0
    other = [{"train/a": 10.0, "train/b": -2.2}, {"train/a": 5.0, "train/b": 0.001}]
    assert farthest(other, reference) == pytest.approx(0.001 / 0.005)
    nan = [{"train/a": float("nan"), "train/b": -2.0}, reference[1]]
    assert farthest(nan, reference) == 1e9


@pytest.mark.slow(reason="trains a method")
def test_it_writes_what_it_finds_and_removes_the_rest(tmp_path, capsys):
    out = str(tmp_path / "doctor.json")
    run(["doctor", "--out", out, "--methods", "[simple_baseline]", "--cpu", "true"])
    found = json.loads((tmp_path / "doctor.json").read_text("utf-8"))
    assert found["machine"]["device"] == "cpu"
    trial = found["methods"]["simple_baseline"]
    assert trial["failed"] == ""
    assert 0 < trial["modes"]["bfloat16"]["first"] < 0.1
    said = capsys.readouterr().out
    assert "simple_baseline: bfloat16 differs by" in said
    assert "1 of 1 methods are as on the CPU" in said
    assert {path.name for path in tmp_path.iterdir()} == {"doctor.json", "doctor.log"}


def test_what_a_method_fails_of_is_told_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(trials.TRIALS, "simple_baseline", ("supervised/no_such_file", {}))
    with pytest.raises(SystemExit) as ended:
        doctor(out=str(tmp_path / "d.json"), methods=["simple_baseline"], cpu=True)
    assert ended.value.code == 1
    assert (
        "no_such_file"
        in json.loads((tmp_path / "d.json").read_text())["methods"]["simple_baseline"]["failed"]
    )
    assert "Not so simple_baseline" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("found", "sound"),
    [([1.05, 1.9], True), ([1.2, 1.0], False), ([1.0, 2.1], False), ([float("nan"), 1.0], False)],
)
def test_a_loss_that_is_too_far_off_is_no_agreement(tmp_path, monkeypatch, found, sound):
    losses = iter([[1.0, 1.0], found])

    class Watched:
        def __init__(self):
            self.losses = [{"train/loss": value} for value in next(losses)]

    monkeypatch.setattr(trials, "_fit", lambda *_: Watched())
    with (tmp_path / "log").open("w") as log:
        trial = try_method("lstm", [Precision("x", "32-true", "cpu", 0.1, 1.0)], tmp_path, log)
    assert trial.failed == ""
    assert trial.is_sound == sound
    assert ("(too much)" in summary("lstm", trial)) != sound


def test_an_order_to_stop_ends_it_and_is_no_fault_of_a_method(tmp_path, monkeypatch):
    def stopped(*_):
        raise StoppedError(2, "after step 1", "go on with: lifting fit")

    monkeypatch.setattr(trials, "_fit", stopped)
    with pytest.raises(StoppedError, match="after step 1; run it again"):
        doctor(out=str(tmp_path / "d.json"), cpu=True)
    assert not list(tmp_path.iterdir())


def test_no_time_begins_nothing(tmp_path, capsys):
    doctor(out=str(tmp_path / "d.json"), minutes=0, cpu=True)
    assert json.loads((tmp_path / "d.json").read_text())["left_out"] == list(TRIALS)
    assert "No time was left for full_flow, part_flows" in capsys.readouterr().out


def test_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"elepos.*Did you mean elepose|elepose"):
        doctor(out=str(tmp_path / "d.json"), methods=["elepos"])
    with pytest.raises(InputError, match="is a folder"):
        doctor(out=str(tmp_path))


def test_a_line_of_a_timed_method_has_its_time():
    found = Trial({"float32": Mode(1e-5, 2e-4, True, 1.234)})
    line = "lstm: float32 differs by 0.001 %, then 0.02 %, 1.2 ms a step"
    assert summary("lstm", found) == line


@pytest.mark.parametrize(
    "make",
    [
        lambda: methods.SimpleBaseline(width=16),
        lambda: methods.RelativeDepth(width=16, keypoint_dropout=0.5),
        lambda: methods.IGANet(width=16, depth=1, heads=2),
        lambda: methods.TransformerLifter(frames=3, width=16, hidden=16, heads=2),
        lambda: methods.MixSTE(frames=3, width=16, depth=2, heads=2, drop_path=0.5),
        lambda: methods.LSTMLifter(frames=3, width=8, layers=2, dropout=0.5),
    ],
)
def test_losses_of_devices_are_compared_without_what_each_draws(make):
    method = with_statistics(make()).train()
    x = torch.rand(4, method.frames, 17, 2)
    camera = Camera.stack([h36m_camera("S1", "54138969").to(torch.float32)] * 4)

    def outputs():
        return method(500 + 100 * x, camera)

    assert not torch.equal(outputs(), outputs())
    without_dropout(method)
    torch.testing.assert_close(outputs(), outputs(), rtol=0, atol=0)


@pytest.mark.exhaustive
def test_trainings_do_without_what_reads_videos():
    """Not every cluster can install it."""
    names = f"callbacks, datamodules, lifting.cli.training, {trials.__name__}"
    program = f"import sys; sys.modules['av'] = None; import {names}"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
