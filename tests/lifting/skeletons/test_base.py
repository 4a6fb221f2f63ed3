"""Tests of every joint set, and of joints that one lacks."""

import subprocess
import sys

import pytest
import torch

from lifting.errors import InputError
from lifting.geometry import mirror
from lifting.skeletons import SKELETONS, skeleton
from tests.lifting.skeletons.published_sets import COUNTS

EVERY = pytest.mark.parametrize("name", SKELETONS)


@EVERY
def test_bones_form_one_tree_that_hangs_from_the_root(name):
    joints = skeleton(name)
    assert len(joints.bones) == len(joints) - 1
    assert joints.parents[joints.root] == -1
    for joint in range(len(joints)):
        steps = 0
        while joint != joints.root:
            joint, steps = joints.parents[joint], steps + 1
            assert steps < len(joints)


@EVERY
def test_limbs_of_both_sides_hang_alike(name):
    joints = skeleton(name)
    for parent, child in joints.bones:
        assert joints.parents[joints.mirror[child]] == joints.mirror[parent]


@EVERY
def test_mirroring_twice_is_identity(name):
    pose = torch.randn(3, COUNTS[name], 3)
    once = mirror(pose, skeleton(name).mirror)
    assert not torch.equal(once, pose)
    assert torch.equal(mirror(once, skeleton(name).mirror), pose)


def test_joints_are_found_by_name():
    assert skeleton("h36m17").indices(["head", "pelvis", "left_wrist"]) == [10, 0, 13]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: skeleton("h36m18"), ["h36m18", "h36m17", "coco17"]),
        (lambda: skeleton("h36m17").index("nose"), ["h36m17", "nose", "pelvis"]),
        (lambda: skeleton("h36m17").part("hands"), ["h36m17", "hands", "legs", "torso"]),
        (lambda: skeleton("lsp14").part("legs"), ["lsp14", "legs", "none"]),
    ],
)
def test_what_is_not_there_is_named_with_what_is(ask, words):
    with pytest.raises(InputError) as caught:
        ask()
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("first", ["lifting.skeletons.joint_sets", "lifting.skeletons"])
@pytest.mark.slow(reason="starts Python anew", shapes=True)
def test_the_two_modules_import_in_either_order(first):
    subprocess.run([sys.executable, "-c", f"import {first}"], check=True, timeout=120)
