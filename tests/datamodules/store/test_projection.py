"""Projections as a 2D source: confidence 1, and the distance of another source from them."""

import numpy as np
import pytest

from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo, is_store_of
from datamodules.store.projection import (
    MISTAKES,
    likely_mistake,
    reprojection_errors,
    with_confidence,
)
from datamodules.synthetic.procedural.clips import draw_cameras, generate_sequence
from lifting.skeletons import skeleton

INFO = StoreInfo("h36m17", {"gt": "h36m17", "detected": "coco17"}, "made up", "free")


def write(path, spoil=lambda detected: detected):
    """A clip whose detections are 3 px right of and 4 px below the projection, but one not seen."""
    points = generate_sequence(0, "S1", "Walking", 5)[..., :2]
    exact = with_confidence(points)
    detected = np.zeros((5, 17, 3), np.float32)
    for index, joint in enumerate(skeleton("coco17").joints):
        if joint in skeleton("h36m17").joints:
            detected[:, index, :2] = points[:, skeleton("h36m17").index(joint)] + [3, 4]
            detected[:, index, 2] = 0.9
    detected[2, skeleton("coco17").index("left_knee")] = 0
    detected = spoil(detected)
    key = ClipKey("S1", "Walking", "Walking", "54138969", 50.0, 5)
    with ClipWriter(path, INFO) as store:
        store.add_camera("S1", "54138969", draw_cameras(0, "S1")["54138969"])
        store.add(key, {"gt": exact, "detected": detected})
    return key


def test_points_get_the_confidence_one_in_single_precision():
    points = np.random.default_rng(0).normal(500, 100, (4, 17, 2))
    keypoints = with_confidence(points)
    assert keypoints.dtype == np.float32
    np.testing.assert_array_equal(keypoints[..., :2], points.astype(np.float32))
    np.testing.assert_array_equal(keypoints[..., 2], np.ones((4, 17)))


def test_distance_is_of_the_joints_in_common_that_are_seen(tmp_path):
    key = write(tmp_path / "store.h5")
    with ClipStore(tmp_path / "store.h5") as store:
        errors = reprojection_errors(store, key, "detected")
    common = set(skeleton("h36m17").joints) & set(skeleton("coco17").joints)
    assert len(errors) == 5 * len(common) - 1
    np.testing.assert_allclose(errors, 5, atol=1e-3)


MIRROR = list(skeleton("coco17").mirror)
WIDTH, HEIGHT = 1000, 1000
SPOILT = {
    "left and right exchanged": lambda x: x[:, MIRROR],
    "the image mirrored": lambda x: x * [-1, 1, 1] + [WIDTH, 0, 0],
    "the image mirrored, and left and right exchanged": lambda x: (
        x[:, MIRROR] * [-1, 1, 1] + [WIDTH, 0, 0]
    ),
    "y pointing up": lambda x: x * [1, -1, 1] + [0, HEIGHT, 0],
    "y pointing up, and left and right exchanged": lambda x: (
        x[:, MIRROR] * [1, -1, 1] + [0, HEIGHT, 0]
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_by_what_fits_without_it(mistake, tmp_path):
    def spoil(detected):
        return np.where(detected[..., 2:] > 0, SPOILT[mistake](detected), 0).astype(np.float32)

    key = write(tmp_path / "store.h5", spoil)
    with ClipStore(tmp_path / "store.h5") as store:
        assert store.camera(key).size.tolist() == [WIDTH, HEIGHT]
        found, error = likely_mistake(store, [key], "detected")
    assert found == mistake
    assert error == pytest.approx(5, abs=1e-3)


def test_keypoints_that_are_right_are_no_mistake(tmp_path):
    def noisy(detected):
        noise = np.random.default_rng(0).normal(0, 25, (5, 17, 2)).astype(np.float32)
        detected[..., :2] += noise
        return detected

    key = write(tmp_path / "store.h5", noisy)
    with ClipStore(tmp_path / "store.h5") as store:
        assert likely_mistake(store, [key], "detected") is None


def test_store_is_known_by_its_description(tmp_path):
    write(tmp_path / "store.h5")
    other = StoreInfo("h36m17", INFO.sources, "made up", "not free")
    (tmp_path / "half.h5").write_bytes((tmp_path / "store.h5").read_bytes()[:500])
    assert is_store_of(tmp_path / "store.h5", INFO)
    assert not is_store_of(tmp_path / "store.h5", other)
    assert not is_store_of(tmp_path / "half.h5", INFO)
    assert not is_store_of(tmp_path / "none.h5", INFO)
