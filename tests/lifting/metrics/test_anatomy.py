"""Anatomy of hand-made people, who bend each limb each way, however they are turned."""

import numpy as np
import pytest
import torch

from lifting.metrics.anatomy import (
    ARM,
    LEG,
    bent_wrongly,
    bone_variation,
    limb_asymmetry,
    segment_lengths,
)
from lifting.skeletons import SKELETONS, skeleton

H36M17 = skeleton("h36m17")
# Of somebody who faces the camera: x right, y down, z away, so forwards is -z and the left is at +x.
FORWARDS, BACKWARDS = (0, 0, -1), (0, 0, 1)
UP, DOWN = (0, -1, 0), (0, 1, 0)
OUTWARDS, INWARDS = "outwards", "inwards"
# Thigh or upper arm, then shank or forearm, and whether that cannot be.
KNEES = [
    (DOWN, DOWN, False),
    (DOWN, BACKWARDS, False),
    (DOWN, OUTWARDS, False),
    (DOWN, FORWARDS, True),
    (FORWARDS, DOWN, False),
    (FORWARDS, UP, True),
    (FORWARDS, INWARDS, False),
    (OUTWARDS, BACKWARDS, False),
    (OUTWARDS, FORWARDS, True),
]
ELBOWS = [
    (DOWN, DOWN, False),
    (DOWN, FORWARDS, False),
    (DOWN, INWARDS, False),
    (DOWN, BACKWARDS, True),
    (OUTWARDS, FORWARDS, False),
    (OUTWARDS, UP, False),
    (OUTWARDS, DOWN, False),
    (OUTWARDS, BACKWARDS, True),
    (FORWARDS, UP, False),
    (FORWARDS, DOWN, True),
]


def direction(named, side):
    if isinstance(named, str):
        return (
            np.array([1.0, 0, 0]) * (1 if side == "left" else -1) * (1 if named == OUTWARDS else -1)
        )
    return np.array(named, float)


def person(legs=(DOWN, DOWN), arms=(DOWN, DOWN)):
    """Somebody upright who faces the camera, with legs and arms in these two directions each."""
    at = {
        "pelvis": np.zeros(3),
        "spine": np.array([0, -250.0, 0]),
        "thorax": np.array([0, -500.0, 0]),
    }
    at |= {"face": np.array([0, -600.0, -30]), "head": np.array([0, -700.0, 0])}
    for side, x in (("left", 1), ("right", -1)):
        at[f"{side}_hip"] = np.array([130.0 * x, 0, 0])
        at[f"{side}_shoulder"] = np.array([150.0 * x, -480.0, 0])
        for (a, b, c), ways, lengths in ((LEG, legs, (450, 440)), (ARM, arms, (280, 250))):
            at[f"{side}_{b}"] = at[f"{side}_{a}"] + lengths[0] * direction(ways[0], side)
            at[f"{side}_{c}"] = at[f"{side}_{b}"] + lengths[1] * direction(ways[1], side)
    return torch.from_numpy(np.stack([at[joint] for joint in H36M17.joints]))


def turned(pose, count=8):
    """The same pose in other orientations, sizes and places."""
    draw = torch.Generator().manual_seed(0)
    matrices, _ = torch.linalg.qr(torch.randn(count, 3, 3, generator=draw, dtype=torch.float64))
    matrices = matrices * matrices.det().sign()[:, None, None]
    scale = torch.linspace(0.1, 3, count, dtype=torch.float64)[:, None, None]
    return scale * pose @ matrices + 1000 * torch.arange(count)[:, None, None]


@pytest.mark.parametrize(("upper", "lower", "wrong"), KNEES)
def test_knees_bend_backwards(upper, lower, wrong):
    poses = turned(person(legs=(upper, lower)))
    assert (bent_wrongly(poses, H36M17, LEG) == wrong).all()
    assert not bent_wrongly(poses, H36M17, ARM).any()


