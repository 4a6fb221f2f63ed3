"""MPI-INF-3DHP: stores made of files in the owners' layout, and the real samples."""

import numpy as np
import pytest
import torch

from datamodules import MPIINF3DHP
from datamodules.mpi_inf_3dhp.convert import convert
from datamodules.safe_load import load_npz, load_pickle
from datamodules.store.clips import ClipStore
from lifting.cameras import camera_to_world, project
from tests.datamodules.made_mpi_inf_3dhp import (
    CHEST,
    FRAMES,
    FROM_17,
    FROM_28,
    VALID,
    VNECT,
    K,
    pixels,
    placing,
    sequence_pose,
    train_pose,
    write_test,
    write_train,
)

pytestmark = pytest.mark.slow(reason="converts datasets", shapes=True)


@pytest.fixture
def raw(tmp_path):
    write_train(tmp_path / "raw")
    return write_test(tmp_path / "raw" / "mpi_inf_3dhp_test_set").parent


def by_camera(store, subject, sequence):
    return {k.camera: k for k in store.keys if (k.subject, k.sequence) == (subject, sequence)}


@pytest.mark.parametrize("universal", [False, True])
def test_training_views_become_clips_of_seventeen_joints(raw, tmp_path, universal):
    convert(raw, tmp_path / "out.h5", universal)
    with ClipStore(tmp_path / "out.h5") as store:
        for subject, sequence in (("S1", "Seq1"), ("S8", "Seq2")):
            keys = by_camera(store, subject, sequence)
            assert sorted(keys) == [f"cam{c}" for c in VNECT]
            for camera in VNECT:
                key = keys[f"cam{camera}"]
                pose = train_pose(subject, sequence, camera, universal)[:, FROM_28]
                np.testing.assert_allclose(store.pose(key), pose, atol=1e-3)
                seen = pixels(train_pose(subject, sequence, camera))[:, FROM_28]
                keypoints = store.keypoints(key, "gt")
                np.testing.assert_allclose(keypoints[..., :2], seen, atol=1e-3)
                assert (keypoints[..., 2] == 1).all()
                assert (key.action, key.fps) == (sequence, 25.0)


@pytest.mark.parametrize(
    ("cameras", "numbers"), [("chest", CHEST), ("vnect", VNECT), ("all", list(range(14)))]
)
def test_the_cameras_asked_for_are_taken(raw, tmp_path, cameras, numbers):
    convert(raw, tmp_path / "out.h5", cameras=cameras)
    with ClipStore(tmp_path / "out.h5") as store:
        assert sorted(by_camera(store, "S1", "Seq1")) == sorted(f"cam{n}" for n in numbers)


