"""Detectors of the suite on frames: keypoints in pixels of the frame, whatever its shape and colours."""

import numpy as np
import pytest
import torch

from lifting.errors import InputError
from lifting.imaging.boxes import pairwise_iou
from lifting.inference.detectors.checkpoint_estimator import CheckpointPoseEstimator
from lifting.inference.detectors.cropping import crop_people, keypoint_box
from tests.made_dots import CROP, dot_detector, layout, paint
from tests.made_lifters import save, simple_baseline


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    path = save(dot_detector(), tmp_path_factory.mktemp("dots") / "dots.ckpt")
    return CheckpointPoseEstimator(path, CROP, "cpu", batch=2)


@pytest.mark.parametrize("size", [(400, 220), (220, 400)])
def test_keypoints_of_everyone_are_found_in_pixels_of_the_frame(detector, size):
    people = [layout(30, 40, 60, 110), layout(130, 60, 50, 100), layout(110, 50, 40, 80)]
    boxes = [np.array([[25, 35, 95, 155], [125, 55, 185, 165]], np.float32)]
    boxes += [np.zeros((0, 4), np.float32), np.array([[100, 40, 160, 140]], np.float32)]
    images = [paint(size, people[:2]), paint(size, []), paint(size, people[2:])]
    found = detector.estimate(images, boxes)
    assert [x.shape for x in found] == [(2, 17, 3), (0, 17, 3), (1, 17, 3)]
    np.testing.assert_allclose(np.concatenate(found)[..., :2], people, atol=0.6)
    assert np.concatenate(found)[..., 2].min() > 0.3
    assert np.concatenate(found)[..., 2].max() <= 1
    assert detector.skeleton == "h36m17"


def test_colours_are_not_confounded(detector):
    points = layout(30, 40, 60, 110)
    boxes = [np.array([[25, 35, 95, 155]], np.float32)]
    (found,) = detector.estimate([paint((220, 220), [points])[..., ::-1].copy()], boxes)
    right = np.linalg.norm(found[0, :, :2] - points, axis=-1) < 3
    # Red and blue exchanged leave no more than the colours between them.
    assert right.sum() <= 3


@pytest.mark.parametrize("size", [(640, 200), (200, 640)])
def test_a_crop_is_a_quarter_larger_than_its_box_whatever_the_shape_of_the_frame(size):
    box = np.array([[80, 50, 120, 130]], np.float32)
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[50:130, 80:120] = 255
    (crop,), _ = crop_people([image], [box], (192, 256))
    # The box of 40 x 80 is as high, and narrower than, a crop of three by four.
    rows = (crop[..., 0] > 127).any(1).sum()
    columns = (crop[..., 0] > 127).any(0).sum()
    assert rows == pytest.approx(256 / 1.25, abs=2)
    assert columns == pytest.approx(256 / 1.25 / 2, abs=2)


def test_box_holds_the_keypoints_that_are_sure():
    points = np.array([[10, 20, 0.9], [30, 60, 0.5], [500, 500, 0.1]], np.float32)
    np.testing.assert_allclose(keypoint_box(points, 0.2), [8, 16, 32, 64], atol=1e-4)
    assert keypoint_box(points, 0.95) is None
    assert keypoint_box(np.array([[9, 9, 1.0]] * 3, np.float32), 0.5) is None


def test_overlaps_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 50, (7, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(5, 40, (7, 2))], 1).astype(np.float32)
    shared = pairwise_iou(boxes[:3], boxes)
    for a in range(3):
        for b in range(7):
            low = np.maximum(boxes[a, :2], boxes[b, :2])
            inner = np.prod(np.clip(np.minimum(boxes[a, 2:], boxes[b, 2:]) - low, 0, None))
            areas = [np.prod(boxes[i, 2:] - boxes[i, :2]) for i in (a, b)]
            assert shared[a, b] == pytest.approx(inner / (sum(areas) - inner), abs=1e-5)


def test_what_is_no_detector_is_refused(tmp_path):
    path = save(simple_baseline(), tmp_path / "sb.ckpt")
    with pytest.raises(InputError, match=r"sb\.ckpt: is of a SimpleBaseline, here one of"):
        CheckpointPoseEstimator(path)
    torch.save({"weights": torch.zeros(3)}, tmp_path / "other.ckpt")
    with pytest.raises(InputError, match=r"other\.ckpt: not a checkpoint of this suite"):
        CheckpointPoseEstimator(tmp_path / "other.ckpt")
