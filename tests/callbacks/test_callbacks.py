"""The callbacks on their own: what they write, keep and restore."""

import csv
import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from callbacks import ActionTable, RNGState, Throughput
from callbacks.action_table import table_rows
from lifting.metrics import EvaluationResult, KeypointEvaluation

RESULT = EvaluationResult(
    actions=["Sitting", "Walking"],
    frames=[1, 3],
    rows={"mpjpe": [100.0, 20.0], "pa_mpjpe": [50.0, 10.0]},
    frame_mean={"mpjpe": 40.0, "pa_mpjpe": 20.0},
)


def trainer(**more):
    defaults = {"global_rank": 0, "world_size": 1, "loggers": [], "fast_dev_run": False}
    defaults["is_global_zero"] = True
    return SimpleNamespace(**{**defaults, **more})


def test_table_ends_with_both_averages():
    rows = table_rows(RESULT)
    assert [r["action"] for r in rows[-2:]] == ["action average", "frame average"]
    assert rows[-2]["mpjpe"] == (100.0 + 20.0) / 2
    assert rows[-1]["mpjpe"] == (1 * 100.0 + 3 * 20.0) / 4
    assert rows[-1]["frames"] == 4


def test_table_is_written_as_csv_and_markdown_and_printed(tmp_path, capsys):
    ActionTable(tmp_path).on_test_end(trainer(), SimpleNamespace(test_result=RESULT))
    with (tmp_path / "test.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [float(r["pa_mpjpe"]) for r in rows] == [50.0, 10.0, 30.0, 20.0]
    assert "| Sitting | 1 | 100.0 | 50.0 |" in (tmp_path / "test.md").read_text()
    printed = capsys.readouterr().out
    assert "action average" in printed
    assert "mm ↓" in printed


def test_table_of_keypoints_is_printed_in_pixels_and_percent(tmp_path, capsys):
    evaluation = KeypointEvaluation(["Sitting", "Walking"], "lsp14")
    target = torch.rand(3, 14, 2) * 100
    confidence, box = torch.rand(3, 14), torch.tensor(3 * [[0.0, 0.0, 100.0, 100.0]])
    visibility = torch.full((3, 14), 2, dtype=torch.uint8)
    evaluation.update(target + 3, confidence, target, visibility, box, torch.tensor([0, 1, 1]))
    result = evaluation.compute()
    ActionTable(tmp_path).on_test_end(trainer(), SimpleNamespace(test_result=result))
    with (tmp_path / "test.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [float(r["epe"]) for r in rows] == pytest.approx(4 * [18**0.5], rel=1e-5)
    assert [float(r["pck"]) for r in rows] == 4 * [100.0]
    assert "| Walking | 2 | 4.2 |" in (tmp_path / "test.md").read_text()
    printed = capsys.readouterr().out
    assert "pixels ↓" in printed
    assert "% ↑" in printed
    shown = next(line for line in printed.splitlines() if "frames" in line)
    columns = ["EPE", "PDJ@0.2", "PCKh@0.5", "PCK@0.2", "OKS", "AP", "AP50", "AP75", "AR"]
    assert [x for x in shown.split() if x[0].isalnum()] == ["action", "frames", *columns]


def draw():
    return [torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random()]


def test_restored_generators_draw_what_they_would_have_drawn():
    callback = RNGState()
    state = callback.state_dict()
    expected = draw()
    draw()
    callback.load_state_dict(state)
    assert draw() != expected  # not before the first batch
    callback.on_train_batch_start(trainer(), None)
    assert draw() == expected
    callback.on_train_batch_start(trainer(), None)
    assert draw() != expected  # and only once


def test_generator_states_load_without_unpickling(tmp_path):
    torch.save(RNGState().state_dict(), tmp_path / "state.pt")
    (state,) = torch.load(tmp_path / "state.pt", weights_only=True)["ranks"]
    assert set(state) == {"torch", "cuda", "numpy", "python"}


def test_processes_draw_different_numbers():
    drawn = []
    for rank in range(2):
        torch.manual_seed(5)
        RNGState().on_train_start(trainer(world_size=2, global_rank=rank), None)
        drawn.append(torch.rand(4).tolist())
    assert drawn[0] != drawn[1]


def test_states_of_another_number_of_processes_make_no_two_of_them_alike():
    state = RNGState().state_dict()
    drawn = []
    for rank in range(2):
        torch.manual_seed(5)
        callback, now = RNGState(), trainer(world_size=2, global_rank=rank)
        callback.load_state_dict(state)
        callback.on_train_start(now, None)
        callback.on_train_batch_start(now, None)
        drawn.append(torch.rand(4).tolist())
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize(("kept", "own", "restored"), [(1, 3, 0), (4, 3, 3), (2, 3, 1)])
def test_a_process_restores_the_state_of_its_own_device(monkeypatch, kept, own, restored):
    taken = []
    monkeypatch.setattr("torch.cuda.is_initialized", lambda: True)
    monkeypatch.setattr("torch.cuda.current_device", lambda: own)
    monkeypatch.setattr("torch.cuda.set_rng_state", lambda state: taken.append(int(state)))
    monkeypatch.setattr("torch.cuda.get_rng_state", lambda: torch.tensor(7))
    callback = RNGState()
    (state,) = callback.state_dict()["ranks"]
    assert state["cuda"] == [7]
    callback.load_state_dict({"ranks": [state | {"cuda": list(torch.arange(kept))}]})
    callback.on_train_batch_start(trainer(), None)
    assert taken == [restored]


def test_throughput_counts_examples_of_all_devices(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr("callbacks.throughput.time.perf_counter", lambda: float(next(clock)))
    logged = {}
    module = SimpleNamespace(log=logged.__setitem__)
    now = trainer(world_size=2, strategy=SimpleNamespace(root_device=torch.device("cpu")))
    callback = Throughput(every_n_steps=4)
    for index in range(4):
        callback.on_train_batch_start(now)
        callback.on_train_batch_end(now, module, None, {"clip": torch.zeros(32)}, index)
    # Four batches of 32 on two devices, one second each; the time between batches does not count.
    assert logged == {"train/examples_per_second": pytest.approx(4 * 32 * 2 / 4)}
