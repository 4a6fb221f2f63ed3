"""CMU Panoptic becomes a clip store of five views, and lifters are trained on it."""

import json
import math
from collections import defaultdict

import numpy as np
import pytest

from datamodules import Panoptic, PanopticPoses
from datamodules.panoptic.cameras import HD_CAMERAS
from datamodules.panoptic.convert import convert
from datamodules.store.clips import ClipStore
from lifting.cli.training import run
from lifting.skeletons import skeleton
from tests.datamodules.made_panoptic import (
    camera,
    in_camera,
    joints_of,
    opencv,
    person,
    write,
)
from tests.test_experiments import EXPERIMENTS, configs

pytestmark = pytest.mark.slow(reason="converts datasets", shapes=True)


def clips_of(path):
    """Of every clip the key, frame numbers, poses and keypoints."""
    with ClipStore(path) as store:
        return [
            (key, store.frames(key).tolist(), store.pose(key), store.keypoints(key, "gt"))
            for key in store.keys
        ]


def test_each_view_is_the_projection_by_the_calibration_of_its_own_sequence(tmp_path):
    raw, out = tmp_path / "raw", tmp_path / "out.h5"
    focals = {"171204_pose1": 1400.0, "170407_haggling_a1": 1200.0}
    for name, focal in focals.items():
        write(raw, {5: [person(3)], 6: [person(3, x=4)]}, sequence=name, focal=focal)
    convert(raw, out, every=1)
    clips = clips_of(out)
    assert {(k.subject, k.sequence, k.action, k.camera) for k, *_ in clips} == {
        (name, "3 00000005", action, view)
        for name, action in zip(focals, ("pose", "haggling"), strict=True)
        for view in HD_CAMERAS
    }
    for key, frames, pose, keypoints in clips:
        content = camera(HD_CAMERAS.index(key.camera), focals[key.subject])
        assert frames == [5, 6]
        for body, of_pose, of_keypoints in zip(
            (person(), person(x=4)), pose, keypoints, strict=True
        ):
            joints = joints_of(body)
            np.testing.assert_allclose(of_pose, 10 * in_camera(joints, content), atol=1e-3)
            np.testing.assert_allclose(of_keypoints[:, :2], opencv(joints, content), atol=1e-3)
            assert (of_keypoints[:, 2] == 1).all()
    with ClipStore(out) as store:
        assert store.info.skeleton == "panoptic19"
        assert store.info.origin.endswith("up to 200 px out of the image")
        assert store.info.sources == {"gt": "panoptic19"}
        assert set(store.info.inputs) == {
            *(f"calibration_{name}.json" for name in focals),
            *(f"{name}/hdPose3d_stage1_coco19" for name in focals),
        }
        assert store.camera(store.keys[0]).size.tolist() == [1920, 1080]


def test_other_poses_have_another_digest(tmp_path):
    digests = []
    for number, x in enumerate((0, 1, 1)):
        write(tmp_path / str(number), {0: [person(x=x)]})
        convert(tmp_path / str(number), tmp_path / "out.h5")
        with ClipStore(tmp_path / "out.h5") as store:
            digests.append(store.digest)
    assert digests[0] != digests[1] == digests[2]


