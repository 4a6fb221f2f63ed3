"""The body, against scipy's rotations and closed forms."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from datamodules.synthetic.procedural.body import (
    ANGLES,
    ARM,
    LEG,
    LIMITS,
    SIDES,
    SKELETON,
    Body,
    columns,
    forward_kinematics,
    limit,
    reach,
)

BODY = Body.draw(np.random.default_rng(1))
LOW, HIGH = np.radians(np.array(list(LIMITS.values()))).T


def joint(pose, name):
    return pose[..., SKELETON.index(name), :]


def random_pose(frames, seed=0):
    rng = np.random.default_rng(seed)
    angles = rng.uniform(LOW, HIGH, (frames, len(ANGLES)))
    pelvis = Rotation.random(frames, random_state=seed).as_matrix()
    position = rng.normal(0, 1000, (frames, 3))
    return position, pelvis, angles, forward_kinematics(BODY, position, pelvis, angles)


def test_bones_have_the_lengths_of_the_body_in_any_pose():
    *_, pose = random_pose(200)
    for side in SIDES:
        for parent, child, length in (
            ("pelvis", f"{side}_hip", BODY.hip),
            (f"{side}_hip", f"{side}_knee", BODY.thigh),
            (f"{side}_knee", f"{side}_ankle", BODY.shin),
            ("pelvis", "spine", BODY.spine),
            ("spine", "thorax", BODY.thorax),
            ("thorax", "face", BODY.face),
            ("face", "head", BODY.head),
            ("thorax", f"{side}_shoulder", BODY.shoulder),
            (f"{side}_shoulder", f"{side}_elbow", BODY.upper_arm),
            (f"{side}_elbow", f"{side}_wrist", BODY.forearm),
        ):
            bone = np.linalg.norm(joint(pose, child) - joint(pose, parent), axis=-1)
            np.testing.assert_allclose(bone, length, atol=1e-9)


def test_without_angles_the_body_stands_upright_with_hanging_limbs():
    upright = forward_kinematics(BODY, np.zeros((1, 3)), np.eye(3)[None], np.zeros((1, 22)))[0]
    np.testing.assert_allclose(joint(upright, "left_hip"), [0, BODY.hip, 0], atol=1e-9)
    np.testing.assert_allclose(
        joint(upright, "right_ankle"), [0, -BODY.hip, -BODY.thigh - BODY.shin], atol=1e-9
    )
    arm = joint(upright, "left_wrist") - joint(upright, "left_shoulder")
    np.testing.assert_allclose(arm, [0, 0, -BODY.upper_arm - BODY.forearm], atol=1e-9)
    assert joint(upright, "head")[2] > joint(upright, "face")[2] > joint(upright, "thorax")[2]
    assert joint(upright, "face")[0] > joint(upright, "thorax")[0] + 50
    np.testing.assert_allclose(upright[list(SKELETON.mirror)] * [1, -1, 1], upright, atol=1e-9)


@pytest.mark.parametrize("side", SIDES)
def test_legs_turn_as_scipy_says(side):
    _, pelvis, angles, pose = random_pose(50)
    sign = {"left": 1, "right": -1}[side]
    flexion, abduction, twist, knee = angles[:, columns(LEG, side)].T
    transverse = np.stack([sign * abduction, -flexion, np.zeros_like(flexion)], -1)
    swing = Rotation.from_rotvec(transverse)
    thigh = (
        Rotation.from_matrix(pelvis)
        * swing
        * Rotation.from_rotvec(np.outer(-sign * twist, [0, 0, 1]))
    )
    bone = thigh.apply([0, 0, -BODY.thigh])
    shin = (thigh * Rotation.from_rotvec(np.outer(knee, [0, 1, 0]))).apply([0, 0, -BODY.shin])
    hip, ankle = joint(pose, f"{side}_hip"), joint(pose, f"{side}_ankle")
    np.testing.assert_allclose(ankle - hip, bone + shin, atol=1e-9)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("limb", "names"), [("leg", LEG), ("arm", ARM)])
def test_reaching_brings_the_end_of_the_limb_to_the_target(side, limb, names):
    rng = np.random.default_rng(2)
    upper, lower = (BODY.thigh, BODY.shin) if limb == "leg" else (BODY.upper_arm, BODY.forearm)
    direction = rng.normal(size=(300, 3))
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    target = direction * rng.uniform(0.3, 0.99, (300, 1)) * (upper + lower)
    solved = reach(target, (upper, lower), side, rng.uniform(-1, 1, 300), limb)
    angles = np.zeros((300, len(ANGLES)))
    angles[:, columns(names, side)] = solved
    pose = forward_kinematics(BODY, np.zeros((300, 3)), np.tile(np.eye(3), (300, 1, 1)), angles)
    root, end = (
        (f"{side}_hip", f"{side}_ankle")
        if limb == "leg"
        else (
            f"{side}_shoulder",
            f"{side}_wrist",
        )
    )
    np.testing.assert_allclose(joint(pose, end) - joint(pose, root), target, atol=1e-6)
    assert (solved[:, 3] >= 0).all()


def test_a_target_out_of_reach_is_pointed_at():
    target = np.array([[3000.0, 500.0, -1000.0]])
    angles = np.zeros((1, len(ANGLES)))
    leg = reach(target, (BODY.thigh, BODY.shin), "left", 0.0, "leg")
    angles[:, columns(LEG, "left")] = leg
    pose = forward_kinematics(BODY, np.zeros((1, 3)), np.eye(3)[None], angles)
    way = joint(pose, "left_ankle") - joint(pose, "left_hip")
    assert 0.99 * BODY.leg < np.linalg.norm(way) < BODY.leg
    cosine = (way * target).sum() / np.linalg.norm(way) / np.linalg.norm(target)
    assert cosine > 1 - 1e-6


def test_limits_hold_for_any_angles():
    wild = np.random.default_rng(3).normal(0, 4, (1000, len(ANGLES)))
    limited = limit(wild)
    assert (limited >= LOW).all()
    assert (limited <= HIGH).all()


def test_limits_leave_ordinary_angles_alone_and_are_smooth():
    middle = (LOW + HIGH)[None] / 2
    np.testing.assert_allclose(limit(middle), middle, atol=1e-4)
    sweep = np.linspace(LOW - 0.3, HIGH + 0.3, 4000)
    slope = np.diff(limit(sweep), axis=0) / np.diff(sweep, axis=0)
    assert (slope >= -1e-9).all()
    assert slope.max() < 1 + 1e-6
    assert np.abs(np.diff(slope, axis=0)).max() < 0.1


def test_bodies_have_the_segment_ratios_of_winters_table():
    bodies = [Body.draw(np.random.default_rng(seed)) for seed in range(800)]
    # Winter's ratios to a mean stature of 1750 mm.
    for name, ratio in (("thigh", 0.245), ("shin", 0.246), ("forearm", 0.146), ("ankle", 0.039)):
        lengths = np.array([getattr(body, name) for body in bodies])
        assert lengths.mean() == pytest.approx(1750 * ratio, rel=0.01)
        assert 0.03 < lengths.std() / lengths.mean() < 0.07
    assert len(set(bodies)) == len(bodies)
