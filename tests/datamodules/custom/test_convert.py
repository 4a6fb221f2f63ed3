"""Datasets in VideoPose3D's layout become clip stores, and are trained on and predicted from."""

import numpy as np
import pytest
import torch
from scipy.interpolate import interp1d
from scipy.spatial.transform import Rotation

from datamodules import CustomPoses
from datamodules.custom.convert import convert
from datamodules.h36m.cameras import h36m_camera
from datamodules.h36m.convert import convert as convert_h36m
from datamodules.h36m.raw import CAMERAS
from datamodules.safe_load import load_npz
from datamodules.store.clips import ClipStore
from datamodules.store.videopose3d import read_keypoints
from lifting.skeletons import skeleton
from tests.datamodules.made_npz import (
    FRAMES,
    RIG,
    SYMMETRY,
    filmed,
    in_view,
    people,
    person,
    see,
    write_2d,
    write_3d,
    write_cameras,
)

pytestmark = pytest.mark.slow(reason="converts datasets", shapes=True)


@pytest.fixture
def files(tmp_path):
    """The three files of two people filmed by two cameras."""
    return {
        "keypoints": write_2d(tmp_path / "data_2d_mine.npz", filmed(people())),
        "poses": write_3d(tmp_path / "data_3d_mine.npz", people()),
        "cameras": write_cameras(tmp_path / "cameras.json"),
    }


def test_the_store_holds_what_each_camera_sees(files, tmp_path):
    convert(**files, out=tmp_path / "out.h5")
    given, world = filmed(people()), people()
    with ClipStore(tmp_path / "out.h5") as store:
        assert store.info.sources == {"gt": "h36m17", "detected": "h36m17"}
        assert store.info.skeleton == "h36m17"
        assert set(store.info.inputs) == {"data_2d_mine.npz", "data_3d_mine.npz", "cameras.json"}
        names = [(k.subject, k.sequence, k.camera) for k in store.keys]
        assert names == [
            (subject, take, camera)
            for subject, takes in (("anna", ("sit", "walk 1")), ("ben", ("walk",)))
            for take in takes
            for camera in RIG
        ]
        for key in store.keys:
            pose = world[key.subject][key.sequence]
            seen = in_view(pose.astype(np.float64), RIG[key.camera])
            np.testing.assert_allclose(store.pose(key), 1000 * seen, atol=0.01)
            expected = given[key.subject][key.sequence][list(RIG).index(key.camera)]
            detected, gt = store.keypoints(key, "detected"), store.keypoints(key, "gt")
            np.testing.assert_array_equal(detected[..., :2], expected)
            # Projected by the store's camera, with its lens, onto what the file's camera saw.
            np.testing.assert_allclose(gt[..., :2], expected, atol=0.01)
            assert (detected[..., 2] == 1).all()
            assert (gt[..., 2] == 1).all()
            assert key.fps == 50
            assert key.action == key.sequence.split()[0]
            camera = store.camera(key)
            assert camera.size.tolist() == RIG[key.camera]["resolution"]


def test_the_report_says_how_well_keypoints_and_poses_agree(files, tmp_path):
    tree = filmed(people())
    for views in tree["ben"].values():
        views[0] = views[0] + np.float32([3, 4])
    write_2d(files["keypoints"], tree)
    report = convert(**files, out=tmp_path / "out.h5")
    lines = [line.strip() for line in report.splitlines()]
    agreement = lines[1 + lines.index("reprojection error against 'detected', median px") :]
    assert agreement == ["anna left 0.0", "anna right 0.0", "ben left 5.0", "ben right 0.0"]
    assert "WARNING" not in report


def test_cameras_in_another_order_than_the_keypoints_are_warned_of(files, tmp_path):
    write_cameras(files["cameras"], {"fps": 50, "cameras": dict(reversed(RIG.items()))})
    report = convert(**files, out=tmp_path / "out.h5")
    assert report.count("WARNING") == 4


@pytest.mark.parametrize(("option", "fps"), [(None, 50), (60.0, 60)])
def test_the_frame_rate_is_the_option_s_before_the_file_s(files, tmp_path, option, fps):
    convert(**files, out=tmp_path / "out.h5", fps=option)
    with ClipStore(tmp_path / "out.h5") as store:
        assert {key.fps for key in store.keys} == {fps}


def coco_video(frames=FRAMES, seed=0):
    """Keypoints of one person in COCO's joints, with confidence."""
    rng = np.random.default_rng(seed)
    walk = np.linspace(0, 200, frames)[:, None, None]
    points = 300 + walk + rng.normal(0, 60, (17, 2)) + rng.normal(0, 1, (frames, 17, 2))
    return np.concatenate([points, rng.uniform(0.2, 1, (frames, 17, 1))], -1).astype(np.float32)


