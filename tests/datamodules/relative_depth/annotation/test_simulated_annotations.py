"""Annotations simulated from poses, against the poses read another way."""

import json
import math
from collections import Counter

import numpy as np
import pytest
import torch

from datamodules.lsp.convert import convert
from datamodules.relative_depth.annotation.simulated_annotations import simulate
from datamodules.relative_depth.annotation_file import (
    Attribution,
    read_attribution,
    read_relative_depth,
    write_relative_depth,
)
from datamodules.relative_depth.labels import DepthLabels
from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo
from datamodules.synthetic.procedural import clips as synthetic_clips
from lifting.cameras import camera_to_world, nominal_camera
from lifting.errors import InputError
from lifting.skeletons import skeleton

LSP = skeleton("lsp14").joints
H36M = skeleton("h36m17").joints
# What the two sets call the same joint.
SAME = {"neck": "thorax", "head_top": "head"}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Three people in three sequences, four cameras, twelve frames."""
    path = tmp_path_factory.mktemp("simulated") / "human.h5"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic_clips, "SEQUENCES", ("Walking", "Sitting", "Greeting"))
        synthetic_clips.write_store(str(path), 0, 12, ("S1", "S9", "S11"))
    return path


@pytest.fixture(scope="module")
def truth(store):
    """For each frame of the store pose and pixels by joint, and the camera."""
    with ClipStore(store) as content:
        found = {}
        for key in content.keys:
            pose, points = content.pose(key), content.keypoints(key, "gt")
            of = [H36M.index(SAME.get(joint, joint)) for joint in LSP]
            for row in range(key.frames):
                name = f"{key.subject}_{key.sequence}_{key.camera}_{row}"
                found[name] = pose[row, of].astype(float), points[row, of], content.camera(key)
    return found


def people(draws, frames):
    """Poses with bones of a human's length, four metres away."""
    poses = draws.normal(0, 150, (frames, 14, 3))
    poses[..., 2] += 4000
    return poses.astype(np.float32)


def small_store(path, subjects, frames=(4,), pose=True, confidence=None):
    """A store of people who stand on the spot, one sequence for each length."""
    draws = np.random.default_rng(0)
    info = StoreInfo("lsp14", {"gt": "lsp14"}, "made up", "none")
    with ClipWriter(path, info) as writer:
        for subject in subjects:
            writer.add_camera(subject, "front", nominal_camera(100.0, 120.0))
            for number, count in enumerate(frames):
                poses = people(draws, count)
                points = draws.uniform(0, 100, (count, 14, 3)).astype(np.float32)
                points[..., 2] = 1 if confidence is None else confidence
                key = ClipKey(subject, f"walk{number}", "walk", "front", 25.0, count)
                writer.add(key, {"gt": points}, poses if pose else None)
    return path


def test_labels_without_noise_are_the_order_of_depth(store, truth):
    made = simulate(store, 100, DepthLabels(5))
    assert len(made.annotated) == 100
    for image in made.annotated:
        pose, points, _ = truth[image.name]
        np.testing.assert_allclose(image.keypoints, points[:, :2], rtol=1e-6)
        np.testing.assert_allclose(made.depth[image.name], pose[:, 2], rtol=1e-6)
        assert not image.occluded.any()
        assert len({(a.first, a.second) for a in image.annotations}) == 5
        for a in image.annotations:
            # Label 1 says that the second joint is closer.
            assert a.label == (pose[a.second, 2] < pose[a.first, 2])
            assert (a.prob, a.risk) == (1, 0)


def test_crowd_is_wrong_as_often_as_its_risk_says(store, truth):
    made = simulate(store, 200, DepthLabels("all", noise="crowd"))
    wrong, expected = [], []
    for image in made.annotated:
        depth = truth[image.name][0][:, 2]
        for a in image.annotations:
            gap = depth[a.first] - depth[a.second]
            assert a.risk == pytest.approx(max(0, 0.5 - abs(gap) / 800), abs=1e-5)
            assert a.prob == pytest.approx(1 - a.risk)
            wrong.append(a.label != (gap > 0))
            expected.append(a.risk)
    deviation = math.sqrt(sum(r * (1 - r) for r in expected))
    assert abs(sum(wrong) - sum(expected)) < 4 * deviation
    assert sum(wrong) > 500


