"""AIST++ becomes a clip store of all views, whose dancers stand upright."""

import json
import pickle

import numpy as np
import pytest
import torch

from datamodules import AIST
from datamodules.aist.convert import convert
from datamodules.store.clips import ClipStore
from lifting.cameras import camera_to_world
from lifting.errors import InputError
from tests.datamodules.made_aist import SEQUENCE, camera, dancer, in_camera, opencv, write


def test_each_view_is_the_projection_by_its_own_camera(tmp_path):
    seen = write(tmp_path, detections=True)
    convert(tmp_path, tmp_path / "out.h5", every=1)
    with ClipStore(tmp_path / "out.h5") as store:
        assert [(k.subject, k.sequence, k.action, k.camera, k.fps) for k in store.keys] == [
            ("d04", f"{SEQUENCE} 00000", "break", f"c{n:02} setting1", 60.0) for n in (1, 2)
        ]
        assert store.info.sources == {"gt": "coco17", "detected": "coco17"}
        assert "CC BY 4.0" in store.info.licence
        for number, key in enumerate(store.keys):
            pose, content = store.pose(key), camera(number)
            np.testing.assert_allclose(pose, 10 * in_camera(dancer(), content), atol=1e-2)
            gt = store.keypoints(key, "gt")
            np.testing.assert_allclose(gt[..., :2], opencv(dancer(), content), atol=1e-2)
            detected = store.keypoints(key, "detected")
            there = np.isfinite(seen[number]).all(-1)
            np.testing.assert_allclose(
                detected[..., :2][there], seen[number][there][:, :2], rtol=1e-6
            )
            assert (detected[..., 2] > 0).tolist() == there.tolist()
            assert detected[..., 2].max() == 1
            world = camera_to_world(torch.from_numpy(pose).double(), store.camera(key)).numpy()
            # z up, millimetres.
            np.testing.assert_allclose(world[..., 2], 10 * dancer()[..., 1], atol=1e-2)
            np.testing.assert_allclose(world[..., 0], 10 * dancer()[..., 0], atol=1e-2)
            np.testing.assert_allclose(world[..., 1], -10 * dancer()[..., 2], atol=1e-2)


def test_every_second_frame_is_taken_and_what_was_not_found_parts_clips(tmp_path):
    points = dancer(12)
    points[6, 3] = np.nan
    write(tmp_path, keypoints3d_optim=points, views=1)
    other = SEQUENCE.replace("d04", "d05").replace("gBR", "gWA")
    write(tmp_path, other, "setting2", views=1)
    ignored = SEQUENCE.replace("ch01", "ch02")
    write(tmp_path, ignored, views=1)
    (tmp_path / "ignore_list.txt").write_text(f"{ignored}\n")
    report = convert(tmp_path, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        found = {(k.subject, k.sequence[-5:]): store.frames(k).tolist() for k in store.keys}
        assert {(k.action, k.fps) for k in store.keys} == {("break", 30.0), ("waack", 30.0)}
    assert found == {
        ("d04", "00000"): [0, 1, 2],
        ("d04", "00004"): [4, 5],
        ("d05", "00000"): [0, 1, 2],
    }
    assert "frames in views, left out: a joint is missing (1)" in report
    # Without those whose bones keep their length the others are taken.
    file = tmp_path / f"keypoints3d/{other}.pkl"
    file.write_bytes(pickle.dumps({"keypoints3d": dancer() + 100}))
    convert(tmp_path, tmp_path / "out.h5", shortest=3)
    with ClipStore(tmp_path / "out.h5") as store:
        (key,) = (k for k in store.keys if k.subject == "d05")
        assert len(store.keys) == 2
        expected = 10 * in_camera(dancer() + 100, camera(0))[::2]
        np.testing.assert_allclose(store.pose(key), expected, atol=1e-2)


def test_dancers_are_kept_apart_and_handed_over_as_human36m(tmp_path):
    for number in (4, 10, 11):
        write(tmp_path, SEQUENCE.replace("d04", f"d{number:02}"), views=1)
    convert(tmp_path, tmp_path / "out.h5")
    data = AIST(store=str(tmp_path / "out.h5"), val_subjects=["d10"], test_subjects=["d04"])
    data.setup("fit")
    assert data.subjects["train"] == ["d11"]
    batch = data.bank("train").batch(torch.arange(3))
    pelvis, right, left = batch["pose"][..., [0, 1, 4], :].unbind(-2)
    torch.testing.assert_close(pelvis, (right + left) / 2)


def change_cameras(raw, change):
    path = raw / "cameras/setting1.json"
    listed = json.loads(path.read_text())
    change(listed)
    path.write_text(json.dumps(listed))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.clear(), "setting1.json: lists no cameras"),
        (lambda c: c[0].pop("name"), "camera 0: has no name as c01"),
        (lambda c: c[1].update(name="c01"), "camera 1: has no name as c01, or one that is taken"),
        (lambda c: c[0].update(rotation=[0, 0]), r"'rotation' is \(2,\), expected \(3,\)"),
        (lambda c: c[0].update(matrix="x"), "has no numbers 'matrix'"),
        (lambda c: c[0].update(size=[0, 1]), "'matrix' or 'size' are those of no camera"),
    ],
)
def test_other_cameras_are_refused(tmp_path, change, message):
    write(tmp_path)
    change_cameras(tmp_path, change)
    with pytest.raises(InputError, match=message):
        convert(tmp_path, tmp_path / "out.h5")
    assert not (tmp_path / "out.h5").exists()


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            {"keypoints3d_optim": np.zeros((6, 16, 3))},
            r"'keypoints3d_optim' is float64 \(6, 16, 3\)",
        ),
        ({"keypoints3d_optim": np.full((6, 17, 3), np.nan)}, "nobody to convert.*missing"),
        ({"keypoints3d_optim": dancer() / 100}, "the mean bone is"),
        ({"keypoints3d_optim": None}, "is object|is not as AIST"),
    ],
)
def test_other_poses_are_refused(tmp_path, entries, message):
    write(tmp_path, **entries)
    with pytest.raises(InputError, match=message):
        convert(tmp_path, tmp_path / "out.h5")
    assert not (tmp_path / "out.h5").exists()


def test_files_that_do_not_belong_together_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"no keypoints3d/\*\.pkl in it"):
        convert(tmp_path, tmp_path / "out.h5")
    write(tmp_path, detections=True)
    with pytest.raises(InputError, match="--every is 0"):
        convert(tmp_path, tmp_path / "out.h5", every=0)
    write(tmp_path, "walking")
    with pytest.raises(InputError, match="'walking' is not named as gBR_sBM_cAll_d04"):
        convert(tmp_path, tmp_path / "out.h5")
    (tmp_path / "keypoints3d/walking.pkl").unlink()
    file = tmp_path / f"keypoints2d/{SEQUENCE}.pkl"
    file.write_bytes(pickle.dumps({"keypoints2d": np.zeros((9, 6, 17, 3))}))
    with pytest.raises(InputError, match=r"expected numbers \(2, 6, 17, 3\)"):
        convert(tmp_path, tmp_path / "out.h5")
    mapping = tmp_path / "cameras/mapping.txt"
    mapping.write_text("one\n")
    with pytest.raises(InputError, match="has a line without sequence and setting"):
        convert(tmp_path, tmp_path / "out.h5")
    mapping.write_text("one setting1\n")
    with pytest.raises(InputError, match=f"does not name '{SEQUENCE}'"):
        convert(tmp_path, tmp_path / "out.h5")