def custom(path, videos):
    tree = {name: {"custom": [points]} for name, points in videos.items()}
    sizes = {name: {"w": 1280, "h": 720} for name in videos}
    return write_2d(path, tree, joints="coco17", video_metadata=sizes)


def test_videos_without_poses_become_a_store_to_predict_from(tmp_path):
    videos = {"kick.mp4": coco_video(), "clips/jump": coco_video(9, 1)}
    report = convert(custom(tmp_path / "2d.npz", videos), tmp_path / "out.h5", fps=25.0)
    assert "no 3D" in report
    with ClipStore(tmp_path / "out.h5") as store:
        assert store.info.sources == {"detected": "coco17"}
        assert store.info.skeleton == "h36m17"
        names = [(k.subject, k.sequence, k.action, k.camera, k.fps) for k in store.keys]
        assert names == [
            ("clips_jump", "custom", "custom", "cam0", 25.0),
            ("kick.mp4", "custom", "custom", "cam0", 25.0),
        ]
        key = store.keys[1]
        np.testing.assert_array_equal(store.keypoints(key, "detected"), videos["kick.mp4"])
        assert store.pose(key) is None
        camera = store.camera(key)
        assert camera.size.tolist() == [1280, 720]
        assert camera.principal.tolist() == [640, 360]
        assert camera.focal.tolist() == [1280, 1280]
        # Upright and level: what is up in the world is up in the image, where y points down; and to
        # see is not to mirror.
        level = torch.tensor([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]).double()
        torch.testing.assert_close(camera.rotation, level)


def test_cameras_that_tell_only_the_image_size_do_for_predicting(tmp_path):
    tree = {"anna": {"walk": [coco_video(), coco_video(FRAMES, 1)]}}
    cameras = {"fps": 30, "cameras": {"a": {"resolution": [640, 480]}, "b": RIG["right"]}}
    convert(
        write_2d(tmp_path / "2d.npz", tree, joints="coco17"),
        tmp_path / "out.h5",
        cameras=write_cameras(tmp_path / "cameras.json", cameras),
    )
    with ClipStore(tmp_path / "out.h5") as store:
        first, second = (store.camera(key) for key in store.keys)
    assert first.size.tolist() == [640, 480]
    assert first.focal.tolist() == [640, 640]
    assert second.focal.tolist() == RIG["right"]["focal"]
    # (p2, p1), as the suite keeps them.
    assert second.tangential.tolist() == [0.0027, -0.0016]
    assert second.tangential_gain == 1


def test_humaneva_is_read_with_its_names_and_its_chunks(tmp_path):
    poses = {
        f"{part}/S1": {
            "Walking 1 chunk0": person("S1", "Walking", 5, "humaneva15"),
            "Walking 1 chunk2": person("S1", "Walking 1", 6, "humaneva15"),
        }
        for part in ("Train", "Validate")
    }
    tree = filmed(poses)
    unlabeled = tree["Train/S1"]["Walking 1 chunk0"]
    tree["Unlabeled/S4"] = {"Box 1": [unlabeled[0], None]}
    report = convert(
        write_2d(tmp_path / "2d.npz", tree, joints="humaneva15"),
        tmp_path / "out.h5",
        poses=write_3d(tmp_path / "3d.npz", poses),
        # One person's cameras serve all parts of the dataset.
        cameras=write_cameras(tmp_path / "c.json", {"fps": 60, "subjects": {"S1": RIG, "S4": RIG}}),
    )
    assert "Unlabeled_S4 Box 1" in report
    with ClipStore(tmp_path / "out.h5") as store:
        assert store.info.skeleton == store.info.sources["detected"] == "humaneva15"
        assert {k.subject for k in store.keys} == {"Train_S1", "Validate_S1", "Unlabeled_S4"}
        assert {k.action for k in store.keys} == {"Walking", "Box"}
        labelled = [k for k in store.keys if k.subject == "Train_S1"]
        assert [k.sequence for k in labelled] == [
            *2 * ["Walking 1 chunk0"],
            *2 * ["Walking 1 chunk2"],
        ]
        assert all(store.pose(k) is not None for k in labelled)
        (box,) = (k for k in store.keys if k.subject == "Unlabeled_S4")
        assert box.camera == "left"
        assert store.pose(box) is None
        assert not store.has(box, "gt")


