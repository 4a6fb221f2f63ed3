"""Joints that a set lacks, derived from others by the rules worked out by hand."""

import numpy as np
import pytest
import torch

from lifting.skeletons import DERIVED, convert, convert_confidence, skeleton
from tests.lifting.skeletons.published_sets import COUNTS, JOINTS


def test_coco_becomes_h36m_by_the_rules_worked_out_by_hand():
    coco = dict.fromkeys(JOINTS["coco17"].split(), (0.0, 0.0)) | {
        "nose": (108.0, 60.0),
        "left_eye": (112.0, 50.0),
        "right_eye": (104.0, 52.0),
        "left_ear": (120.0, 54.0),
        "right_ear": (96.0, 56.0),
        "left_shoulder": (130.0, 100.0),
        "right_shoulder": (70.0, 104.0),
        "left_hip": (120.0, 200.0),
        "right_hip": (80.0, 204.0),
        "left_wrist": (7.0, 9.0),
    }
    expected = {
        "pelvis": (100.0, 202.0),
        "spine": (100.0, 152.0),  # mean of shoulders and hips
        "thorax": (308 / 3, 88.0),  # (mid-shoulder = (100, 102)) + a third of (8, -42)
        "face": (106.0, 70.5),  # nose - (nose - mid-shoulder) / 4
        "head": (108.0, 46.0),  # half the sum of eyes and ears (216, 106) - nose
        "left_wrist": (7.0, 9.0),
        "right_hip": (80.0, 204.0),
    }
    pose = torch.tensor([coco[j] for j in JOINTS["coco17"].split()])[None]
    converted = convert(pose, "coco17", "h36m17")[0]
    for joint, place in expected.items():
        assert converted[skeleton("h36m17").index(joint)].tolist() == pytest.approx(place, abs=1e-4)


@pytest.mark.parametrize(
    ("src", "joint", "rule"),
    [
        ("mpii16", "thorax", {"neck": 1.0}),
        ("mpii16", "spine", {"pelvis": 0.5, "chest": 0.5}),
        ("mpii16", "face", {"neck": 2 / 3, "head_top": 1 / 3}),
        ("mpii16", "head", {"head_top": 1.0}),
        ("lsp14", "pelvis", {"left_hip": 0.5, "right_hip": 0.5}),
        (
            "lsp14",
            "spine",
            {"left_hip": 0.25, "right_hip": 0.25, "left_shoulder": 0.25, "right_shoulder": 0.25},
        ),
        ("h36m16", "face", {"thorax": 2 / 3, "head": 1 / 3}),
        ("humaneva15", "face", {"thorax": 2 / 3, "head": 1 / 3}),
    ],
)
def test_a_derived_joint_is_the_weighted_mean_of_its_rule(src, joint, rule):
    names, pose = skeleton(src).joints, np.random.default_rng(0).normal(size=(COUNTS[src], 3))
    expected = sum(weight * pose[names.index(name)] for name, weight in rule.items())
    got = convert(torch.from_numpy(pose), src, "h36m17")[skeleton("h36m17").index(joint)]
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-14)


# Seventeen places worked out by hand of a person whose points are where their number says: (i, i^2).
DETECTED = {
    # Pelvis and the joints that are there as they are; spine: half of 8 and of 1;
    # thorax: a third of 2, 5 and 0; face: three quarters of 0, an eighth of 2 and of 5; head: half the
    # sum of 15 to 18, less 0.
    "openpose25": (
        [8, 9, 10, 11, 12, 13, 14, 4.5, 7 / 3, 0.875, 33, 5, 6, 7, 2, 3, 4],
        [64, 81, 100, 121, 144, 169, 196, 32.5, 29 / 3, 3.625, 1094 / 2, 25, 36, 49, 4, 9, 16],
    ),
    # The pelvis is half of 8 and of 11.
    "openpose18": (
        [9.5, 8, 9, 10, 11, 12, 13, 5.25, 7 / 3, 0.875, 31, 5, 6, 7, 2, 3, 4],
        [92.5, 64, 81, 100, 121, 144, 169, 46.75, 29 / 3, 3.625, 966 / 2, 25, 36, 49, 4, 9, 16],
    ),
    # Head top, base of the neck and pelvis are there; spine: half of 19, a quarter of 5 and of 6; face:
    # three quarters of 0, an eighth of 5 and of 6.
    "halpe26": (
        [19, 12, 14, 16, 11, 13, 15, 12.25, 18, 1.375, 17, 5, 7, 9, 6, 8, 10],
        [361, 144, 196, 256, 121, 169, 225, 195.75, 324, 7.625, 289, 25, 49, 81, 36, 64, 100],
    ),
    # Pelvis: half of 23 and 24; spine: a quarter of 11, 12, 23 and 24; thorax: a third of 11, 12 and 0;
    # face: an eighth of 11 and of 12; head: half the sum of 2, 5, 7 and 8.
    "mediapipe33": (
        [23.5, 24, 26, 28, 23, 25, 27, 17.5, 23 / 3, 2.875, 11, 11, 13, 15, 12, 14, 16],
        [
            *[552.5, 576, 676, 784, 529, 625, 729, 342.5, 265 / 3, 33.125, 71],
            *[121, 169, 225, 144, 196, 256],
        ],
    ),
}


@pytest.mark.parametrize("src", DETECTED)
def test_points_of_a_detector_become_h36m_as_worked_out_by_hand(src):
    number = torch.arange(COUNTS[src], dtype=torch.float64)
    converted = convert(torch.stack([number, number**2], -1), src, "h36m17")
    expected = torch.tensor(DETECTED[src], dtype=torch.float64).T
    torch.testing.assert_close(converted, expected)


@pytest.mark.parametrize("rule", [rule for rules in DERIVED.values() for rule in rules])
def test_weights_of_every_rule_add_up_to_one(rule):
    assert sum(rule.values()) == pytest.approx(1)


def test_a_derived_joint_is_as_sure_as_its_least_sure_source():
    confidence = torch.rand(4, 17)
    names = JOINTS["coco17"].split()
    sources = {
        "pelvis": ["left_hip", "right_hip"],
        "head": ["nose", "left_eye", "right_eye", "left_ear", "right_ear"],
        "face": ["nose", "left_shoulder", "right_shoulder"],
        "right_knee": ["right_knee"],
    }
    converted = convert_confidence(confidence, "coco17", "h36m17")
    for joint, used in sources.items():
        expected = confidence[:, [names.index(name) for name in used]].min(1).values
        assert torch.equal(converted[:, skeleton("h36m17").index(joint)], expected)


def test_a_joint_that_is_not_a_number_spoils_only_what_is_derived_from_it():
    pose = torch.randn(17, 2)
    pose[skeleton("coco17").index("left_hip")] = torch.nan
    spoilt = convert(pose, "coco17", "h36m17").isnan().any(-1)
    names = [skeleton("h36m17").joints[i] for i in spoilt.nonzero().flatten()]
    assert names == ["pelvis", "left_hip", "spine"]
