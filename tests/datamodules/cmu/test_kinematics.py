"""Chains of rotations, against closed forms and products taken one by one."""

import numpy as np
import pytest

from datamodules.cmu.kinematics import euler_matrices, positions_along, rotations_along
from tests.datamodules.made_motion import turn


@pytest.mark.parametrize("axes", ["", "X", "ZY", "ZYX", "XYZ", "YXZ"])
def test_euler_angles_multiply_in_the_order_of_their_axes(axes):
    angles = np.random.default_rng(0).uniform(-3, 3, (5, len(axes)))
    for matrix, row in zip(euler_matrices(angles, axes), angles, strict=True):
        expected = np.eye(3)
        for axis, angle in zip(axes, row, strict=True):
            expected = expected @ turn(axis, np.degrees(angle))
        np.testing.assert_allclose(matrix, expected, atol=1e-12)


def test_a_quarter_about_z_takes_x_to_y():
    quarter = euler_matrices(np.array([[np.pi / 2]]), "Z")[0]
    np.testing.assert_allclose(quarter @ [1, 0, 0], [0, 1, 0], atol=1e-12)


def test_chains_add_up_along_their_own_branch_only():
    parents = (-1, 0, 1, 0)
    local = np.stack([np.stack([turn("Z", a) for a in (10, 20, 30, 40)])] * 2)
    local[1] = np.stack([turn("X", a) for a in (1, 2, 3, 4)])
    world = rotations_along(parents, local)
    for joint, angle in enumerate((10, 30, 60, 50)):
        np.testing.assert_allclose(world[0, joint], turn("Z", angle), atol=1e-12)
        np.testing.assert_allclose(world[1, joint], turn("X", angle / 10), atol=1e-12)
    steps = np.array([[[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [5, 0, 0]]])
    expected = [[[1, 0, 0], [1, 1, 0], [1, 1, 1], [6, 0, 0]]]
    np.testing.assert_array_equal(positions_along(parents, steps), expected)
    assert steps[0, 1, 0] == 0