@pytest.mark.parametrize(
    ("sequence", "action"),
    [
        ("Walking 1 chunk12", "Walking"),
        ("Walking chunk0", "Walking"),
        ("walk the dog 2", "walk the dog"),
        ("SittingDown", "SittingDown"),
        ("custom", "custom"),
        ("3", "3"),
        ("chunk0", "chunk0"),
    ],
)
def test_takes_and_chunks_of_an_action_are_one_action(tmp_path, sequence, action):
    tree = {"anna": {sequence: [coco_video()]}}
    path = write_2d(
        tmp_path / "2d.npz", tree, joints="coco17", video_metadata={"anna": {"w": 640, "h": 480}}
    )
    convert(path, tmp_path / "out.h5", fps=50.0)
    with ClipStore(tmp_path / "out.h5") as store:
        assert [(k.sequence, k.action) for k in store.keys] == [(sequence, action)]


def test_keypoints_that_run_on_after_the_poses_are_cut(files, tmp_path):
    tree = filmed(people())
    # Frames that are cut away may be without a person.
    tree["ben"]["walk"] = [
        np.concatenate([view, np.full((3, 17, 2), np.nan, np.float32)])
        for view in tree["ben"]["walk"]
    ]
    write_2d(files["keypoints"], tree)
    convert(**files, out=tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        key = next(k for k in store.keys if k.subject == "ben")
        assert key.frames == len(store.pose(key)) == 9
        expected = filmed(people())["ben"]["walk"][0]
        np.testing.assert_array_equal(store.keypoints(key, "detected")[..., :2], expected)


def test_missing_joints_are_interpolated_over_time_one_by_one(tmp_path):
    points = coco_video()
    holes = points.copy()
    nose, knee, hip = (skeleton("coco17").index(j) for j in ("nose", "left_knee", "right_hip"))
    holes[3:6, nose] = np.nan
    holes[:2, knee, 0] = np.nan  # one coordinate is enough
    holes[10:, knee] = np.inf
    holes[8, hip, 2] = np.nan
    path = custom(tmp_path / "2d.npz", {"kick": holes})
    report = convert(path, tmp_path / "out.h5", missing="interpolate", fps=25.0)
    assert "8 of 204 keypoints" in report
    with ClipStore(tmp_path / "out.h5") as store:
        filled = store.keypoints(store.keys[0], "detected")
    seen = np.isfinite(holes).all(-1)
    np.testing.assert_array_equal(filled[seen], points[seen])
    assert (filled[~seen][:, 2] == 0).all()
    assert seen.size - seen.sum() == 8
    frames = np.arange(FRAMES)
    for joint in (nose, knee, hip):
        known = seen[:, joint]
        line = interp1d(
            frames[known],
            points[known, joint, :2].astype(np.float64),
            axis=0,
            bounds_error=False,
            # The edges are repeated.
            fill_value=(points[known, joint, :2][0], points[known, joint, :2][-1]),
        )
        np.testing.assert_allclose(filled[:, joint, :2], line(frames), rtol=1e-6)
    np.testing.assert_allclose(filled[4, nose, :2], points[[2, 6], nose, :2].mean(0), rtol=1e-6)


def test_frames_without_anyone_are_interpolated(tmp_path):
    points = coco_video()
    holes = points.copy()
    holes[[0, 5]] = np.nan
    path = custom(tmp_path / "2d.npz", {"kick": holes[..., :2]})
    convert(path, tmp_path / "out.h5", missing="interpolate", fps=25.0)
    with ClipStore(tmp_path / "out.h5") as store:
        filled = store.keypoints(store.keys[0], "detected")
    np.testing.assert_array_equal(filled[0, :, :2], points[1, :, :2])
    np.testing.assert_allclose(filled[5, :, :2], points[[4, 6], :, :2].mean(0), rtol=1e-6)
    assert filled[..., 2].tolist() == [17 * [0.0 if t in (0, 5) else 1.0] for t in range(FRAMES)]


@pytest.fixture
def three_videos(tmp_path):
    videos = {name: coco_video(5, seed) for seed, name in enumerate(("ada", "bob", "cleo"))}
    convert(custom(tmp_path / "2d.npz", videos), tmp_path / "out.h5", fps=25.0)
    return str(tmp_path / "out.h5"), videos


def test_who_is_not_named_for_training_or_selection_is_tested_on(three_videos):
    store, _ = three_videos
    everyone = CustomPoses(store=store)
    everyone.setup("predict")
    assert everyone.subjects["test"] == ["ada", "bob", "cleo"]
    rest = CustomPoses(store=store, train_subjects=["bob"], val_subjects=["cleo"])
    rest.setup("fit")
    rest.setup("test")
    assert {k.subject for k in rest.bank("test").keys} == {"ada"}
    assert {k.subject for k in rest.bank("train").keys} == {"bob"}
    named = CustomPoses(store=store, train_subjects=["bob"], test_subjects=["bob"])
    named.setup("test")
    assert {k.subject for k in named.bank("test").keys} == {"bob"}


@pytest.mark.parametrize("causal", [False, True])
def test_a_clip_shorter_than_the_receptive_field_repeats_its_edges(three_videos, causal):
    store, videos = three_videos
    data = CustomPoses(
        store=store, keypoint_skeleton="coco17", receptive_field=27, causal=causal, test_chunk=1
    )
    data.setup("predict")
    bank = data.bank("test")
    batch = bank.batch(bank.rows)
    assert batch["keypoints"].shape == (15, 27, 17, 2)
    left = 26 if causal else 13
    padded = np.pad(videos["bob"], ((left, 26 - left), (0, 0), (0, 0)), mode="edge")
    for frame in range(5):
        window = batch["keypoints"][5 + frame]
        np.testing.assert_array_equal(window, padded[frame : frame + 27, :, :2])
    assert "pose" not in batch


@pytest.mark.parametrize("joints", SYMMETRY)
@pytest.mark.parametrize("order", [1, -1])
def test_each_joint_set_of_videopose3d_is_told_by_its_name(tmp_path, joints, order):
    tree = {"anna": {"walk": [np.zeros((2, len(skeleton(joints)), 2), np.float32)]}}
    sides = [list(side)[::order] for side in SYMMETRY[joints]]
    path = write_2d(tmp_path / "2d.npz", tree, joints=joints, keypoints_symmetry=sides)
    assert read_keypoints(path).joints.name == joints


@pytest.mark.parametrize("told", [{"layout_name": None}, {"layout_name": "mine"}])
def test_the_option_names_the_joint_set_where_the_file_does_not(tmp_path, told):
    tree = {"anna": {"walk": [coco_video()]}}
    path = write_2d(tmp_path / "2d.npz", tree, joints="coco17", **told)
    assert read_keypoints(path, "coco17").joints.name == "coco17"


@pytest.mark.slow(reason="reads all of Human3.6M")
@pytest.mark.real
def test_real_human36m_is_converted_as_by_its_own_converter(real_data, tmp_path):
    three, two = (
        load_npz(real_data / "h36m" / f"data_{name}.npz")
        for name in ("3d_h36m", "2d_h36m_sh_pt_mpii")
    )
    takes = {"S9": ["Walking", "Photo 1"], "S1": ["Eating"]}
    seventeen = skeleton("h36m32").indices(skeleton("h36m17").joints)
    world = {
        s: {n: np.array(three["positions_3d"][s][n])[:150] for n in names}
        for s, names in takes.items()
    }
    small = {s: {n: pose[:, seventeen] for n, pose in t.items()} for s, t in world.items()}
    seen = {s: {n: two["positions_2d"][s][n] for n in names} for s, names in takes.items()}
    seen = {
        s: {n: [np.array(v[:152]) for v in views] for n, views in t.items()}
        for s, t in seen.items()
    }
    keypoints = write_2d(tmp_path / "2d.npz", seen, joints="mpii16")
    rigs = {}
    for subject in takes:
        rigs[subject] = {name: written(h36m_camera(subject, name)) for name in CAMERAS}
    convert(
        keypoints,
        tmp_path / "mine.h5",
        poses=write_3d(tmp_path / "small.npz", small),
        cameras=write_cameras(tmp_path / "c.json", {"fps": 50, "subjects": rigs}),
        source="sh",
    )
    convert_h36m(write_3d(tmp_path / "3d.npz", world), {"sh": keypoints}, tmp_path / "theirs.h5")
    with ClipStore(tmp_path / "mine.h5") as mine, ClipStore(tmp_path / "theirs.h5") as theirs:
        assert mine.keys == theirs.keys
        assert mine.info.sources == theirs.info.sources
        for key in mine.keys:
            np.testing.assert_allclose(mine.pose(key), theirs.pose(key), atol=0.01)
            for source in ("gt", "sh"):
                a, b = mine.keypoints(key, source), theirs.keypoints(key, source)
                np.testing.assert_allclose(a, b, atol=0.01)


def written(camera):
    """A camera as the cameras file wants it."""
    x, y, z, w = Rotation.from_matrix(camera.rotation.numpy().T).as_quat()
    p2, p1 = camera.tangential.tolist()
    return {
        "resolution": camera.size.tolist(),
        "focal": camera.focal.tolist(),
        "principal": camera.principal.tolist(),
        "radial": camera.radial.tolist(),
        "tangential": {"p1": p1, "p2": p2},
        "lens": "h36m",
        "orientation": [w, x, y, z],
        "translation": (camera.position / 1000).tolist(),
    }


def test_made_cameras_see_the_people_in_the_image():
    for name, camera in RIG.items():
        for pose in people()["anna"].values():
            pixels = see(pose, camera)
            assert (pixels > 0).all(), name
            assert (pixels < camera["resolution"]).all(), name