def test_cells_are_found_by_the_number_of_their_camera(tmp_path):
    order = np.random.default_rng(0).permutation(14)
    cells = {name: np.empty((14, 1), object) for name in ("annot2", "annot3")}
    for cell, camera in enumerate(order):
        pose = train_pose("S1", "Seq1", camera)
        cells["annot2"][cell, 0] = pixels(pose).reshape(FRAMES, 56)
        cells["annot3"][cell, 0] = pose.reshape(FRAMES, 84)
    write_train(tmp_path / "raw", [("S1", "Seq1")], cameras=order[None], **cells)
    convert(tmp_path / "raw", tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        for camera in VNECT:
            pose = train_pose("S1", "Seq1", camera)[:, FROM_28]
            key = by_camera(store, "S1", "Seq1")[f"cam{camera}"]
            np.testing.assert_allclose(store.pose(key), pose, atol=1e-3)


def test_the_world_has_z_up_and_poses_project_onto_the_keypoints(raw, tmp_path):
    convert(raw, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        for number in VNECT:
            key = by_camera(store, "S1", "Seq1")[f"cam{number}"]
            camera, pose = store.camera(key), torch.from_numpy(store.pose(key)).double()
            turn, shift = placing(number)
            x, y, z = np.moveaxis((pose.numpy() - shift) @ turn, -1, 0)
            expected = np.stack([x, -z, y], -1)
            np.testing.assert_allclose(camera_to_world(pose, camera), expected, atol=1e-6)
            keypoints = store.keypoints(key, "gt")[..., :2]
            np.testing.assert_allclose(project(pose, camera), keypoints, atol=1e-3)
            assert camera.size.tolist() == [2048, 2048]


def test_annotations_beyond_the_video_are_left_out(tmp_path):
    frames = np.array([6410, 6413, 6414, 6415, 6416, 6417])[:, None]
    write_train(tmp_path / "raw", [("S1", "Seq1")], frames=frames)
    convert(tmp_path / "raw", tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        for key in store.keys:
            assert store.frames(key).tolist() == [6410, 6413, 6414, 6415]
            assert len(store.pose(key)) == 4


@pytest.mark.parametrize(("sequence", "fps"), [(("S1", "Seq2"), 50.0), (("S5", "Seq1"), 50.0)])
def test_long_sequences_are_fast(tmp_path, sequence, fps):
    write_train(tmp_path / "raw", [sequence])
    convert(tmp_path / "raw", tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        assert {key.fps for key in store.keys} == {fps}


@pytest.mark.parametrize("universal", [False, True])
def test_test_sequences_are_cut_where_the_activity_changes(raw, tmp_path, universal):
    convert(raw, tmp_path / "out.h5", universal)
    with ClipStore(tmp_path / "out.h5") as store:
        for subject in ("TS1", "TS6"):
            keys = {k.sequence: k for k in store.keys if k.subject == subject}
            assert sorted(keys) == ["Sitting 1", "Standing-Walking 1"]
            for name, frames in (("Sitting 1", range(9)), ("Standing-Walking 1", (9, 10))):
                key, take = keys[name], list(frames)
                assert store.frames(key).tolist() == take
                pose = sequence_pose(subject, universal)[:, FROM_17]
                np.testing.assert_allclose(store.pose(key), pose[take], atol=1e-3)
                keypoints = store.keypoints(key, "gt")
                seen = pixels(sequence_pose(subject))[:, FROM_17]
                np.testing.assert_allclose(keypoints[..., :2], seen[take], atol=1e-3)
                assert (keypoints[..., 2] == VALID[take][:, None]).all()
        assert keys["Standing-Walking 1"].action == "Standing/Walking"


@pytest.mark.parametrize("universal", [False, True])
def test_test_cameras_are_fitted_to_the_real_poses(raw, tmp_path, universal):
    convert(raw, tmp_path / "out.h5", universal)
    with ClipStore(tmp_path / "out.h5") as store:
        for subject, size in (("TS1", [2048, 2048]), ("TS6", [1920, 1080])):
            camera = store.camera(next(k for k in store.keys if k.subject == subject))
            np.testing.assert_allclose(camera.focal, K["f"], atol=1e-6)
            np.testing.assert_allclose(camera.principal, K["c"], atol=1e-6)
            assert camera.size.tolist() == size
            turn = camera.rotation.numpy()
            np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-5)
            assert np.linalg.det(turn) == pytest.approx(1, abs=1e-5)
            # The camera stands upright, at a height between knee and head.
            assert turn[1, 2] < -0.95
            assert 500 < camera.position[2] < 2000


@pytest.mark.parametrize("nothing", [np.nan, 0.0])
def test_frames_that_are_not_valid_may_hold_nothing(tmp_path, nothing):
    poses = {"annot3": sequence_pose("TS1"), "annot2": pixels(sequence_pose("TS1"))}
    for values in poses.values():
        values[VALID == 0] = nothing
    write_test(tmp_path / "raw", ["TS1"], **{k: v[:, None] for k, v in poses.items()})
    convert(tmp_path / "raw", tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        sitting = next(k for k in store.keys if k.action == "Sitting")
        # Each repeats the last valid frame; before the first of them it is the first.
        repeated = sequence_pose("TS1")[[1, 1, 1, 3, 4, 4, 4, 7, 7]][:, FROM_17]
        np.testing.assert_allclose(store.pose(sitting), repeated, atol=1e-3)
        assert store.keypoints(sitting, "gt")[:, 0, 2].tolist() == VALID[:9].tolist()


def data_of(store, **options):
    splits = {"train_subjects": ["S1"], "val_subjects": ["S8"], "test_subjects": ["TS1", "TS6"]}
    data = MPIINF3DHP(store=str(store), **(splits | {"val_frames": "all"} | options))
    data.setup("fit")
    data.setup("test")
    return data


def test_only_valid_frames_are_asked_for_and_windows_see_all(raw, tmp_path):
    convert(raw, tmp_path / "out.h5")
    data = data_of(tmp_path / "out.h5", receptive_field=3)
    bank = data.bank("test")
    batch = bank.batch(bank.rows)
    assert batch["valid"].all()
    asked = {}
    seen = {s: pixels(sequence_pose(s))[:, FROM_17] for s in ("TS1", "TS6")}
    for clip, (frame,), keypoints in zip(
        batch["clip"], batch["frame"], batch["keypoints"], strict=True
    ):
        key = bank.keys[clip]
        asked.setdefault(key.subject, []).append(int(frame))
        first, last = (0, 8) if key.action == "Sitting" else (9, 10)
        window = [min(max(int(frame) + step, first), last) for step in (-1, 0, 1)]
        np.testing.assert_allclose(keypoints, seen[key.subject][window], atol=1e-3)
    for frames in asked.values():
        assert sorted(frames) == np.flatnonzero(VALID).tolist()
    assert len(data.bank("train")) == len(data.bank("val")) == FRAMES * len(VNECT)


def test_the_protocol_of_frames_is_met_among_the_valid_ones(raw, tmp_path):
    convert(raw, tmp_path / "out.h5")
    bank = data_of(tmp_path / "out.h5", test_frames="every3").bank("test")
    assert sorted(set(bank.batch(bank.rows)["frame"].ravel().tolist())) == [3, 9]


def test_the_defaults_are_the_split_of_the_documentation():
    data = MPIINF3DHP()
    assert data.subjects["train"] == [f"S{i}" for i in range(1, 8)]
    assert data.subjects["val"] == ["S8"]
    assert data.subjects["test"] == [f"TS{i}" for i in range(1, 7)]


def test_the_report_counts_frames_and_names_what_is_missing(raw, tmp_path):
    report = convert(raw, tmp_path / "out.h5")
    assert f"{2 * VALID.sum()} of 2,929 frames" in report
    assert "missing: S1 Seq2, S2 Seq1," in report
    assert "S8 Seq1, TS2, TS3, TS4, TS5" in report
    assert "poses are annot3; the official evaluation takes univ_annot3" in report
    assert report.count("(worst clip 0.000)") == 4
    assert "WARNING" not in report
    report = convert(raw, tmp_path / "out.h5", universal=True)
    assert "poses are univ_annot3, those of the official evaluation" in report


def test_the_report_warns_where_keypoints_are_of_another_camera(tmp_path):
    write_train(tmp_path / "raw", [("S1", "Seq1")])
    write_train(tmp_path / "raw", [("S2", "Seq1")])
    path = tmp_path / "raw" / "S2" / "Seq1" / "camera.calibration"
    path.write_text(path.read_text().replace("1020.0", "1060.0"))
    report = convert(tmp_path / "raw", tmp_path / "out.h5")
    assert "WARNING S2" in report
    assert "WARNING S1" not in report
    assert "  S2   40.000  (worst clip 40.000)" in report


@pytest.mark.real
def test_the_real_samples_are_read(real_data, tmp_path):
    raw = real_data / "samples" / "mpi_inf_3dhp"
    report = convert(raw, tmp_path / "out.h5")
    assert "2 of 2,929 frames" in report
    assert "WARNING" not in report
    rows = {}
    for name in ("train", "test"):
        content = load_npz(raw / f"test_3dhp_{name}.npz")
        for image, part, pose in zip(*(content[k] for k in ("imgname", "part", "S")), strict=True):
            rows[image] = part[FROM_17, :2], 1000 * pose[FROM_17, :3]
    with ClipStore(tmp_path / "out.h5") as store:
        assert len(store.keys) == len(rows) == 4
        for key in store.keys:
            number = int(store.frames(key)[0]) + 1
            camera = key.camera.removeprefix("cam")
            image = f"{key.subject}_{key.sequence}_Cam{camera}_{number:06d}.jpg"
            if key.subject.startswith("TS"):
                image = f"{key.subject}_{number:06d}.jpg"
            part, pose = rows[image]
            np.testing.assert_allclose(store.pose(key)[0], pose, atol=1e-3)
            np.testing.assert_allclose(store.keypoints(key, "gt")[0, :, :2], part, atol=1e-3)
            seen = project(torch.from_numpy(pose)[None], store.camera(key))[0].numpy()
            # Hips and spine lie up to 2 px beside, in the published files.
            assert np.linalg.norm(seen - part, axis=-1).max() < 2.2
            assert np.median(np.linalg.norm(seen - part, axis=-1)) < 0.2
        # The test set's first four sequences were filmed by the studio's camera 8.
        studio, test = (
            store.camera(next(k for k in store.keys if k.subject == s)) for s in ("S8", "TS1")
        )
    torch.testing.assert_close(studio.rotation, test.rotation, rtol=0, atol=1e-5)
    torch.testing.assert_close(studio.position, test.position, rtol=0, atol=0.01)
    torch.testing.assert_close(studio.focal, test.focal, rtol=0, atol=0.3)
    # People stand on the floor below the cameras: z is up.
    assert 500 < test.position[2] < 2000


@pytest.mark.real
def test_real_calibrations_are_the_same_for_all_sequences(real_data):
    cameras = load_pickle(real_data / "samples" / "mpi_inf_3dhp" / "cameras_train.pkl")
    for name, camera in cameras.items():
        first = cameras[f"S1_Seq1_{name.split('_')[2]}"]
        for entry in ("R", "T", "f", "c"):
            np.testing.assert_array_equal(camera[entry], first[entry])
