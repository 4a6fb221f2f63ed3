"""Keypoints as a lens without distortion shows them."""

import numpy as np
import pytest
import torch

from lifting.cameras import project
from lifting.errors import InputError
from lifting.inference.camera_files import Calibration, seen_by
from lifting.inference.keypoint_files import KeypointTrack

LENS = Calibration(
    "a.yml",
    np.array([[900.0, 0, 650], [0, 910, 350], [0, 0, 1]]),
    np.array([-0.3, 0.09, 0.001, -0.002, 0.0]),
    (1280.0, 720.0),
)


def track(size=(1280.0, 720.0)):
    """Somebody through the lens, one of whose joints is not seen."""
    rng = np.random.default_rng(0)
    world = rng.uniform([-1000, -600, 2500], [1000, 600, 3500], (6, 17, 3))
    pixels = project(torch.from_numpy(world), LENS.camera(size)).numpy()
    confidence = np.ones((6, 17))
    confidence[2, 4] = 0
    pixels[2, 4] = 0
    return KeypointTrack("anna", np.arange(6), pixels, confidence, "coco17", size), world


@pytest.mark.parametrize("size", [(1280.0, 720.0), (640.0, 360.0)])
def test_keypoints_lie_where_a_pinhole_camera_shows_the_same_points(size):
    bent, world = track(size)
    straight = seen_by(bent, LENS)
    camera = straight.camera
    assert camera is not None
    assert straight.size == size
    factor = size[0] / 1280
    wanted = world[..., :2] / world[..., 2:] * [900, 910] * factor + np.array([650, 350]) * factor
    moved = np.linalg.norm(straight.keypoints - bent.keypoints, axis=-1)
    assert moved[bent.seen].max() > 10 * factor, "the lens does something"
    np.testing.assert_allclose(straight.keypoints[bent.seen], wanted[bent.seen], atol=1e-4)
    assert straight.keypoints[2, 4].tolist() == [0, 0]
    assert not camera.radial.any()
    assert not camera.tangential.any()
    np.testing.assert_allclose(project(torch.from_numpy(world), camera), wanted, atol=1e-9)


def test_the_size_of_the_calibration_is_that_of_the_images_where_no_other_is_known():
    sized, _ = track()
    bare = KeypointTrack("anna", sized.frames, sized.keypoints, sized.confidence, "coco17")
    straight = seen_by(bare, LENS)
    assert straight.size == (1280, 720)
    np.testing.assert_array_equal(straight.keypoints, seen_by(sized, LENS).keypoints)


def test_without_a_calibration_nothing_changes_and_a_second_camera_is_refused():
    bent, _ = track()
    assert seen_by(bent, None) is bent
    with pytest.raises(InputError, match=r"--camera a\.yml: is not needed"):
        seen_by(seen_by(bent, LENS), LENS)
