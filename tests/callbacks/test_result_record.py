"""The record of a test: written beside its table, and what a reader of it gets back."""

import hashlib
from types import SimpleNamespace

import pytest
import torch

from callbacks import ResultRecord
from lifting.errors import InputError
from lifting.metrics import EvaluationResult
from lifting.results.record import read_record

RESULT = EvaluationResult(
    actions=["Sitting", "Walking"],
    frames=[1, 3],
    rows={"mpjpe": [100.0, 20.0], "pa_mpjpe": [50.0, float("nan")]},
    frame_mean={"mpjpe": 40.0, "pa_mpjpe": float("nan")},
)
STARTS = [{"step": 0, "commit": "b" * 40, "hardware": "a chip", "processes": 2, "core_seconds": 90}]


@pytest.fixture
def record(tmp_path):
    """What is read of a test of a small module."""
    checkpoint = tmp_path / "best.ckpt"
    checkpoint.write_bytes(b"weights")
    module = torch.nn.Linear(3, 2)
    module.test_result = RESULT
    module.trained = {"steps": 8, "batches": 4, "epochs": 2, "starts": STARTS}
    module.frozen, module.origin = {"full_flow": "1234"}, {}
    trainer = SimpleNamespace(
        global_rank=0,
        world_size=1,
        ckpt_path=str(checkpoint),
        datamodule=SimpleNamespace(fingerprint={"a.h5": "abc"}),
        strategy=SimpleNamespace(root_device=torch.device("cpu")),
    )
    callback = ResultRecord(tmp_path)
    callback.options, callback.command = {"seed_everything": 7}, "lifting test --run a"
    callback.on_test_end(trainer, module)
    return read_record(tmp_path)


def test_it_holds_what_was_measured(record):
    assert record.frames == 4
    assert record.averages["action"] == {"mpjpe": 60.0, "pa_mpjpe": 50.0}
    # JSON has no number for what was not measured.
    assert record.averages["frame"] == {"mpjpe": 40.0, "pa_mpjpe": None}
    assert record.rows["Walking"] == {"frames": 3, "mpjpe": 20.0, "pa_mpjpe": None}


def test_it_holds_by_what_and_how_it_was_trained(record):
    assert (record.method, record.parameters, record.seed) == ("Linear", 8, 7)
    assert (record.steps, record.batches, record.epochs) == (8, 4, 2)
    assert record.commits == ["b" * 7]
    assert record.hardware == ["a chip"]
    # Two processes of a minute and a half.
    assert record.core_minutes == 3.0
    assert record.checkpoint == hashlib.sha256(b"weights").hexdigest()
    assert (record.data, record.stages) == ({"a.h5": "abc"}, {"full_flow": "1234"})
    assert record.tested["command"] == "lifting test --run a"


@pytest.mark.parametrize("text", [None, "[1", "{}", '{"format": 9}', '{"format": 1}'])
def test_a_record_that_is_none_says_how_to_get_one(tmp_path, text):
    if text is not None:
        (tmp_path / "test.json").write_text(text)
    with pytest.raises(InputError, match=r"test.json.*repeat the test: lifting test --run"):
        read_record(tmp_path)
