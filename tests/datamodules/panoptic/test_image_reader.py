"""CMU Panoptic's folders, made up: its cameras against OpenCV's formula, who is left out, damage."""

import numpy as np
import pytest

from datamodules.crops.records import gather_records
from datamodules.panoptic.cameras import HD_CAMERAS
from datamodules.panoptic.image_reader import read_panoptic
from lifting.errors import InputError
from tests.datamodules.made_panoptic import SEQUENCE, camera, joints_of, opencv, person, write


def test_projection_is_opencv_and_up_is_up(tmp_path):
    records = list(read_panoptic(write(tmp_path, {15: [person()]})).records)
    assert {r.view for r in records} == set(HD_CAMERAS)
    joints = joints_of(person())
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
    unsure = person()
    unsure["joints19"][4 * 2 + 3] = 0.05
    outside = person(moved={2: (0, -900, 0)})
    pair = [person(7), person(3, x=80)]
    twins = [person(7), person(7, x=80), person(3, x=-80)]
    scenes = {0: [person()], 1: pair, 2: [], 3: [unsure], 4: [outside], 5: twins}
    found = read_panoptic(write(tmp_path, scenes), every=1)
    assert {r.frame for r in found.records} == {0}
    assert found.left_out["not exactly one person"] == 5
    assert found.left_out["the pelvis is unsure or outside the image"] == 10
    found = read_panoptic(tmp_path, every=1, alone=False)
    together = list(found.records)
    assert {r.sequence for r in together if r.frame == 1} == {f"{SEQUENCE} 7", f"{SEQUENCE} 3"}
    # Of two with one number it is not known who is who.
    assert {r.sequence for r in together if r.frame == 5} == {f"{SEQUENCE} 3"}
    assert found.left_out["two people of one number"] == 2
    assert {r.frame for r in read_panoptic(tmp_path, every=2, alone=False).records} == {0}


def test_joint_that_was_not_reconstructed_takes_the_pose_with_it(tmp_path):
    found = read_panoptic(write(tmp_path, {0: [person(missing=[8])]}))
    records = gather_records(found.info, tmp_path, found.records, images_exist=False)
    assert (records.columns["visibility"][:, 8] == 0).all()
    assert records.columns["pose"].isnan().all()
    assert (records.columns["visibility"][:, 2] == 2).all()


def test_damage_is_told(tmp_path):
    with pytest.raises(InputError, match="no <sequence>/calibration"):
        read_panoptic(write(tmp_path / "a", {}) / SEQUENCE)
    with pytest.raises(InputError, match="has no camera '00_23'"):
        list(read_panoptic(write(tmp_path / "b", {}, HD_CAMERAS[:4])).records)
    for number, bodies in enumerate(([{"id": 0, "joints19": [1, 2]}], [{}], 3)):
        folder = write(tmp_path / f"c{number}", {0: bodies})
        with pytest.raises(InputError, match="76 numbers of 'joints19'"):
            list(read_panoptic(folder).records)
    with pytest.raises(InputError, match="the id of a person is no whole number"):
        list(read_panoptic(write(tmp_path / "d", {0: [person("anna")]})).records)


def test_action_is_what_people_do(tmp_path):
    for name in ("170407_haggling_a1", "161029_piano3", "171026_cello3"):
        write(tmp_path, {0: [person()]}, sequence=name)
    found = {r.subject: r.action for r in read_panoptic(tmp_path).records}
    assert found == {
        "170407_haggling_a1": "haggling",
        "161029_piano3": "piano",
        "171026_cello3": "cello",
    }
