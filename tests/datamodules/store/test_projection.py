"""Projections as a 2D source: confidence 1, and the distance of another source from them."""

import numpy as np

from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo, is_store_of
from datamodules.store.projection import reprojection_errors, with_confidence
from datamodules.synthetic.procedural.clips import draw_cameras, generate_sequence
from lifting.skeletons import skeleton

INFO = StoreInfo("h36m17", {"gt": "h36m17", "detected": "coco17"}, "made up", "free")


def write(path):
    """A clip whose detections are 3 px right of and 4 px below the projection, but one not seen."""
    points = generate_sequence(0, "S1", "Walking", 5)[..., :2]
    exact = with_confidence(points)
    detected = np.zeros((5, 17, 3), np.float32)
    for index, joint in enumerate(skeleton("coco17").joints):
        if joint in skeleton("h36m17").joints:
            detected[:, index, :2] = points[:, skeleton("h36m17").index(joint)] + [3, 4]
            detected[:, index, 2] = 0.9
    detected[2, skeleton("coco17").index("left_knee")] = 0
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


def test_store_is_known_by_its_description(tmp_path):
    write(tmp_path / "store.h5")
    other = StoreInfo("h36m17", INFO.sources, "made up", "not free")
    (tmp_path / "half.h5").write_bytes((tmp_path / "store.h5").read_bytes()[:500])
    assert is_store_of(tmp_path / "store.h5", INFO)
    assert not is_store_of(tmp_path / "store.h5", other)
    assert not is_store_of(tmp_path / "half.h5", INFO)
    assert not is_store_of(tmp_path / "none.h5", INFO)
