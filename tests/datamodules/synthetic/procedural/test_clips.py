"""The synthetic Human3.6M: human motion, and a store in agreement with it."""

import time

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from datamodules.store.clips import ClipStore
from datamodules.synthetic.procedural import clips as synthetic
from datamodules.synthetic.procedural.body import LIMITS, SIDES, SKELETON
from datamodules.synthetic.procedural.clips import SEQUENCES, SUBJECTS, generate_sequence
from lifting.cameras import camera_to_world, project, world_to_camera
from lifting.errors import InputError
from lifting.skeletons import convert

pytestmark = pytest.mark.slow(reason="generates the synthetic human", shapes=True)

FRAMES, FPS = 200, 50


@pytest.fixture(scope="module")
def poses():
    return {
        (subject, sequence): generate_sequence(0, subject, sequence, FRAMES).astype(np.float64)
        for subject in SUBJECTS
        for sequence in SEQUENCES
    }


@pytest.fixture(scope="module")
def every(poses):
    return np.stack(list(poses.values()))


@pytest.fixture(scope="module")
def walks():
    return [
        generate_sequence(1, subject, "Walking", 400)[50:].astype(np.float64)
        for subject in SUBJECTS
    ]


@pytest.fixture(scope="module")
def store_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("synthetic") / "store.h5"
    synthetic.write_store(path, seed=3, frames_per_sequence=24, subjects=("S9", "S1"))
    return path


def joint(pose, name):
    return pose[..., SKELETON.index(name), :]


def angle_between(a, b):
    cosine = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def heading(pose):
    """Horizontal direction the pelvis faces."""
    left = joint(pose, "left_hip") - joint(pose, "right_hip")
    forward = np.cross(left, [0, 0, 1.0])
    return forward / np.linalg.norm(forward, axis=-1, keepdims=True)


def ahead(pose, name):
    """How far a joint is before the pelvis."""
    return ((joint(pose, name) - joint(pose, "pelvis")) * heading(pose)).sum(-1)


def hinge_twist(pose, side, upper, middle, end, parent, bends):
    """Twist of a limb about itself, degrees inward, from positions alone."""
    x, y, z = parent
    frame = np.stack([x, y, z], -2)
    bone = joint(pose, f"{side}_{middle}") - joint(pose, f"{side}_{upper}")
    tip = joint(pose, f"{side}_{end}") - joint(pose, f"{side}_{middle}")
    bone, tip = (np.einsum("tij,tj->ti", frame, v) for v in (bone, tip))
    bone /= np.linalg.norm(bone, axis=-1, keepdims=True)
    across = np.cross([0, 0, -1.0], bone)
    sine = np.linalg.norm(across, axis=-1, keepdims=True)
    turn = np.arctan2(sine[:, 0], -bone[:, 2])[:, None]
    untwisted = Rotation.from_rotvec(across / np.maximum(sine, 1e-12) * turn).inv().apply(tip)
    twist = np.degrees(np.arctan2(bends * untwisted[:, 1], bends * untwisted[:, 0]))
    return -twist if side == "left" else twist


def pelvis_axes(pose):
    """Axes of the pelvis as far as positions tell: those of the hips and of the lower back."""
    y = joint(pose, "left_hip") - joint(pose, "right_hip")
    y = y / np.linalg.norm(y, axis=-1, keepdims=True)
    up = joint(pose, "spine") - joint(pose, "pelvis")
    x = np.cross(y, up)
    x = x / np.linalg.norm(x, axis=-1, keepdims=True)
    return x, y, np.cross(x, y)


def test_every_sequence_is_finite_and_float32():
    pose = generate_sequence(0, "S1", "Eating", 30)
    assert pose.dtype == np.float32
    assert pose.shape == (30, 17, 3)


def test_every_action_of_every_subject_is_finite_and_no_two_are_alike(poses, every):
    assert np.isfinite(every).all()
    assert len({pose.tobytes() for pose in poses.values()}) == len(SUBJECTS) * 30
    for subject in SUBJECTS:
        for action in synthetic.ACTIONS:
            gap = poses[subject, action] - poses[subject, f"{action} 1"]
            assert np.linalg.norm(gap, axis=-1).mean() > 50


def test_bone_lengths_are_those_of_the_subject_in_every_frame(poses):
    parents, children = (list(ends) for ends in zip(*SKELETON.bones, strict=True))
    lengths = []
    for subject in SUBJECTS:
        pose = np.stack([poses[subject, sequence] for sequence in SEQUENCES])
        bones = np.linalg.norm(pose[..., children, :] - pose[..., parents, :], axis=-1)
        # What float32 leaves of coordinates of metres.
        assert np.ptp(bones, axis=(0, 1)).max() < 1.5e-3
        lengths.append(bones[0, 0])
    assert np.ptp(lengths, axis=0).min() > 3


