"""Every lifter on a batch without examples, as a process has whose share holds no clip."""

from types import SimpleNamespace

import pytest

from lifting.windows import Windows
from tests.lifting.methods.bases.test_sequence_lifter import batch, data
from tests.made_methods import LIFTERS, made


def examples(method, count):
    """Examples of two clips as the method takes them."""
    seq2seq = getattr(method, "seq2seq", False)
    windows = Windows(1, method.frames) if seq2seq else Windows(method.frames)
    some = batch(6, frames=windows.length, chunk=windows.chunk)
    keypoints = some["keypoints"]
    some["confidence"] = keypoints.new_ones(keypoints.shape[:-1])
    frame = some["valid"].cumsum(0) - 1
    some |= {"action": 0 * frame[:, 0], "clip": frame[:, 0] // 3, "frame": frame % 3}
    return {key: value[:count] for key, value in some.items()}


@pytest.mark.parametrize("name", LIFTERS)
def test_a_share_without_examples_changes_nothing(name):
    method, given = made(name), SimpleNamespace(**vars(data()), has_poses=True)
    results = []
    for counts in ((6,), (0, 6, 0)):
        method.evaluation = method.configure_evaluation(given, full=True)
        method.trainer = SimpleNamespace(datamodule=given)
        for count in counts:
            method.evaluate(examples(method, count))
        results.append(method.evaluation.compute())
    assert str(results[0]) == str(results[1])
    predicted = method.predict_step(examples(method, 0), 0)
    assert {len(values) for values in predicted.values()} == {0}
