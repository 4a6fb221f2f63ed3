"""The published bone ratios: as sums, as a body, and against Human3.6M itself."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from datamodules.h36m.raw import read_sequences
from lifting.errors import InputError
from lifting.skeletons import skeleton
from lifting.skeletons.bone_ratios import BONE_RATIOS, published_bone_ratios

H36M17 = skeleton("h36m17")

# The table as published: bone by bone as index pairs of a listing of joints, then Human3.6M's ratios.
LINKS_JOINTS = [
    *("pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("spine", "thorax", "face", "head", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_shoulder", "right_elbow", "right_wrist"),
]
LINKS_H36M = {
    **{(0, 1): 0.5180581, (1, 2): 1.73711136, (2, 3): 1.72285805},
    **{(0, 4): 0.5180552, (4, 5): 1.73710543, (5, 6): 1.72285651},
    **{(0, 7): 0.92087518, (7, 8): 0.98792375, (8, 9): 0.44812302, (9, 10): 0.44502545},
    **{(8, 11): 0.57462, (11, 12): 1.08121276, (12, 13): 0.9651687},
    **{(8, 14): 0.57461556, (14, 15): 1.08122523, (15, 16): 0.9651657},
}


def by_bone(name):
    """Return the ratios by the names at both ends of a bone."""
    ratios = published_bone_ratios(name).tolist()
    ends = [(H36M17.joints[p], H36M17.joints[c]) for p, c in H36M17.bones]
    return dict(zip(ends, ratios, strict=True))


def test_each_ratio_stands_at_the_bone_it_was_published_for():
    mine = by_bone("h36m")
    assert len(mine) == 16
    for (parent, child), ratio in LINKS_H36M.items():
        assert mine[LINKS_JOINTS[parent], LINKS_JOINTS[child]] == ratio


@pytest.mark.parametrize("name", BONE_RATIOS)
def test_ratios_are_of_the_mean_bone(name):
    assert published_bone_ratios(name).sum().item() == pytest.approx(16, abs=1e-6)


@pytest.mark.parametrize("name", BONE_RATIOS)
def test_left_and_right_agree_within_two_percent(name):
    ratios = by_bone(name)
    sides = [bone for bone in ratios if bone[1].startswith("left_")]
    assert len(sides) == 6
    for bone in sides:
        twin = tuple(joint.replace("left_", "right_") for joint in bone)
        assert ratios[bone] == pytest.approx(ratios[twin], rel=0.02)


def test_the_sets_differ_from_each_other():
    values = [published_bone_ratios(name) for name in BONE_RATIOS]
    assert all(not torch.equal(a, b) for a, b in pairwise(values))
    # MPI-INF-3DHP measures the head from the base of the skull to its top: half as long a neck.
    h36m, mpi = by_bone("h36m"), by_bone("mpi_inf_3dhp")
    assert h36m["thorax", "face"] == pytest.approx(h36m["face", "head"], rel=0.01)
    assert mpi["face", "head"] == pytest.approx(2 * mpi["thorax", "face"], rel=0.01)


def test_unknown_names_and_joint_sets_are_refused():
    with pytest.raises(InputError, match=r"no bone ratios 'coco'; known are h36m, mpi_inf_3dhp,"):
        published_bone_ratios("coco")
    with pytest.raises(InputError, match="not of 'h36m16'"):
        published_bone_ratios("h36m", "h36m16")


@pytest.mark.real
@pytest.mark.slow(reason="reads all of Human3.6M")
def test_human36m_has_the_published_ratios(real_data):
    parents, children = (list(ends) for ends in zip(*H36M17.bones, strict=True))
    ratios = []
    for sequence in read_sequences(real_data / "h36m" / "data_3d_h36m.npz"):
        if sequence.subject in ("S1", "S5", "S6", "S7", "S8"):
            pose = sequence.world[::64]
            bones = np.linalg.norm(pose[:, children] - pose[:, parents], axis=-1)
            ratios.append(bones / bones.mean(-1, keepdims=True))
    measured = np.concatenate(ratios).mean(0)
    difference = measured / published_bone_ratios("h36m").numpy() - 1
    # The published ones were measured on other frames of the same people.
    assert np.abs(difference).max() < 0.01
