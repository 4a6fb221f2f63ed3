import re

import numpy as np
import pytest
import torch

from datamodules.h36m import convert as h36m_convert
from datamodules.h36m.convert import convert, h36m_camera
from datamodules.h36m.raw import CAMERAS, RawSequence, sequence_name
from datamodules.safe_load import load_npz, open_hdf5
from datamodules.store.clips import ClipStore
from lifting.cameras import project
from lifting.errors import InputError
from tests.datamodules.made_h36m import (
    FRAMES,
    RECORDINGS,
    SEVENTEEN,
    body,
    content,
    in_view,
    write_baseline,
    write_detections,
    write_fetch,
    write_npz,
)

pytestmark = pytest.mark.slow(reason="converts datasets", shapes=True)


def test_world_poses_become_camera_frame_clips_of_seventeen_joints(npz, tmp_path):
    convert(npz, {}, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        assert {(k.subject, k.sequence) for k in store.keys} == set(RECORDINGS)
        assert len(store.keys) == 4 * len(RECORDINGS)
        for key in store.keys:
            world = RECORDINGS[key.subject, key.sequence][:, SEVENTEEN]
            expected = in_view(world, key.subject, key.camera)
            np.testing.assert_allclose(store.pose(key), expected, atol=2e-3)
            assert (key.action, key.fps) == (key.sequence.split()[0], 50.0)
            assert store.frames(key).tolist() == list(range(len(world)))


def test_ground_truth_keypoints_are_the_projection_of_the_poses(npz, tmp_path):
    convert(npz, {}, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        for key in store.keys:
            gt = store.keypoints(key, "gt")
            pose = torch.from_numpy(store.pose(key)).double()
            expected = project(pose, h36m_camera(key.subject, key.camera))
            np.testing.assert_allclose(gt[..., :2], expected, atol=1e-3)
            assert (gt[..., 2] == 1).all()
            camera = store.camera(key)
            for name, value in vars(h36m_camera(key.subject, key.camera)).items():
                assert torch.equal(getattr(camera, name), value)


def test_the_three_layouts_give_the_same_poses_and_keypoints(tmp_path):
    recordings = {("S9", "Walking 1"): body(1)}
    kept = [0, 1, 3, 7, 8, 11]
    raw = {
        "npz": write_npz(tmp_path / "raw.npz", recordings),
        "baseline": write_baseline(tmp_path / "baseline", recordings),
        "fetch": write_fetch(tmp_path / "fetch", {("S9", "Walking-1"): body(1)}, kept),
    }
    for layout, path in raw.items():
        convert(path, {}, tmp_path / f"{layout}.h5")
    stores = {layout: ClipStore(tmp_path / f"{layout}.h5") for layout in raw}
    for layout, store in stores.items():
        assert [k.camera for k in store.keys] == list(CAMERAS)
        take = kept if layout == "fetch" else list(range(FRAMES))
        for mine, key in zip(store.keys, stores["baseline"].keys, strict=True):
            assert (mine.subject, mine.action, mine.frames) == ("S9", "Walking", len(take))
            assert store.frames(mine).tolist() == take
            pose, gt = stores["baseline"].pose(key)[take], stores["baseline"].keypoints(key, "gt")
            np.testing.assert_allclose(store.pose(mine), pose, atol=2e-3)
            np.testing.assert_allclose(store.keypoints(mine, "gt"), gt[take], atol=1e-3)


@pytest.mark.parametrize("kept", [[4, 5, 6], [8]])
def test_frame_numbers_survive_where_the_frames_kept_are_consecutive(tmp_path, kept):
    raw = write_fetch(tmp_path / "fetch", {("S9", "Walking-1"): body(1)}, kept)
    convert(raw, {}, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        assert all(store.frames(key).tolist() == kept for key in store.keys)


def test_a_raw_copy_of_seventeen_joints_gives_what_the_thirty_two_give(npz, tmp_path):
    small = {key: pose[:, SEVENTEEN] for key, pose in RECORDINGS.items()}
    convert(npz, {}, tmp_path / "a.h5")
    convert(write_npz(tmp_path / "small.npz", small), {}, tmp_path / "b.h5")
    a, b = content(tmp_path / "a.h5"), content(tmp_path / "b.h5")
    del a[""]["inputs"], b[""]["inputs"]
    assert a == b


def test_all_thirty_two_joints_are_kept_where_they_are_asked_for(npz, tmp_path):
    convert(npz, {}, tmp_path / "all.h5", joints="h36m32")
    convert(npz, {}, tmp_path / "some.h5")
    with ClipStore(tmp_path / "all.h5") as whole, ClipStore(tmp_path / "some.h5") as part:
        assert (whole.info.skeleton, whole.info.sources["gt"]) == ("h36m32", "h36m32")
        for key in part.keys:
            poses, all_poses = (torch.from_numpy(s.pose(key)) for s in (part, whole))
            assert torch.equal(all_poses[:, SEVENTEEN], poses)


@pytest.mark.parametrize(
    ("joints", "message"),
    [("h36m32", "holds 17 joints, not all 32"), ("coco17", "--skeleton is coco17: use h36m17 or")],
)
def test_joints_that_are_not_there_are_refused(tmp_path, joints, message):
    small = {key: pose[:, SEVENTEEN] for key, pose in RECORDINGS.items()}
    with pytest.raises(InputError, match=message):
        convert(write_npz(tmp_path / "small.npz", small), {}, tmp_path / "b.h5", joints=joints)
    assert not (tmp_path / "b.h5").exists()


def test_detections_are_kept_in_their_joint_set_and_cut_to_the_poses(npz, tmp_path):
    path = write_detections(tmp_path / "sh.npz", longer=3)
    given = load_npz(path)["positions_2d"]
    convert(npz, {"sh": path}, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        assert store.info.sources == {"gt": "h36m17", "sh": "mpii16"}
        for key in store.keys:
            mine = store.keypoints(key, "sh")
            views = given[key.subject][key.sequence]
            assert len(mine) == len(store.pose(key))
            np.testing.assert_array_equal(
                mine[..., :2], views[CAMERAS.index(key.camera)][: len(mine)]
            )
            assert (mine[..., 2] == 1).all()


@pytest.mark.parametrize(
    ("joints", "metadata", "joint_set"),
    [
        (16, {}, "mpii16"),
        (17, {}, "h36m17"),
        (17, {"layout_name": "h36m"}, "h36m17"),
        (17, {"layout_name": "coco"}, "coco17"),
    ],
)
def test_the_joint_set_of_detections_is_told_by_number_and_layout(
    npz, tmp_path, joints, metadata, joint_set
):
    views = 4 * [np.zeros((FRAMES, joints, 2), np.float32)]
    tree = {"S1": {"Walking 1": views}}
    path = tmp_path / "any.npz"
    np.savez(path, positions_2d=np.array(tree, object), metadata=np.array(metadata, object))
    convert(npz, {"any": path}, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        assert store.info.sources["any"] == joint_set
        assert {key.sequence for key in store.keys if store.has(key, "any")} == {"Walking 1"}


def test_the_damaged_recording_is_left_out(tmp_path):
    both = {("S11", "Directions"): body(5), ("S11", "Directions 1"): body(6)}
    convert(write_npz(tmp_path / "raw.npz", both), {}, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        assert {key.sequence for key in store.keys} == {"Directions 1"}


def test_the_damaged_recording_alone_is_nothing_to_convert(tmp_path):
    raw = write_npz(tmp_path / "raw.npz", {("S11", "Directions"): body(5)})
    with pytest.raises(InputError, match=r"raw\.npz: holds no recording"):
        convert(raw, {}, tmp_path / "out.h5")
    assert not (tmp_path / "out.h5").exists()


@pytest.mark.parametrize(
    ("raw", "name", "action"),
    [
        ("Walking 1", "Walking 1", "Walking"),
        ("Walking_1", "Walking 1", "Walking"),
        ("SittingDown", "SittingDown", "SittingDown"),
        ("TakingPhoto 1", "Photo 1", "Photo"),
        ("WalkingDog", "WalkDog", "WalkDog"),
        ("TakingPhoto-2", "Photo-2", "Photo"),
        ("Sitting-1", "Sitting-1", "Sitting"),
    ],
)
def test_recordings_are_named_as_in_videopose3d(raw, name, action):
    assert sequence_name(raw) == name
    assert RawSequence("S1", name).action == action


class Interrupted(BaseException):
    pass


def interrupt_after(sequences):
    done = []

    def progress(name):
        done.append(name)
        if len(done) == sequences:
            raise Interrupted

    return progress


@pytest.fixture
def written(monkeypatch):
    """Names of the parts that were written."""
    names = []
    write = h36m_convert._write_part

    def noting(path, *rest):
        names.append(path.stem)
        write(path, *rest)

    monkeypatch.setattr(h36m_convert, "_write_part", noting)
    return names


def test_an_interrupted_conversion_goes_on_where_it_stopped(npz, sh, tmp_path, written):
    whole, out = tmp_path / "whole.h5", tmp_path / "out.h5"
    report = convert(npz, {"sh": sh}, whole)
    order = written.copy()
    written.clear()
    with pytest.raises(Interrupted):
        convert(npz, {"sh": sh}, out, interrupt_after(2))
    assert not out.exists()
    assert sorted(p.stem for p in (tmp_path / "out.h5.parts").iterdir()) == sorted(order[:2])
    written.clear()
    names = []
    second = convert(npz, {"sh": sh}, out, names.append)
    assert written == order[2:]
    assert names == order
    assert content(out) == content(whole)
    assert second.replace("out.h5", "whole.h5") == report
    assert not (tmp_path / "out.h5.parts").exists()
    assert not list(tmp_path.glob("*.partial"))


def test_a_damaged_part_is_made_again(npz, tmp_path, written):
    with pytest.raises(Interrupted):
        convert(npz, {}, tmp_path / "out.h5", interrupt_after(2))
    part = tmp_path / "out.h5.parts" / f"{written[0]}.h5"
    part.write_bytes(part.read_bytes()[:-500])
    convert(npz, {}, tmp_path / "out.h5")
    assert written.count(part.stem) == 2
    convert(npz, {}, tmp_path / "whole.h5")
    assert content(tmp_path / "out.h5") == content(tmp_path / "whole.h5")


def test_parts_of_other_inputs_are_made_again(npz, sh, tmp_path, written):
    with pytest.raises(Interrupted):
        convert(npz, {"sh": sh}, tmp_path / "out.h5", interrupt_after(3))
    done = written.copy()
    write_detections(sh, noise=5.0)
    convert(npz, {"sh": sh}, tmp_path / "out.h5")
    assert set(done) < set(written[len(done) :])
    convert(npz, {"sh": sh}, tmp_path / "whole.h5")
    assert content(tmp_path / "out.h5") == content(tmp_path / "whole.h5")


def test_an_older_store_stays_until_the_new_one_is_whole(npz, tmp_path):
    out = tmp_path / "out.h5"
    convert(npz, {}, out)
    old = out.read_bytes()
    write_npz(npz, {("S1", "Walking"): body(9), ("S1", "Walking 1"): body(8)})
    with pytest.raises(Interrupted):
        convert(npz, {}, out, interrupt_after(1))
    assert out.read_bytes() == old


def test_the_report_warns_of_the_one_sequence_that_drifts(npz, tmp_path):
    path = write_detections(tmp_path / "sh.npz", shift={("S9", "SittingDown"): 40.0})
    report = convert(npz, {"sh": path}, tmp_path / "out.h5")
    warnings = re.findall(r"WARNING (.*): ([\d.]+) px, typical is ([\d.]+)", report)
    assert [name for name, *_ in warnings] == ["S9 SittingDown"]
    # 40 px in x and in y; the median length of noise of deviation 8 in two directions.
    assert float(warnings[0][1]) == pytest.approx(2**0.5 * 40, abs=3)
    assert float(warnings[0][2]) == pytest.approx(8 * (2 * np.log(2)) ** 0.5, abs=1)


def test_the_report_of_good_data_has_no_warning_and_the_error_of_each_subject(npz, sh, tmp_path):
    report = convert(npz, {"sh": sh}, tmp_path / "out.h5")
    assert "WARNING" not in report
    errors = re.findall(r"^  (S\d+) +([\d.]+)  \(worst", report, re.MULTILINE)
    assert [subject for subject, _ in errors] == ["S1", "S9", "S11"]
    assert [float(e) for _, e in errors] == pytest.approx(3 * [9.4], abs=1.5)
    with ClipStore(tmp_path / "out.h5") as store:
        for name in {key.sequence for key in store.keys}:
            assert re.search(rf"\b{name} \d+\.\d", report), name


def test_the_report_counts_frames_and_names_what_is_missing(npz, tmp_path):
    more = RECORDINGS | {("S9", "Waiting 1"): body(7), ("S11", "Directions"): body(8)}
    path = write_detections(tmp_path / "sh.npz", more)
    report = convert(npz, {"sh": path}, tmp_path / "out.h5")
    assert f"train {4 * (12 + 7):9,} of 1,559,752 frames" in report
    assert f"test  {4 * (9 + 5):9,} of   543,344 frames" in report
    assert "S1: 28 sequences missing (no 2D source to name them)" in report
    assert "S9: 29 sequences missing (Waiting 1)" in report
    # The damaged one is left out on purpose.
    assert "S11: 28 sequences missing (no 2D source to name them)" in report
    assert "S5: 30 sequences missing" in report


def test_detections_of_other_recordings_are_reported(npz, tmp_path):
    path = write_detections(tmp_path / "sh.npz", {("S5", "Walking"): body(7)})
    report = convert(npz, {"sh": path}, tmp_path / "out.h5")
    assert "2D source 'sh': no sequence in common with the poses" in report


def test_there_is_no_camera_of_an_unknown_name():
    with pytest.raises(InputError, match="no camera or subject '12'"):
        h36m_camera("S1", "12")


@pytest.mark.real
@pytest.mark.slow(reason="converts the original files")
def test_the_original_files_give_what_the_npz_gives(real_data, tmp_path):
    raw = real_data / "h36m" / "raw_sample"
    views = []
    for camera in CAMERAS:
        with open_hdf5(raw / "S11" / "StackedHourglass" / f"Walking_1.{camera}.h5") as file:
            views.append(np.asarray(file["poses"][()], np.float32))
    sh = tmp_path / "sh.npz"
    np.savez(sh, positions_2d=np.array({"S11": {"Walking 1": views}}, object))
    report = convert(raw, {"sh": sh}, tmp_path / "out.h5")
    error = float(re.search(r"^  S11 +([\d.]+)  \(worst", report, re.MULTILINE)[1])
    assert 6.5 < error < 9.5

    positions = load_npz(real_data / "h36m" / "data_3d_h36m.npz")["positions_3d"]
    world = 1000 * positions["S11"]["Walking 1"][:, SEVENTEEN].astype(np.float64)
    with ClipStore(tmp_path / "out.h5") as store:
        assert [(k.sequence, k.camera) for k in store.keys] == [("Walking 1", c) for c in CAMERAS]
        for key in store.keys:
            # Rounded to 1/8192 m in each world coordinate.
            difference = store.pose(key) - in_view(world, "S11", key.camera)
            assert np.abs(difference).max() < 0.0615 * 3**0.5
            assert np.linalg.norm(difference, axis=-1).max() > 0.05