@pytest.mark.parametrize(("upper", "lower", "wrong"), ELBOWS)
def test_elbows_bend_forwards(upper, lower, wrong):
    poses = turned(person(arms=(upper, lower)))
    assert (bent_wrongly(poses, H36M17, ARM) == wrong).all()
    assert not bent_wrongly(poses, H36M17, LEG).any()


@pytest.mark.parametrize(("angle", "wrong"), [(15, False), (25, True), (60, True)])
def test_a_limb_that_is_nearly_straight_is_not_bent(angle, wrong):
    lower = (0, np.cos(np.radians(angle)), -np.sin(np.radians(angle)))
    assert bent_wrongly(person(legs=(DOWN, lower))[None], H36M17, LEG).tolist() == [[wrong, wrong]]


@pytest.mark.parametrize(("angle", "wrong"), [(40, True), (50, False)])
def test_a_limb_that_is_turned_far_from_the_opposite_of_the_right_way_may_be(angle, wrong):
    lower = (np.sin(np.radians(angle)), 0, -np.cos(np.radians(angle)))
    assert bent_wrongly(person(legs=(DOWN, lower))[None], H36M17, LEG).tolist() == [[wrong, wrong]]


def test_one_side_counts_for_itself_and_a_missing_joint_for_nothing():
    pose = person()
    pose[H36M17.index("left_ankle")] = pose[H36M17.index("left_knee")] + torch.tensor(
        [0.0, 0, -440]
    )
    assert bent_wrongly(pose[None], H36M17, LEG).tolist() == [[1, 0]]
    pose[H36M17.index("left_ankle")] = torch.nan
    found = bent_wrongly(pose[None], H36M17, LEG)
    assert found[0].isnan().tolist() == [True, False]


def test_a_pose_mirrored_in_depth_has_its_knees_on_the_wrong_side():
    pose = person(legs=(FORWARDS, DOWN), arms=(DOWN, FORWARDS))
    mirrored = pose * torch.tensor([1.0, 1.0, -1.0])
    assert bent_wrongly(mirrored[None], H36M17, ARM).all()
    # Left and right exchanged, the mirrored world is one that may be.
    exchanged = mirrored[list(H36M17.mirror)]
    assert not bent_wrongly(exchanged[None], H36M17, ARM).any()


def test_a_thigh_along_the_trunk_tells_nothing():
    assert not bent_wrongly(person(legs=(UP, FORWARDS))[None], H36M17, LEG).any()


def test_asymmetry_is_the_mean_of_four_segments():
    pose = person()
    assert limb_asymmetry(turned(pose), H36M17).abs().max() < 1e-12
    # The left forearm is 250 mm long; 30 mm more are 30 over a mean of 265, of one segment in four.
    pose[H36M17.index("left_wrist"), 1] += 30
    found = limb_asymmetry(turned(pose), H36M17)
    torch.testing.assert_close(found, torch.full_like(found, 30 / 265 / 4))


def test_variation_is_that_of_each_segment_over_frames():
    poses = torch.stack([person(), person(), person()])
    wrist = H36M17.index("left_wrist")
    poses[:, wrist, 1] += torch.tensor([-10.0, 0, 10])
    found = bone_variation(poses, H36M17)
    # Deviations of -10, 0 and 10 mm, that of a sample, over 250 mm.
    expected = torch.tensor([0, 10 / 250, 0, 0, 0, 0, 0, 0], dtype=torch.float64)
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)
    assert bone_variation(poses[:1], H36M17).isnan().all()
    poses[1] = torch.nan
    assert bone_variation(poses, H36M17)[1] == pytest.approx(10 * 2**0.5 / 250)


@pytest.mark.parametrize("name", SKELETONS)
def test_every_joint_set_has_the_segments(name):
    joints = skeleton(name)
    pose = torch.randn(2, len(joints), 3)
    assert segment_lengths(pose, joints).shape == (2, 2, 4)
    assert bent_wrongly(pose, joints, LEG).isfinite().all()