@pytest.mark.parametrize("side", SIDES)
def test_knees_and_elbows_bend_within_their_ranges(every, side):
    for names, top in ((("hip", "knee", "ankle"), 155), (("shoulder", "elbow", "wrist"), 150)):
        a, b, c = (joint(every, f"{side}_{name}") for name in names)
        flexion = angle_between(b - a, c - b)
        assert flexion.max() <= top + 0.1
        assert flexion.min() < 30
        assert flexion.max() > 100


@pytest.mark.parametrize("side", SIDES)
def test_knees_bend_backward_only(every, side):
    pose = every.reshape(-1, 17, 3)[::3]
    twist = hinge_twist(pose, side, "hip", "knee", "ankle", pelvis_axes(pose), -1)
    low, high = LIMITS[f"{side}_hip_rotation"]
    # The lower back bends a little against the pelvis.
    assert np.quantile(twist, 0.0005) > low - 15
    assert np.quantile(twist, 0.9995) < high + 15
    assert abs(np.median(twist)) < 25


def test_nothing_sinks_into_the_floor_and_nothing_floats(poses):
    for (_, sequence), pose in poses.items():
        lowest = pose[..., 2].min(-1)
        assert lowest.min() > 20
        if not sequence.startswith("WalkDog"):  # which runs
            assert lowest.max() < 160, sequence


def test_people_stay_in_the_room(every):
    assert np.abs(every[..., :2]).max() < 2700
    assert np.abs(joint(every, "pelvis")[..., :2]).max() < 2000


def test_speeds_and_accelerations_are_those_of_people(every):
    speed = np.linalg.norm(np.diff(every, axis=1), axis=-1) * FPS / 1000
    assert speed.max() < 8
    assert 0.15 < speed.mean() < 0.8
    acceleration = np.linalg.norm(np.diff(every, 2, axis=1), axis=-1) * FPS**2 / 1000
    assert acceleration.max() < 250
    assert np.quantile(acceleration, 0.99) < 30


def test_stance_feet_do_not_slide_in_walking(walks):
    for pose in walks:
        for side in SIDES:
            ankle = joint(pose, f"{side}_ankle")
            low = ankle[:, 2] < ankle[:, 2].min() + 2
            planted = low[1:] & low[:-1]
            speed = np.linalg.norm(np.diff(ankle[:, :2], axis=0), axis=-1) * FPS
            assert 0.2 < planted.mean() < 0.75
            assert np.quantile(speed[planted], 0.95) < 60
            assert speed[~planted].mean() > 1000


def test_walking_covers_ground_at_a_walk(walks):
    for pose in walks:
        way = np.linalg.norm(np.diff(joint(pose, "pelvis")[:, :2], axis=0), axis=-1) * FPS
        assert 500 < np.median(way) < 1500
        # People walk the way they face.
        step = np.diff(joint(pose, "pelvis"), axis=0)
        step[:, 2] = 0
        moving = np.linalg.norm(step, axis=-1) > 8
        assert np.median(angle_between(step[moving], heading(pose)[1:][moving])) < 15


def test_walking_arms_swing_against_the_legs(walks):
    for pose in walks:
        for side, other in zip(SIDES, SIDES[::-1], strict=True):
            wrist = ahead(pose, f"{side}_wrist")
            assert np.corrcoef(wrist, ahead(pose, f"{other}_ankle"))[0, 1] > 0.5
            assert np.corrcoef(wrist, ahead(pose, f"{side}_ankle"))[0, 1] < -0.5


def test_heights_of_the_pelvis_tell_the_actions_apart(poses):
    def height(action):
        return np.concatenate(
            [joint(poses[s, f"{action}{n}"], "pelvis")[:, 2] for s in SUBJECTS for n in ("", " 1")]
        )

    assert 450 < np.median(height("Sitting")) < 700
    assert np.median(height("SittingDown")) < 400
    assert np.quantile(height("Walking"), 0.01) > 750


def test_heads_are_mostly_up_and_faces_look_forward(poses):
    for action in ("Walking", "Waiting", "Sitting", "Phoning"):
        for subject in SUBJECTS:
            pose = poses[subject, action]
            up = joint(pose, "head") - joint(pose, "thorax")
            assert np.median(angle_between(up, np.array([0, 0, 1.0]))) < 45
            assert np.median(ahead(pose, "face") - ahead(pose, "thorax")) > 20


def test_a_sequence_depends_on_its_names_and_the_seed_alone():
    first = generate_sequence(0, "S7", "Photo 1", 60)
    np.random.seed(5)
    generate_sequence(0, "S1", "Walking", 50)
    np.testing.assert_array_equal(generate_sequence(0, "S7", "Photo 1", 60), first)
    assert np.abs(generate_sequence(1, "S7", "Photo 1", 60) - first).mean() > 50


