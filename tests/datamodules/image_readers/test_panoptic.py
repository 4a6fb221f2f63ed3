"""CMU Panoptic's folders, made up: its cameras against OpenCV's formula, who is left out, damage."""

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from datamodules.image_readers.panoptic import read_panoptic
from datamodules.image_readers.panoptic_cameras import HD_CAMERAS
from datamodules.image_records import gather_records
from lifting.errors import InputError

SEQUENCE = "171204_pose9"


def camera(number):
    turn = Rotation.from_euler("yx", [60 * number, 10], degrees=True).as_matrix()
    return {
        "K": [[1400.0 + number, 0, 950], [0, 1395, 540], [0, 0, 1]],
        "distCoef": [-0.28, 0.19, 0.001, -0.002, 0.05],
        "R": turn.tolist(),
        "t": [[5.0], [20], [280]],
        "resolution": [1920, 1080],
    }


def body(shift=0.0, sure=0.6):
    """A person who stands on the floor: y points down in this world, centimetres."""
    generator = np.random.default_rng(4)
    points = generator.uniform([-30, -170, -20], [30, -5, 20], (19, 3))
    points[2] = [0, -90, 0]
    points[:, 0] += shift
    return {"joints19": np.concatenate([points, np.full((19, 1), sure)], 1).ravel().tolist()}


def write(folder, scenes, cameras=HD_CAMERAS):
    place = folder / SEQUENCE
    (place / "hdPose3d_stage1_coco19").mkdir(parents=True)
    listed = [{"name": name, **camera(number)} for number, name in enumerate(cameras)]
    (place / f"calibration_{SEQUENCE}.json").write_text(json.dumps({"cameras": listed}))
    for frame, bodies in scenes.items():
        file = place / f"hdPose3d_stage1_coco19/body3DScene_{frame:08}.json"
        file.write_text(json.dumps({"bodies": bodies}))
    return folder


def opencv(joints, content):
    """Pixels by the formulas of OpenCV's documentation, from the dataset's own numbers."""
    x, y, z = np.array(content["R"]) @ joints[:, :3].T + np.array(content["t"])
    x, y = x / z, y / z
    k1, k2, p1, p2, k3 = content["distCoef"]
    r2 = x**2 + y**2
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    u = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2)
    v = y * radial + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y
    return (np.array(content["K"]) @ np.stack([u, v, np.ones_like(u)]))[:2].T


def test_projection_is_opencv_and_up_is_up(tmp_path):
    records = list(read_panoptic(write(tmp_path, {15: [body()]})).records)
    assert {r.view for r in records} == set(HD_CAMERAS)
    joints = np.array(body()["joints19"]).reshape(19, 4)
    for record in records:
        number = HD_CAMERAS.index(record.view)
        np.testing.assert_allclose(record.keypoints, opencv(joints, camera(number)), atol=1e-8)
        assert record.path == f"{SEQUENCE}/hdImgs/{record.view}/{record.view}_00000015.jpg"
        # Back in the world: millimetres, z up, the floor at 0.
        rotation, position = record.camera.rotation.numpy(), record.camera.position.numpy()
        world = record.pose @ rotation + position
        np.testing.assert_allclose(world[:, 2], -10 * joints[:, 1], atol=1e-6)
        assert np.linalg.det(rotation) == pytest.approx(1)


def test_people_who_are_not_alone_unsure_or_outside_are_left_out(tmp_path):
    unsure = body()
    unsure["joints19"][4 * 2 + 3] = 0.05
    outside = body()
    outside["joints19"][4 * 2 + 1] = -900.0
    scenes = {0: [body()], 1: [body(), body(80)], 2: [], 3: [unsure], 4: [outside]}
    found = read_panoptic(write(tmp_path, scenes), every=1)
    assert {r.frame for r in found.records} == {0}
    assert found.left_out["not exactly one person"] == 2
    assert found.left_out["the pelvis is unsure or outside the image"] == 10
    together = list(read_panoptic(tmp_path, every=1, alone=False).records)
    assert {r.sequence for r in together if r.frame == 1} == {f"{SEQUENCE} 0", f"{SEQUENCE} 1"}
    assert {r.frame for r in read_panoptic(tmp_path, every=2, alone=False).records} == {0}


def test_joint_that_was_not_reconstructed_takes_the_pose_with_it(tmp_path):
    one = body()
    one["joints19"][4 * 8 : 4 * 9] = [0, 0, 0, -1]
    found = read_panoptic(write(tmp_path, {0: [one]}))
    records = gather_records(found.info, tmp_path, found.records, images_exist=False)
    assert (records.columns["visibility"][:, 8] == 0).all()
    assert records.columns["pose"].isnan().all()
    assert (records.columns["visibility"][:, 2] == 2).all()


def test_damage_is_told(tmp_path):
    with pytest.raises(InputError, match="no <sequence>/calibration"):
        read_panoptic(write(tmp_path / "a", {}) / SEQUENCE)
    with pytest.raises(InputError, match="no sequence '171204_pose1', only 171204_pose9"):
        read_panoptic(tmp_path / "a", ["171204_pose1"])
    with pytest.raises(InputError, match="has no camera '00_23'"):
        list(read_panoptic(write(tmp_path / "b", {}, HD_CAMERAS[:4])).records)
    for number, bodies in enumerate(([{"joints19": [1, 2]}], [{}], 3)):
        folder = write(tmp_path / f"c{number}", {0: bodies})
        with pytest.raises(InputError, match="76 numbers of 'joints19'"):
            list(read_panoptic(folder).records)
