"""The turn after which those who stand are upright, on people whose camera is known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lifting.skeletons import skeleton
from lifting.viz.level import level_turn, tilt

H36M = skeleton("h36m17")
# Of somebody who stands: millimetres, y down, from the pelvis.
STANDING = {
    "hip": (120, 0, 0),
    "knee": (125, 440, -10),
    "ankle": (130, 880, 20),
    "shoulder": (170, -490, 0),
}
# Of somebody on a chair, and of somebody on the floor.
SITTING = STANDING | {"knee": (125, 20, -440), "ankle": (130, 450, -430)}
LYING = {limb: (x, z, y) for limb, (x, y, z) in STANDING.items()}


def people(posture, count=30, angles=(0, 0)):
    """Poses that tremble by a centimetre, seen by a camera that is pitched and rolled."""
    poses = np.random.default_rng(0).normal(size=(count, 17, 3)) * 10
    for limb, (x, y, z) in posture.items():
        poses[:, H36M.index(f"left_{limb}")] += (x, y, z)
        poses[:, H36M.index(f"right_{limb}")] += (-x, y, z)
    return (
        Rotation.from_euler("xz", angles, degrees=True)
        .apply(poses.reshape(-1, 3))
        .reshape(poses.shape)
    )


@pytest.mark.parametrize("angles", [(25, 0), (-20, 10), (0, -30), (30, 20)])
def test_who_stands_before_a_tilted_camera_is_upright(angles):
    turn = level_turn([(people(STANDING, angles=angles), H36M)])
    camera = Rotation.from_euler("xz", angles, degrees=True)
    up = np.array([0.0, -1.0, 0.0])
    # The smallest of all rotations that do it: it does not turn people about the vertical.
    expected, _ = Rotation.align_vectors([up], [camera.apply(up)])
    assert np.degrees((Rotation.from_matrix(turn) * expected.inv()).magnitude()) < 3
    assert np.linalg.det(turn) == pytest.approx(1)
    assert tilt(turn) == pytest.approx(np.degrees(expected.magnitude()), abs=3)


def test_most_of_the_poses_tell():
    """Who leans for a while, is upside down, or is not known on some frames, changes little."""
    upright = people(STANDING, 40, (20, 0))
    leaning = people(STANDING, 9, (20, 40))
    unknown = np.full((9, 17, 3), np.nan)
    handstand = -people(STANDING, 5, (20, 0))
    turn = level_turn([(np.concatenate([upright, leaning, unknown, handstand]), H36M)])
    expected = Rotation.from_euler("x", -20, degrees=True)
    assert np.degrees((Rotation.from_matrix(turn) * expected.inv()).magnitude()) < 5


@pytest.mark.parametrize(
    ("posture", "count", "angles"),
    [
        (STANDING, 30, (4, 3)),
        (STANDING, 9, (25, 0)),
        (SITTING, 30, (25, 0)),
        (LYING, 30, (0, 0)),
        (STANDING, 30, (180, 0)),
    ],
    ids=["level", "few", "sitting", "lying", "upside down"],
)
def test_what_does_not_tell_how_the_camera_stands_leaves_people_as_they_are(posture, count, angles):
    turn = level_turn([(people(posture, count, angles), H36M)])
    np.testing.assert_array_equal(turn, np.eye(3))


def test_joint_sets_without_legs_tell_nothing():
    poses = np.zeros((30, 15, 3))
    without = type(H36M)("none", tuple(map(str, range(15))), (-1, *range(14)))
    np.testing.assert_array_equal(level_turn([(poses, without)]), np.eye(3))
    # They are left out, and others told by.
    both = [(poses, without), (people(STANDING, 12, (25, 0)), H36M)]
    assert tilt(level_turn(both)) == pytest.approx(25, abs=3)
    np.testing.assert_array_equal(level_turn([]), np.eye(3))