def test_a_subject_is_the_same_in_every_process():
    assert synthetic.draw_body(0, "S1").thigh == pytest.approx(450.8059489)


@pytest.mark.parametrize("frames", [1, 2, 3, 27])
def test_short_sequences_have_the_length_asked_for(frames):
    assert generate_sequence(0, "S1", "Walking", frames).shape == (frames, 17, 3)


def test_generation_is_fast():
    generate_sequence(0, "S1", "Walking", 480)
    start = time.perf_counter()
    for sequence in SEQUENCES:
        generate_sequence(2, "S1", sequence, 480)
    # 100,000 poses in 10 s would be 1.4 s for these; ten times that on a crowded machine.
    assert time.perf_counter() - start < 14


def test_unknown_names_are_refused_by_name():
    with pytest.raises(InputError, match=r"S2.*S1, S5"):
        generate_sequence(0, "S2", "Walking", 10)
    with pytest.raises(InputError, match="Dancing"):
        generate_sequence(0, "S1", "Dancing", 10)
    with pytest.raises(InputError, match="0 frames"):
        generate_sequence(0, "S1", "Walking", 0)


def test_people_are_wholly_inside_every_image(poses):
    for subject in SUBJECTS:
        world = np.concatenate([poses[subject, sequence] for sequence in SEQUENCES])
        for camera in synthetic.draw_cameras(0, subject).values():
            image = project(world_to_camera(torch.from_numpy(world), camera), camera)
            assert image.min() > 0
            assert image.max() < 1000
            height = image[..., 1].amax(-1) - image[..., 1].amin(-1)
            assert 250 < height.median() < 650


def test_cameras_stand_in_four_corners_and_look_down_at_the_middle():
    for subject in SUBJECTS:
        cameras = synthetic.draw_cameras(0, subject)
        assert len({tuple(c.position[:2].sign().tolist()) for c in cameras.values()}) == 4
        for camera in cameras.values():
            rotation = camera.rotation.numpy()
            np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
            assert np.linalg.det(rotation) == pytest.approx(1)
            assert 4500 < camera.position[:2].norm() < 5600
            assert 0.15 < -np.arcsin(rotation[2, 2]) < 0.25
            middle = project(
                world_to_camera(torch.tensor([[0.0, 0.0, 700.0]], dtype=torch.float64), camera),
                camera,
            )
            assert (middle - 500).abs().max() < 100


def test_store_holds_every_sequence_seen_by_four_cameras(store_path):
    with ClipStore(store_path) as store:
        assert {k.subject for k in store.keys} == {"S1", "S9"}
        assert len(store.keys) == 2 * 30 * 4
        assert {k.sequence for k in store.keys} == set(SEQUENCES)
        assert all(k.action == k.sequence.removesuffix(" 1") for k in store.keys)
        assert {(k.frames, k.fps) for k in store.keys} == {(24, 50.0)}
        assert store.info.skeleton == "h36m17"
        assert store.info.sources == {"gt": "h36m17", "detector": "h36m17", "sh": "mpii16"}


def test_store_holds_the_poses_that_are_generated_alone(store_path):
    with ClipStore(store_path) as store:
        for key in store.keys[::37]:
            pose = torch.from_numpy(store.pose(key)).double()
            world = camera_to_world(pose, store.camera(key)).numpy()
            alone = generate_sequence(3, key.subject, key.sequence, 24)
            np.testing.assert_allclose(world, alone, atol=1e-2)


def test_true_keypoints_are_the_projected_pose(store_path):
    with ClipStore(store_path) as store:
        for key in store.keys[::11]:
            pose = torch.from_numpy(store.pose(key)).double()
            keypoints = store.keypoints(key, "gt")
            image = project(pose, store.camera(key)).numpy()
            np.testing.assert_allclose(keypoints[..., :2], image, atol=1e-3)
            assert (keypoints[..., 2] == 1).all()


def test_mpii_detections_are_the_detections_converted(store_path):
    with ClipStore(store_path) as store:
        seen = torch.from_numpy(store.keypoints(store.keys[0], "detector")[..., :2])
        mpii = store.keypoints(store.keys[0], "sh")
        np.testing.assert_allclose(mpii[..., :2], convert(seen, "h36m17", "mpii16"), atol=1e-3)
        assert mpii[..., 2].min() >= 0


def test_a_store_that_fails_leaves_nothing_behind(tmp_path):
    with pytest.raises(InputError, match="S3"):
        synthetic.write_store(tmp_path / "store.h5", frames_per_sequence=5, subjects=("S3",))
    assert not list(tmp_path.iterdir())
