"""The detections of the synthetic Human3.6M: errors like a detector's, lost and hidden joints."""

import numpy as np
import pytest

from datamodules.synthetic.procedural import clips as synthetic
from datamodules.synthetic.procedural.body import SKELETON
from datamodules.synthetic.procedural.clips import generate_sequence

pytestmark = pytest.mark.slow(reason="generates the synthetic human", shapes=True)


@pytest.fixture(scope="module")
def detections():
    truth, seen = [], []
    for number, sequence in enumerate(("Walking", "Eating", "Greeting", "Sitting", "Photo")):
        world = generate_sequence(0, "S5", sequence, 1000)
        camera = list(synthetic.draw_cameras(0, "S5").values())[number % 4]
        _, keypoints = synthetic.observe(world, camera, np.random.default_rng(number))
        truth.append(keypoints["gt"])
        seen.append(keypoints["detector"])
    return np.stack(truth), np.stack(seen)


def test_detections_scatter_by_joint_and_have_heavy_tails(detections):
    truth, seen = detections
    error = np.linalg.norm((seen - truth)[..., :2], axis=-1)
    median = dict(zip(SKELETON.joints, np.median(error, (0, 1)), strict=True))
    assert 4 < np.median(error) < 12
    assert median["left_wrist"] > 1.4 * median["head"]
    assert median["right_ankle"] > 1.2 * median["thorax"]
    # A Rayleigh distribution, that of Gaussian scatter, has this ratio at 2.6.
    assert np.quantile(error, 0.99) / np.median(error) > 4


def test_detection_errors_last(detections):
    truth, seen = detections
    error = (seen - truth)[..., 0]
    now, before = error[:, 1:] - error.mean(), error[:, :-1] - error.mean()
    assert 0.4 < (now * before).mean() / error.var() < 0.95


def test_confidence_is_lower_where_the_error_is_greater(detections):
    truth, seen = detections
    error = np.linalg.norm((seen - truth)[..., :2], axis=-1)
    confidence = seen[..., 2]
    assert confidence.min() == 0
    assert confidence.max() <= 1
    found = confidence > 0
    good, bad = found & (error < 8), found & (error > 25)
    assert confidence[good].mean() > confidence[bad].mean() + 0.1


def test_lost_joints_stay_where_they_were_last_seen(detections):
    _, seen = detections
    lost = seen[..., 2] == 0
    assert 0.001 < lost.mean() < 0.05
    still = (seen[:, 1:, :, :2] == seen[:, :-1, :, :2]).all(-1)
    assert still[lost[:, 1:]].all()
    assert not still[~lost[:, 1:] & ~lost[:, :-1]].any()


def test_now_and_then_the_sides_of_the_legs_are_exchanged(detections):
    truth, seen = detections
    left, right = SKELETON.index("left_ankle"), SKELETON.index("right_ankle")
    apart = np.linalg.norm((truth[:, :, left] - truth[:, :, right])[..., :2], axis=-1) > 50
    to_own = np.linalg.norm((seen - truth)[:, :, left, :2], axis=-1)
    to_other = np.linalg.norm((seen[:, :, left] - truth[:, :, right])[..., :2], axis=-1)
    assert 0.0005 < (to_other < to_own)[apart].mean() < 0.04


def test_joints_behind_the_trunk_are_hidden_and_those_before_it_are_not():
    pose = np.zeros((2, 17, 3))
    pose[..., 2] = 5000
    for name, place in {"thorax": (0, -500), "head": (0, -750)}.items():
        pose[:, SKELETON.index(name), :2] = place
    for side, x in (("left", 130), ("right", -130)):
        pose[:, SKELETON.index(f"{side}_hip"), 0] = x
        pose[:, SKELETON.index(f"{side}_shoulder"), :2] = x, -480
        pose[:, SKELETON.index(f"{side}_elbow"), :2] = 3 * x, -300
        pose[:, SKELETON.index(f"{side}_knee"), :2] = x, 450
    wrist = SKELETON.index("left_wrist")
    pose[:, wrist] = [[0, -250, 5300], [0, -250, 4700]]
    hidden = synthetic.occlusion(pose)
    assert hidden[0, wrist] == 1
    assert hidden[1, wrist] == 0
    assert hidden[:, SKELETON.index("head")].max() == 0
