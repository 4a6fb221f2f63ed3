import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lifting.errors import InputError
from lifting.metrics import keypoints
from lifting.metrics.pairs import KeypointPair
from lifting.metrics.registry.keypoints import KEYPOINTS
from lifting.skeletons import SKELETONS, skeleton
from tests.lifting.metrics.made_keypoints import (
    MPII_HEAD,
    MPII_TRUNK,
    lengths,
    people,
    per_joint,
)


def made(joints, **more):
    pred, _, target, visibility, box = people(joints, **more)
    return pred, target, visibility > 0, box


def errors_of(pred, target, labelled, box, joints):
    """Return every metric of single joints that a joint set has."""
    pair = KeypointPair(pred, target, labelled, box, joints)
    return {metric.name: metric(pair) for metric in KEYPOINTS if metric.suits(joints)}


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert np.isnan(expected).any()
    assert len(set(np.unique(expected[~np.isnan(expected)]))) > 1


def test_epe_is_the_distance_of_labelled_joints():
    pred, target, labelled, _ = made("coco17")
    same(keypoints.epe(pred, target, labelled), per_joint(pred, target, labelled))


# Left shoulder and right hip, by index.
@pytest.mark.parametrize(
    ("joints", "torso"),
    [("coco17", (5, 12)), ("mpii16", (13, 2)), ("h36m17", (11, 1)), ("panoptic15", (3, 12))],
)
def test_pdj_is_relative_to_the_torso_and_leaves_out_who_has_none(joints, torso):
    pred, target, labelled, _ = made(joints, count=60)
    limit = 0.2 * np.array(lengths(target, labelled, *torso))
    assert 0 < np.isnan(limit).sum() < 59
    found = keypoints.pdj(pred, target, labelled, skeleton(joints))
    same(found, per_joint(pred, target, labelled, limit))


def test_legacy_pdj_counts_joints_that_are_not_labelled_but_have_a_place():
    pred, target, labelled, _ = made("h36m17", count=60)
    target[0, 3] = torch.nan
    labelled[0, 3] = False
    everywhere = torch.ones_like(labelled)
    everywhere[0, 3] = False
    limit = 0.2 * np.array(lengths(target, labelled, 11, 1))
    found = keypoints.pdj(pred, target, labelled, skeleton("h36m17"), all_joints=True)
    same(found, per_joint(pred, target, everywhere, limit))


def test_pckh_is_relative_to_the_head_and_leaves_out_the_trunk():
    pred, target, labelled, _ = made("mpii16", count=60, noise=0.2)
    counted = labelled.clone()
    counted[:, MPII_TRUNK] = False
    limit = 0.5 * np.array(lengths(target, labelled, *MPII_HEAD))
    same(
        keypoints.pckh(pred, target, labelled, skeleton("mpii16")),
        per_joint(pred, target, counted, limit, inclusive=True),
    )


def test_pckh_without_a_head_is_refused_with_a_remedy():
    pred, target, labelled, _ = made("coco17")
    with pytest.raises(InputError, match=r"coco17: has no head .*; choose another"):
        keypoints.pckh(pred, target, labelled, skeleton("coco17"))


def test_pck_is_relative_to_the_larger_side_of_the_box():
    pred, target, labelled, box = made("coco17", noise=0.15)
    box[::2] = box[::2, [1, 0, 3, 2]]  # some are wider than high
    limit = [0.2 * max(r - x, b - y) for x, y, r, b in box.tolist()]
    same(
        keypoints.pck(pred, target, labelled, box),
        per_joint(pred, target, labelled, limit),
    )


def test_a_joint_exactly_at_the_limit_is_in_for_pckh_alone():
    """Distances of 5, a torso of 25, a head of 10 and a box of 25 are exact in floating point."""
    joints = skeleton("mpii16")
    target = torch.zeros(1, 16, 2, dtype=torch.float64)
    target[0, joints.index("left_shoulder"), 1] = 25.0
    target[0, joints.index("head_top"), 1] = 10.0
    labelled = torch.ones(1, 16, dtype=torch.bool)
    box = torch.tensor([[0.0, 0.0, 7.0, 25.0]], dtype=torch.float64)
    for step, inside in ((4.999, (100, 100, 100)), (5.0, (0, 100, 0)), (5.001, (0, 0, 0))):
        pred = target + torch.tensor([step, 0.0], dtype=torch.float64)
        values = (
            keypoints.pdj(pred, target, labelled, joints),
            keypoints.pckh(pred, target, labelled, joints),
            keypoints.pck(pred, target, labelled, box),
        )
        assert tuple(value[0, 0].item() for value in values) == inside


def test_a_joint_that_was_not_found_is_a_miss_and_not_left_out():
    pred, target, labelled, box = made("mpii16", count=60, noise=0.0)
    pred[:, 3:] = torch.nan
    errors = errors_of(pred, target, labelled, box, skeleton("mpii16"))
    for name, values in errors.items():
        known = ~values.isnan()[:, 3:]
        expected = math.inf if name == "epe" else 0.0
        assert (values[:, 3:][known] == expected).all()
        assert known.any()
        assert name == "pdj_all_joints" or not known[~labelled[:, 3:]].any()


def test_every_joint_set_has_a_torso_and_those_with_an_end_of_the_head_a_pckh():
    heads = {name: keypoints.head_segment(s) for name, s in SKELETONS.items()}
    assert heads == {
        "h36m17": ("head", "thorax"),
        "h36m16": ("head", "thorax"),
        "h36m32": ("head", "thorax"),
        "h36m19": ("head", "thorax"),
        "openpose17": None,
        "mpii16": ("head_top", "neck"),
        "lsp14": ("head_top", "neck"),
        "coco17": None,
        "panoptic15": None,
        "panoptic19": None,
        "mpi3dhp28": ("head_top", "neck_base"),
        "mpi3dhp17": ("head_top", "neck_base"),
        "mpi3dhp17_test": ("head_top", "neck_base"),
        "humaneva15": ("head", "thorax"),
        "openpose25": None,
        "openpose18": None,
        "halpe26": ("head_top", "neck_base"),
        "mediapipe33": None,
    }
    for joints in SKELETONS.values():
        pred, target, labelled, box = made(joints.name)
        found = errors_of(pred, target, labelled, box, joints)
        assert ("pckh" in found) == (heads[joints.name] is not None)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 20), st.floats(-1e3, 1e3), st.integers(0, 99))
def test_shares_do_not_depend_on_the_size_and_place_of_the_image(scale, shift, seed):
    pred, target, labelled, box = made("mpii16", seed=seed)
    joints = skeleton("mpii16")
    before = errors_of(pred, target, labelled, box, joints)
    moved = [scale * x + shift for x in (pred, target)]
    after = errors_of(*moved, labelled, scale * box + shift, joints)
    for name, values in before.items():
        expected = scale * values if name == "epe" else values
        np.testing.assert_allclose(after[name], expected, rtol=1e-6)