def test_halves_are_of_different_people_and_spread_evenly_over_clips_and_time(store):
    made = simulate(store, 61, DepthLabels())
    halves = {train: [i for i in made.annotated if i.train is train] for train in (True, False)}
    assert {train: len(images) for train, images in halves.items()} == {True: 31, False: 30}
    people = {t: {i.name.split("_")[0] for i in images} for t, images in halves.items()}
    assert people == {True: {"S1", "S9"}, False: {"S11"}}
    for train, clips, times in ((True, 24, {1, 2}), (False, 12, {2, 3})):
        counts = Counter(i.name.rpartition("_")[0] for i in halves[train])
        assert len(counts) == clips
        assert set(counts.values()) == times
    # Twelve frames: the middle of the whole, of each half, or of each third.
    rows = Counter(i.name.rpartition("_")[2] for i in made.annotated)
    once, twice, thrice = 17, 7 + 6, 6
    assert rows == {"6": once + thrice, "3": twice, "9": twice, "2": thrice, "10": thrice}


def test_few_images_are_of_clips_from_first_to_last(store):
    names = [i.name for i in simulate(store, 12, DepthLabels()).annotated]
    assert Counter(name.split("_")[0] for name in names) == {"S1": 3, "S9": 3, "S11": 6}
    assert {name.split("_")[1] for name in names} == {"Walking", "Sitting", "Greeting"}


def test_short_clips_leave_more_to_long_ones(tmp_path):
    path = small_store(tmp_path / "a.h5", ["anna", "bert"], frames=(2, 2, 9))
    images = simulate(path, 18, DepthLabels()).annotated
    counts = Counter(i.name.rpartition("_")[0] for i in images if i.train)
    assert counts == {"anna_walk0_front": 2, "anna_walk1_front": 2, "anna_walk2_front": 5}


def test_one_person_is_parted_by_recording(tmp_path):
    path = small_store(tmp_path / "a.h5", ["anna"], frames=(4, 4, 4))
    images = simulate(path, 6, DepthLabels()).annotated
    parts = {i.train: {j.name.split("_")[1] for j in images if j.train is i.train} for i in images}
    assert parts == {True: {"walk0", "walk1"}, False: {"walk2"}}


def test_nobody_is_asked_about_a_joint_without_a_keypoint(tmp_path):
    confidence = np.ones(14)
    confidence[:7] = 0
    path = small_store(tmp_path / "a.h5", ["anna", "bert"], confidence=confidence)
    for image in simulate(path, 8, DepthLabels("all")).annotated:
        np.testing.assert_array_equal(image.occluded, confidence == 0)
        assert len(image.annotations) == 7 * 6 / 2
        assert min(min(a.first, a.second) for a in image.annotations) == 7


def test_level_depth_decides_where_it_is_asked_for(store, truth):
    made = simulate(store, 40, DepthLabels("all"), frame="level")
    camera = simulate(store, 40, DepthLabels("all"))
    different = 0
    for image, other in zip(made.annotated, camera.annotated, strict=True):
        pose, _, seen = truth[image.name]
        # Poses in the world, seen by a camera that has turned about the vertical alone.
        world = camera_to_world(torch.from_numpy(pose), seen).numpy()
        ahead = seen.rotation.numpy()[2]
        yaw = math.atan2(ahead[1], ahead[0])
        depth = world[:, 0] * math.cos(yaw) + world[:, 1] * math.sin(yaw)
        for a, b in zip(image.annotations, other.annotations, strict=True):
            assert a.label == (depth[a.second] < depth[a.first])
            different += a.label != b.label
    assert different > 20


