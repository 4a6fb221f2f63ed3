"""People through a known camera, at their heights: what a call for each of them gives."""

import numpy as np
import pytest
import torch

from lifting.cameras import nominal_camera
from lifting.inference.everyone import lift_everyone
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.keypoint_smoothing import butterworth
from lifting.inference.options import LiftOptions
from lifting.inference.output_options import OutputOptions
from lifting.inference.prediction import lift
from lifting.skeletons.standing_height import standing_height
from tests.lifting.inference.keypoint_files import made_keypoints as made
from tests.lifting.made_checkpoints import make


def tracks():
    people = [made.person(17, 6, seed, at=(300 + 500 * seed, 350)) for seed in range(2)]
    return [
        KeypointTrack(f"person{n}", np.arange(6), p[..., :2], p[..., 2], "coco17", made.SIZE, 25.0)
        for n, p in enumerate(people)
    ]


@pytest.mark.parametrize("focal", [1000.0, 2000.0])
def test_people_are_lifted_through_the_camera_and_scaled(focal, tmp_path):
    width, height = made.SIZE
    file = tmp_path / "a.yml"
    numbers = [focal, 0, width / 2, 0, focal, height / 2, 0, 0, 1]
    lens = "distortion_coefficients: {data: [0, 0, 0, 0, 0]}"
    file.write_text(f"camera_matrix: !!opencv-matrix {{data: {numbers}}}\n{lens}\n")
    lifter, options = make("video_pose_3d"), LiftOptions(trajectory=True)
    outputs = OutputOptions(camera=str(file), person_height="person1=1.78")
    first, second = lift_everyone(tracks(), lifter, options, "walk.json", outputs)
    camera = nominal_camera(width, height)
    camera.focal[:] = focal
    expected = [
        lift(t.keypoints, lifter, camera=camera, confidence=t.confidence, trajectory=True)
        for t in tracks()
    ]
    np.testing.assert_allclose(first.pose, expected[0].pose, atol=1e-2)
    np.testing.assert_allclose(first.trajectory, expected[0].trajectory, rtol=1e-3)
    factor = 1780 / standing_height(expected[1].pose, "h36m17")
    assert abs(factor - 1) > 0.01
    np.testing.assert_allclose(second.pose, factor * expected[1].pose, rtol=1e-3, atol=1e-2)
    assert standing_height(second.pose, "h36m17") == pytest.approx(1780, rel=1e-4)


def test_keypoints_are_smoothed_before_they_are_lifted():
    lifter = make("video_pose_3d")
    (one, _), (smooth, _) = (
        lift_everyone(tracks(), lifter, LiftOptions(smooth_keypoints=name), "walk.json")
        for name in (None, "butterworth:3")
    )
    points, seen = (torch.from_numpy(x) for x in (tracks()[0].keypoints, tracks()[0].seen))
    filtered = butterworth(points, 25.0, 3.0).numpy()
    expected = lift(filtered, lifter, size=made.SIZE, confidence=tracks()[0].confidence)
    assert seen.all()
    assert np.abs(smooth.pose - one.pose).max() > 1
    np.testing.assert_allclose(smooth.pose, expected.pose, atol=1e-2)
