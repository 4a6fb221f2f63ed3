"""Every lifter on a batch without examples, as a share without clips is, and tested on some joints."""

from types import SimpleNamespace

import pytest
import torch

from lifting.errors import InputError
from lifting.methods.video_pose_3d import VideoPose3D
from lifting.skeletons import places_in, skeleton
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


def measured(method, moved):
    """What a test measures where some true joints are elsewhere."""
    given = SimpleNamespace(**vars(data()), has_poses=True)
    method.evaluation = method.configure_evaluation(given, full=True)
    some = examples(method, 4)
    some["pose"][..., skeleton("h36m17").indices(moved), :] += 400.0
    torch.manual_seed(0)
    method.evaluate(some)
    return {n: v for n, v in method.evaluation.compute().frame_mean.items() if v == v}


@pytest.mark.parametrize("name", LIFTERS)
def test_joints_that_are_not_compared_do_not_count(name):
    method = made(name)
    method._compared = places_in("h36m17", "humaneva15")
    method.trainer = SimpleNamespace(datamodule=data())
    before = measured(method, [])
    assert measured(method, ["spine", "face"]) == before
    assert measured(method, ["left_wrist"]) != before


def test_a_test_compares_what_its_option_names_and_a_training_all():
    method = VideoPose3D(taps=[3, 3], channels=8)
    given = SimpleNamespace(**{**vars(data()), "test_skeleton": "humaneva15"}, has_poses=True)
    method.trainer = SimpleNamespace(datamodule=given, precision="32-true", ckpt_path=None)
    pose = torch.arange(17.0)[None, :, None].expand(1, 17, 3)
    method.setup("test")
    kept = [skeleton("h36m17").joints[int(place)] for place in method.compared(pose)[0, :, 0]]
    assert kept == [*skeleton("humaneva15").joints]
    method.setup("validate")
    assert method.compared(pose).shape == (1, 15, 3)
    given.test_skeleton = "mpii16"
    with pytest.raises(InputError, match="does not have chest"):
        method.setup("test")
