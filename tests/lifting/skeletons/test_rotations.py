"""Rotations of bones, against SciPy's alignment of single poses."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lifting.skeletons.rotations import best_rotation, swing

RNG = np.random.default_rng(0)
BONE = RNG.normal(size=3)


def angle(rotation):
    """The angle of a rotation, from its trace."""
    return np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))


def test_swing_turns_a_bone_by_the_angle_between_and_no_more():
    to = RNG.normal(size=(20, 3))
    for rotation, end in zip(swing(BONE, to), to, strict=True):
        turned = rotation @ BONE / np.linalg.norm(BONE)
        np.testing.assert_allclose(turned, end / np.linalg.norm(end), atol=1e-12)
        between = np.arccos(BONE @ end / np.linalg.norm(BONE) / np.linalg.norm(end))
        assert angle(rotation) == pytest.approx(between, abs=1e-7)


@pytest.mark.parametrize("bone", [*np.eye(3), BONE])
def test_swing_by_half_a_turn_and_by_none_are_rotations(bone):
    half, none, lost = swing(bone, np.stack([-2 * bone, 3 * bone, 0 * bone]))
    np.testing.assert_allclose(half @ bone, -bone, atol=1e-12)
    np.testing.assert_allclose(half @ half.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(half) == pytest.approx(1)
    for rotation in (none, lost, swing(0 * bone, bone[None])[0]):
        np.testing.assert_allclose(rotation, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("bones", [2, 3, 5])
def test_best_rotation_is_that_of_scipy(bones):
    rest, to = RNG.normal(size=(bones, 3)), RNG.normal(size=(20, bones, 3))
    for rotation, ends in zip(best_rotation(rest, to), to, strict=True):
        wanted, _ = Rotation.align_vectors(ends, rest)
        np.testing.assert_allclose(rotation, wanted.as_matrix(), atol=1e-6)


def test_bones_on_a_line_are_turned_as_one_bone_is():
    rest, to = np.stack([BONE, -2 * BONE]), RNG.normal(size=(20, 3))
    found = best_rotation(rest, np.stack([to, -2 * to], 1))
    np.testing.assert_allclose(found, swing(BONE, to), atol=1e-5)
    np.testing.assert_allclose(best_rotation(rest, np.zeros((1, 2, 3)))[0], np.eye(3), atol=1e-12)
