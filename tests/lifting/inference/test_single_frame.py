"""One pose of a recording: what is said of it is what lifting the recording says of that frame."""

import numpy as np
import pytest
import torch

from lifting.cameras import nominal_camera, project
from lifting.inference.keypoint_files import KeypointTrack, TrackFrame
from lifting.inference.options import LiftOptions
from lifting.inference.prediction import lift
from lifting.inference.single_frame import LiftedFrame, lift_frame
from lifting.skeletons import convert, skeleton
from tests.lifting.made_checkpoints import make

SIZE = (1280.0, 720.0)
H36M = skeleton("h36m17")
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def person():
    """Twelve frames of someone whose left wrist is not seen in the fourth."""
    points = [600, 300] + 60 * RNG.normal(size=(17, 2)) + 3 * RNG.normal(size=(12, 17, 2)).cumsum(0)
    confidence = np.ones((12, 17))
    confidence[3, skeleton("coco17").index("left_wrist")] = 0
    return points, confidence


def lift_row(points, lifter, row=0, confidence=None, reproject=False, **truth):
    confidence = np.ones(points.shape[:2]) if confidence is None else confidence
    track = KeypointTrack("anna", np.arange(len(points)), points, confidence, "coco17", SIZE)
    frame = TrackFrame(track, row, **truth)
    return lift_frame(frame, lifter, LiftOptions(), "walk.json", reproject)


@pytest.mark.parametrize("name", ["simple_baseline", "video_pose_3d", "mixste"])
def test_it_is_the_frame_of_the_recording(name, person):
    points, confidence = person
    lifter = make(name)
    one = lift_row(points, lifter, 3, confidence)
    whole = lift(points, lifter, size=SIZE, confidence=confidence)
    np.testing.assert_array_equal(one.pose, whole.pose[3].astype(np.float64))
    assert [H36M.joints[j] for j in np.flatnonzero(~one.known)] == ["left_wrist"]
    unseen = np.isnan(one.keypoints).all(-1)
    assert [one.keypoint_joints.joints[k] for k in np.flatnonzero(unseen)] == ["left_wrist"]
    np.testing.assert_array_equal(one.keypoints[~unseen], points[3][~unseen])


def test_pose_projected_back_lies_on_the_keypoints_as_well_as_its_place_allows(person):
    points, _ = person
    lifter = make("simple_baseline")
    one = lift_row(points, lifter, 5, reproject=True)
    place = lift(points, lifter, size=SIZE, trajectory=True).trajectory[5]
    camera = nominal_camera(*SIZE)
    expected = project(torch.from_numpy(one.pose + place), camera).numpy()
    np.testing.assert_allclose(one.reprojected, expected, atol=1e-3)
    assert lift_row(points, lifter, 5).reprojected is None


def test_errors_are_distances_to_the_truth_in_the_joint_set_of_the_method(person):
    points, _ = person
    truth = 300 * RNG.normal(size=(32, 3)) + [100, 200, 4000]
    one = lift_row(points, make("simple_baseline"), truth=truth, truth_skeleton="h36m32")
    converted = convert(torch.from_numpy(truth), "h36m32", "h36m17").numpy()
    expected = np.sqrt(((one.pose - (converted - converted[0])) ** 2).sum(-1))
    np.testing.assert_allclose(one.errors, expected)
    rows = one.rows()
    assert [row["error"] for row in rows] == pytest.approx(expected.tolist())
    assert f"mean error (MPJPE) {expected.mean():.1f} mm" in one.table()
    # What the truth lacks cannot be compared.
    other = lift_row(points, make("simple_baseline"), truth=truth[:15], truth_skeleton="panoptic15")
    assert other.errors is None


def test_table_has_a_line_per_joint_and_a_dash_for_what_is_not_known():
    pose = np.arange(51.0).reshape(17, 3) - 0.04
    pose[3] = np.nan
    known = np.ones(17, bool)
    known[1] = False
    one = LiftedFrame(np.zeros((17, 2)), H36M, pose, known, H36M, "Lifter")
    lines = [line.split() for line in one.table().splitlines()]
    assert lines[0] == ["joint", "x", "right", "y", "down", "z", "away", "keypoint"]
    assert lines[1] == ["pelvis", "0.0", "1.0", "2.0", "seen"]
    assert lines[2] == ["right_hip", "3.0", "4.0", "5.0", "not", "seen"]
    assert lines[4] == ["right_ankle", "-", "-", "-", "seen"]
    assert len(lines) == 18
    assert len({len(line) for line in one.table().splitlines()}) == 1