def test_same_seed_same_file_and_another_seed_other_pairs(store):
    def said(seed):
        made = simulate(store, 40, DepthLabels(3, noise="crowd", seed=seed))
        return [image.annotations for image in made.annotated]

    assert said(1) == said(1)
    assert said(1) != said(2)


def test_a_store_is_made_of_it_that_says_where_it_is_from(store, tmp_path):
    made = simulate(store, 20, DepthLabels(3))
    path = tmp_path / "depth.json"
    write_relative_depth(path, made.annotated, made.attribution)
    report = convert(path, tmp_path / "lsp.h5")
    with ClipStore(tmp_path / "lsp.h5") as content, ClipStore(store) as source:
        assert content.info.origin == f"{source.info.origin}; relative depth simulated"
        assert content.info.licence == source.info.licence
        assert Counter(k.subject for k in content.keys) == {"train": 10, "test": 10}
        by_name = {k.sequence: content.keypoints(k, "gt")[0] for k in content.keys}
    for image in read_relative_depth(path):
        np.testing.assert_allclose(by_name[image.name][:, :2], image.keypoints, rtol=1e-6)
    assert "Sports Pose" not in report
    assert "of 2,000 images" not in report


def test_provenance_is_whole_or_absent(tmp_path):
    path = tmp_path / "a.json"
    images = simulate(small_store(tmp_path / "a.h5", ["a", "b"]), 4, DepthLabels()).annotated
    write_relative_depth(path, images)
    assert read_attribution(path) is None
    write_relative_depth(path, images, Attribution("here", "free"))
    assert read_attribution(path) == Attribution("here", "free")
    content = json.loads(path.read_text())
    for change, message in (({"licence": 3}, "'licence' is 3"), ({"origin": None}, "'origin'")):
        path.write_text(json.dumps(content | change))
        with pytest.raises(InputError, match=message):
            convert(path, tmp_path / "b.h5")
    del content["licence"]
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="has no 'licence'"):
        read_attribution(path)


def test_what_cannot_be_simulated_is_refused(store, tmp_path):
    flat = small_store(tmp_path / "flat.h5", ["anna", "bert"], pose=False)
    alone = small_store(tmp_path / "alone.h5", ["anna"])
    short = small_store(tmp_path / "short.h5", ["anna", "bert"])
    for source, count, frame, message in (
        (store, 1, "camera", "--images is 1: give at least 2"),
        (store, 10, "world", "--frame is 'world': choose one of camera, level"),
        (flat, 4, "camera", r"flat\.h5: 'anna_walk0_front_1' has no pose"),
        (alone, 4, "camera", r"alone\.h5: has one recording only"),
        (short, 10, "camera", r"4 frames in one of the halves, of which --images asks for 5"),
        (tmp_path / "gone.h5", 4, "camera", "no such file"),
    ):
        with pytest.raises(InputError, match=message):
            simulate(source, count, DepthLabels(), frame)


def test_a_camera_that_looks_straight_down_has_no_level_depth(tmp_path):
    info = StoreInfo("lsp14", {"gt": "lsp14"}, "made up", "none")
    camera = nominal_camera(100.0, 120.0)
    camera.rotation = torch.tensor([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]], dtype=torch.float64)
    draws = np.random.default_rng(0)
    with ClipWriter(tmp_path / "a.h5", info) as writer:
        for subject in ("anna", "bert"):
            writer.add_camera(subject, "top", camera)
            key = ClipKey(subject, "walk", "walk", "top", 25.0, 2)
            writer.add(key, {"gt": np.ones((2, 14, 3), np.float32)}, people(draws, 2))
    assert simulate(tmp_path / "a.h5", 2, DepthLabels()).annotated
    with pytest.raises(InputError, match="looks straight up or down"):
        simulate(tmp_path / "a.h5", 2, DepthLabels(), "level")