def test_every_third_frame_is_taken_and_gaps_part_clips(tmp_path):
    # Everybody stands where the frame says; 109 is missing, nobody was there in 115.
    scenes = {n: [person(x=n - 110)] for n in range(100, 125) if n != 109}
    scenes[115] = []
    convert(write(tmp_path, scenes), tmp_path / "out.h5")
    clips = clips_of(tmp_path / "out.h5")
    numbers = {"0 00000100": [100, 103, 106], "0 00000112": [112], "0 00000118": [118, 121, 124]}
    assert len(clips) == 5 * len(numbers)
    for key, frames, pose, _ in clips:
        recorded = numbers[key.sequence]
        assert frames == [n // 3 for n in recorded]
        assert key.fps == pytest.approx(9.99)
        content = camera(HD_CAMERAS.index(key.camera))
        for n, of_pose in zip(recorded, pose, strict=True):
            joints = joints_of(person(x=n - 110))
            np.testing.assert_allclose(of_pose, 10 * in_camera(joints, content), atol=1e-3)


def test_people_are_followed_by_their_number_and_not_by_their_place_in_the_file(tmp_path):
    here, there = {"x": -40}, {"x": 40}
    scenes = {
        0: [person(4, **here), person(9, **there)],
        1: [person(9, **there), person(4, **here)],
        2: [person(4, **here), person(4, **there)],
        3: [person(9, **there)],
    }
    report = convert(write(tmp_path, scenes), tmp_path / "out.h5", every=1)
    assert "two people of one number (2)" in report
    found = defaultdict(list)
    for key, frames, pose, _ in clips_of(tmp_path / "out.h5"):
        place = here if key.sequence.startswith("4 ") else there
        wanted = 10 * in_camera(joints_of(person(**place)), camera(HD_CAMERAS.index(key.camera)))
        np.testing.assert_allclose(pose, np.broadcast_to(wanted, pose.shape), atol=1e-3)
        found[key.sequence].append(frames)
    assert found == {
        "4 00000000": [[0, 1]] * 5,
        "9 00000000": [[0, 1]] * 5,
        "9 00000003": [[3]] * 5,
    }


def test_missing_joints_and_long_bones_are_left_out(tmp_path):
    # Joint 2, the pelvis, is the root; in centimetres as L2D-Pose has them.
    parents = [2, 0, None, 0, 3, 4, 2, 6, 7, 0, 9, 10, 2, 12, 13, 1, 15, 1, 17]
    longest = {0: 80, 1: 50, 3: 40, 4: 50, 5: 45, 6: 30, 7: 65, 8: 60, 15: 20, 16: 25}
    body = joints_of(person())[:, :3]
    scenes, wanted = {}, []
    for joint, length in longest.items():
        # What hangs on the joint goes with it, so that this bone alone changes.
        chain = [joint]
        for other in (*range(19), *range(19)):
            if parents[other] in chain and other not in chain:
                chain.append(other)
        for more in (-0.5, 0.5):
            step = body[parents[joint]] + (length + more, 0, 0) - body[joint]
            wanted += [2 * len(scenes)] * (more < 0)
            scenes[2 * len(scenes)] = [person(moved={j: body[j] + step for j in chain})]
    scenes[901] = [person(missing=[14])]
    report = convert(write(tmp_path, scenes), tmp_path / "out.h5", every=1, margin=1e4)
    clips = clips_of(tmp_path / "out.h5")
    assert {n for _, frames, *_ in clips for n in frames} == set(wanted)
    assert f"a bone is too long ({len(longest)}), a joint is missing (1)" in report


@pytest.mark.parametrize("margin", [0.0, 50.0, 200.0])
def test_a_view_has_those_who_reach_at_most_the_margin_out_of_it(tmp_path, margin):
    places = [(x, z) for x in range(-500, 501, 50) for z in (-600, -350, -100, 0, 150)]
    scenes = {n: [person(x=x, z=z)] for n, (x, z) in enumerate(places)}
    report = convert(write(tmp_path, scenes), tmp_path / "out.h5", every=1, margin=margin)
    found = {(k.camera, n) for k, frames, *_ in clips_of(tmp_path / "out.h5") for n in frames}
    wanted = set()
    for number, view in enumerate(HD_CAMERAS):
        for frame, (body,) in scenes.items():
            joints, content = joints_of(body), camera(number)
            pixels = opencv(joints, content)
            inside = (pixels >= -margin) & (pixels <= np.array([1920, 1080]) + margin)
            if inside.all() and (in_camera(joints, content)[:, 2] > 0).all():
                wanted.add((view, frame))
    assert found == wanted
    assert 20 < len(wanted) < 5 * len(scenes)
    assert f"too far out of the image ({5 * len(scenes) - len(wanted)})" in report


def test_whom_the_lens_folds_back_into_the_image_is_not_there(tmp_path):
    lens = (-0.3, 0, 0, 0, 0)
    aside = person(x=680)
    joints, content = joints_of(aside), camera(0, lens=lens)
    assert (in_camera(joints, content)[:, 2] > 0).all()
    assert (np.abs(opencv(joints, content) - (960, 540)) < (1160, 740)).all()
    convert(write(tmp_path, {0: [aside], 1: [person()]}, lens=lens), tmp_path / "out.h5", every=1)
    seen = [frames for k, frames, *_ in clips_of(tmp_path / "out.h5") if k.camera == HD_CAMERAS[0]]
    assert seen == [[1]]


def test_short_runs_are_left_out_on_demand(tmp_path):
    scenes = {n: [person()] for n in (0, 1, 2, 4, 5)}
    report = convert(write(tmp_path, scenes), tmp_path / "out.h5", every=1, shortest=3)
    assert {tuple(frames) for _, frames, *_ in clips_of(tmp_path / "out.h5")} == {(0, 1, 2)}
    assert "in a run that is too short (10)" in report


def test_without_eyes_and_ears_nobody_is_left_out_for_one(tmp_path):
    write(tmp_path, {0: [person(missing=[16])], 1: [person()]})
    convert(tmp_path, tmp_path / "19.h5", every=1)
    convert(tmp_path, tmp_path / "15.h5", every=1, joints="panoptic15")
    assert [frames for _, frames, *_ in clips_of(tmp_path / "19.h5")] == [[1]] * 5
    for key, frames, pose, _ in clips_of(tmp_path / "15.h5"):
        content = camera(HD_CAMERAS.index(key.camera))
        wanted = 10 * in_camera(joints_of(person())[:15], content)
        assert frames == [0, 1]
        np.testing.assert_allclose(pose, np.stack([wanted, wanted]), atol=1e-3)


# One sequence for each split, and another.
SEQUENCES = ("171204_pose1", "170407_haggling_a1", "171026_pose2", "171026_pose3")
SPLIT = {
    "train_subjects": SEQUENCES[:2],
    "val_subjects": SEQUENCES[2:3],
    "test_subjects": SEQUENCES[3:],
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("panoptic")
    for shift, name in enumerate(SEQUENCES):
        scenes = {n: [person(x=n + shift), person(1, x=-n, z=60)] for n in range(12)}
        write(folder / "raw", scenes, sequence=name)
    report = convert(folder / "raw", folder / "out.h5")
    assert "missing of the published split: 171204_pose2, " in report
    assert not any(name in report.split("missing of")[1] for name in SEQUENCES)
    return str(folder / "out.h5")


def test_lifters_get_the_joints_of_detectors_and_whole_windows(store):
    data = PanopticPoses(store=store, receptive_field=3, **SPLIT)
    data.setup("fit")
    data.setup("test")
    keypoints, pose = data.training_frames()
    assert keypoints.shape == (2 * 2 * 4 * 5, 15, 2)
    assert pose.shape == (2 * 2 * 4 * 5, 15, 3)
    assert (data.keypoint_skeleton, data.pose_skeleton) == ("panoptic15", "panoptic15")
    assert {name for name, _, _ in data.clip_names("test")} == {"171026_pose3"}
    assert data.actions == ["haggling", "pose"]


def test_the_joints_of_human36m_are_derived_from_the_nineteen(store):
    joints = {"keypoint_skeleton": "h36m17", "pose_skeleton": "h36m17"}
    data, as_stored = PanopticPoses(store=store, **joints, **SPLIT), PanopticPoses(store, **SPLIT)
    data.setup("fit")
    as_stored.setup("fit")
    (keypoints, pose), (_, fifteen) = data.training_frames(), as_stored.training_frames()
    assert keypoints.shape[1:] == (17, 2)
    mine, theirs = skeleton("h36m17"), skeleton("panoptic15")
    for joint in ("pelvis", "left_knee", "right_wrist", "thorax"):
        one, other = pose[:, mine.index(joint)], fifteen[:, theirs.index(joint)]
        assert (one == other).all()


def test_a_lifter_saw_nothing_that_detectors_are_selected_or_tested_on():
    lifts, detects = PanopticPoses().subjects, Panoptic().subjects
    assert lifts["val"] == detects["val"]
    assert set(lifts["train"]) > set(detects["train"])
    assert not set(lifts["train"]) & {*detects["val"], *detects["test"], *lifts["test"]}
    assert set(lifts["test"]) > set(detects["test"])
    assert (len(lifts["train"]), len(lifts["test"])) == (16, 5)


@pytest.mark.slow(reason="trains and tests")
def test_a_lifter_trains_and_tests_on_the_joints_of_panoptic(store, tmp_path):
    names = ("base", "data/panoptic_gt", "supervised/simple_baseline", "debug")
    split = [f"--data.{name}=[{','.join(subjects)}]" for name, subjects in SPLIT.items()]
    run(
        [
            *("fit", *configs(*(EXPERIMENTS / f"{name}.yaml" for name in names))),
            *("--run", str(tmp_path / "sb"), "--data.store", store, "--data.batch_size", "16"),
            *("--model.skeleton", "panoptic15", "--model.keypoint_skeleton", "panoptic15"),
            *("--model.width", "16", "--trainer.accelerator", "cpu", *split),
            *("--trainer.max_epochs", "1", "--trainer.enable_progress_bar", "false"),
            *("--trainer.detect_anomaly=false", "--pictures", "false"),
        ]
    )
    cli = run(["test", "--run", str(tmp_path / "sb")])
    assert all(math.isfinite(v) for v in cli.trainer.callback_metrics.values())


@pytest.mark.real
def test_the_real_band_is_where_its_calibration_says(real_data, tmp_path):
    raw = real_data / "samples/panoptic_body3d"
    report = convert(raw, tmp_path / "out.h5", every=1)
    # An ankle, and a whole leg, of two of the three people of the first recording were not found.
    assert "a joint is missing (4)" in report
    clips = clips_of(tmp_path / "out.h5")
    people = {(k.subject, k.sequence) for k, *_ in clips}
    assert people == {
        ("160906_band1", "1 00000168"),
        *(("160906_band2", f"{number} 00000139") for number in range(3)),
    }
    for key, frames, pose, keypoints in clips:
        number, place = key.sequence.split()[0], raw / key.subject
        listed = json.loads((place / f"calibration_{key.subject}.json").read_text())["cameras"]
        content = next(c for c in listed if c["name"] == key.camera)
        for n, of_pose, of_keypoints in zip(frames, pose, keypoints, strict=True):
            scene = place / f"hdPose3d_stage1_coco19/body3DScene_{n:08}.json"
            bodies = json.loads(scene.read_text())["bodies"]
            joints = joints_of(next(b for b in bodies if str(b["id"]) == number))
            np.testing.assert_allclose(of_pose, 10 * in_camera(joints, content), atol=1e-2)
            np.testing.assert_allclose(of_keypoints[:, :2], opencv(joints, content), atol=1e-2)
            assert 1000 < of_pose[:, 2].min() < of_pose[:, 2].max() < 6000
