import subprocess
import sys

import numpy as np
import pytest
import torch

from lifting.errors import InputError
from lifting.geometry import mirror
from lifting.skeletons import (
    DERIVED,
    SKELETONS,
    conversion_matrix,
    convert,
    convert_confidence,
    skeleton,
)

# Joint order as the datasets document it; "R hip" is written right_hip.
JOINTS = {
    "h36m17": "pelvis right_hip right_knee right_ankle left_hip left_knee left_ankle spine thorax "
    "face head left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist",
    "h36m16": "pelvis right_hip right_knee right_ankle left_hip left_knee left_ankle spine thorax "
    "head left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist",
    "h36m19": "head face thorax right_shoulder right_elbow right_wrist left_shoulder left_elbow "
    "left_wrist spine pelvis right_hip right_knee right_ankle right_toe_end left_hip left_knee "
    "left_ankle left_toe_end",
    "openpose17": "face thorax right_shoulder right_elbow right_wrist left_shoulder left_elbow "
    "left_wrist pelvis right_hip right_knee right_ankle right_toe_end left_hip left_knee left_ankle "
    "left_toe_end",
    "mpii16": "right_ankle right_knee right_hip left_hip left_knee left_ankle pelvis chest neck "
    "head_top right_wrist right_elbow right_shoulder left_shoulder left_elbow left_wrist",
    "lsp14": "right_ankle right_knee right_hip left_hip left_knee left_ankle right_wrist "
    "right_elbow right_shoulder left_shoulder left_elbow left_wrist neck head_top",
    "coco17": "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow "
    "right_elbow left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle "
    "right_ankle",
    "panoptic15": "thorax nose pelvis left_shoulder left_elbow left_wrist left_hip left_knee "
    "left_ankle right_shoulder right_elbow right_wrist right_hip right_knee right_ankle",
    "panoptic19": "thorax nose pelvis left_shoulder left_elbow left_wrist left_hip left_knee "
    "left_ankle right_shoulder right_elbow right_wrist right_hip right_knee right_ankle "
    "left_eye left_ear right_eye right_ear",
    "mpi3dhp17": "pelvis right_hip right_knee right_ankle left_hip left_knee left_ankle spine "
    "neck_base face head_top left_shoulder left_elbow left_wrist right_shoulder right_elbow "
    "right_wrist",
    "humaneva15": "pelvis thorax left_shoulder left_elbow left_wrist right_shoulder right_elbow "
    "right_wrist left_hip left_knee left_ankle right_hip right_knee right_ankle head",
    # OpenPose, doc/02_output.md: 1 is the neck, 8 the middle of the hips.
    "openpose25": "nose chest right_shoulder right_elbow right_wrist left_shoulder left_elbow "
    "left_wrist pelvis right_hip right_knee right_ankle left_hip left_knee left_ankle right_eye "
    "left_eye right_ear left_ear left_big_toe left_small_toe left_heel right_big_toe "
    "right_small_toe right_heel",
    "openpose18": "nose chest right_shoulder right_elbow right_wrist left_shoulder left_elbow "
    "left_wrist right_hip right_knee right_ankle left_hip left_knee left_ankle right_eye left_eye "
    "right_ear left_ear",
    # AlphaPose, docs/output.md: 17 is the head, 18 the neck, 19 the hip.
    "halpe26": "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow "
    "right_elbow left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle "
    "right_ankle head_top neck_base pelvis left_big_toe right_big_toe left_small_toe "
    "right_small_toe left_heel right_heel",
    "mediapipe33": "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye "
    "right_eye_outer left_ear right_ear left_mouth right_mouth left_shoulder right_shoulder "
    "left_elbow right_elbow left_wrist right_wrist left_pinky_knuckle right_pinky_knuckle "
    "left_index_knuckle right_index_knuckle left_thumb_knuckle right_thumb_knuckle left_hip "
    "right_hip left_knee right_knee left_ankle right_ankle left_heel right_heel left_toe_tip "
    "right_toe_tip",
}
COUNTS = {
    "h36m17": 17,
    "h36m16": 16,
    "h36m32": 32,
    "h36m19": 19,
    "openpose17": 17,
    "mpii16": 16,
    "lsp14": 14,
    "coco17": 17,
    "panoptic15": 15,
    "panoptic19": 19,
    "mpi3dhp28": 28,
    "mpi3dhp17": 17,
    "humaneva15": 15,
    "openpose25": 25,
    "openpose18": 18,
    "halpe26": 26,
    "mediapipe33": 33,
}
# Parents as published with the datasets or with VideoPose3D, counted from 0.
PARENTS = {
    "h36m17": [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15],
    "h36m16": [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 8, 10, 11, 8, 13, 14],
    "h36m32": [
        *[-1, 0, 1, 2, 3, 4, 0, 6, 7, 8, 9, 0, 11, 12, 13, 14],
        *[12, 16, 17, 18, 19, 20, 19, 22, 12, 24, 25, 26, 27, 28, 27, 30],
    ],
    "h36m19": [1, 2, 9, 2, 3, 4, 2, 6, 7, 10, -1, 10, 11, 12, 13, 10, 15, 16, 17],
    "openpose17": [1, 8, 1, 2, 3, 1, 5, 6, -1, 8, 9, 10, 11, 8, 13, 14, 15],
    "panoptic15": [2, 0, -1, 0, 3, 4, 2, 6, 7, 0, 9, 10, 2, 12, 13],
    "mpi3dhp28": [
        *[2, 0, 3, 4, -1, 1, 5, 6, 5, 8, 9, 10, 11, 5, 13, 14, 15, 16],
        *[4, 18, 19, 20, 21, 4, 23, 24, 25, 26],
    ],
    "humaneva15": [-1, 0, 1, 2, 3, 1, 5, 6, 0, 8, 9, 0, 11, 12, 1],
    "mpii16": [1, 2, 6, 6, 3, 4, -1, 6, 7, 8, 11, 12, 7, 7, 13, 14],
}
LEFT_RIGHT = {
    "h36m17": ([4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]),
    "h36m16": ([4, 5, 6, 10, 11, 12], [1, 2, 3, 13, 14, 15]),
    "h36m32": ([6, 7, 8, 9, 10, *range(16, 24)], [1, 2, 3, 4, 5, *range(24, 32)]),
    "h36m19": ([6, 7, 8, 15, 16, 17, 18], [3, 4, 5, 11, 12, 13, 14]),
    "openpose17": ([5, 6, 7, 13, 14, 15, 16], [2, 3, 4, 9, 10, 11, 12]),
    "mpii16": ([3, 4, 5, 13, 14, 15], [2, 1, 0, 12, 11, 10]),
    "lsp14": ([3, 4, 5, 9, 10, 11], [2, 1, 0, 8, 7, 6]),
    "coco17": ([1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]),
    "panoptic15": ([3, 4, 5, 6, 7, 8], [9, 10, 11, 12, 13, 14]),
    "panoptic19": ([3, 4, 5, 6, 7, 8, 15, 16], [9, 10, 11, 12, 13, 14, 17, 18]),
    "mpi3dhp28": ([*range(8, 13), *range(18, 23)], [*range(13, 18), *range(23, 28)]),
    "mpi3dhp17": ([4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]),
    "humaneva15": ([2, 3, 4, 8, 9, 10], [5, 6, 7, 11, 12, 13]),
    "openpose25": (
        [5, 6, 7, 12, 13, 14, 16, 18, 19, 20, 21],
        [2, 3, 4, 9, 10, 11, 15, 17, 22, 23, 24],
    ),
    "openpose18": ([5, 6, 7, 11, 12, 13, 15, 17], [2, 3, 4, 8, 9, 10, 14, 16]),
    "halpe26": (
        [1, 3, 5, 7, 9, 11, 13, 15, 20, 22, 24],
        [2, 4, 6, 8, 10, 12, 14, 16, 21, 23, 25],
    ),
    "mediapipe33": (
        [1, 2, 3, 7, 9, *range(11, 33, 2)],
        [4, 5, 6, 8, 10, *range(12, 33, 2)],
    ),
}
# Lines that the detectors themselves draw between their points.
DRAWN = {
    "openpose25": "1-8 1-2 1-5 2-3 3-4 5-6 6-7 8-9 9-10 10-11 8-12 12-13 13-14 1-0 0-15 15-17 0-16 "
    "16-18 14-19 19-20 14-21 11-22 22-23 11-24",
    "openpose18": "1-2 1-5 2-3 3-4 5-6 6-7 1-8 8-9 9-10 1-11 11-12 12-13 1-0 0-14 14-16 0-15 15-17",
    # The last one is ours: Halpe's face hangs from nothing.
    "halpe26": "0-1 0-2 1-3 2-4 5-18 6-18 5-7 7-9 6-8 8-10 17-18 18-19 19-11 19-12 11-13 12-14 "
    "13-15 14-16 20-24 21-25 23-25 22-24 15-24 16-25 0-18",
}
H36M19_FROM_32 = [15, 14, 13, 25, 26, 27, 17, 18, 19, 12, 0, 1, 2, 3, 5, 6, 7, 8, 10]
OPENPOSE17_FROM_32 = [14, 13, 25, 26, 27, 17, 18, 19, 0, 1, 2, 3, 5, 6, 7, 8, 10]
H36M17_FROM_32 = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]
PANOPTIC15_FROM_H36M17 = [8, 9, 0, 11, 12, 13, 4, 5, 6, 14, 15, 16, 1, 2, 3]
MPI3DHP17_FROM_28 = [4, 23, 24, 25, 18, 19, 20, 3, 5, 6, 7, 9, 10, 11, 14, 15, 16]
EVERY = pytest.mark.parametrize("name", SKELETONS)


@EVERY
def test_every_set_has_its_number_of_joints(name):
    joints = skeleton(name)
    assert len(joints) == COUNTS[name] == len(set(joints.joints)) == len(joints.parents)
    assert joints.name == name


@pytest.mark.parametrize("name", JOINTS)
def test_joints_stand_in_the_order_of_the_dataset(name):
    assert list(skeleton(name).joints) == JOINTS[name].split()


@pytest.mark.parametrize("name", PARENTS)
def test_parents_are_the_published_ones(name):
    assert list(skeleton(name).parents) == PARENTS[name]


@pytest.mark.parametrize("name", DRAWN)
def test_bones_are_the_lines_that_the_detector_draws(name):
    drawn = {frozenset(map(int, line.split("-"))) for line in DRAWN[name].split()}
    assert {frozenset(bone) for bone in skeleton(name).bones} == drawn


@EVERY
def test_mirror_pairs_are_the_published_ones(name):
    left, right = LEFT_RIGHT[name]
    assert set(skeleton(name).mirror_pairs) == set(zip(left, right, strict=True))
    sides = [skeleton(name).side(j) for j in range(COUNTS[name])]
    assert [j for j, s in enumerate(sides) if s == "left"] == sorted(left)
    assert [j for j, s in enumerate(sides) if s == "right"] == sorted(right)
    middle = set(range(COUNTS[name])) - {*left, *right}
    assert all(skeleton(name).mirror[j] == j for j in middle)


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


def test_parts_of_h36m17_are_those_of_links():
    parts = {
        "legs": [0, 1, 2, 3, 4, 5, 6],
        "torso": [7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
        "left": [0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
        "right": [0, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16],
        "left_arm": [11, 12, 13],
        "right_arm": [14, 15, 16],
        "left_leg": [4, 5, 6],
        "right_leg": [1, 2, 3],
    }
    joints = skeleton("h36m17")
    assert {name: joints.part(name) for name in joints.parts} == parts


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
def test_the_two_modules_import_in_either_order(first):
    subprocess.run([sys.executable, "-c", f"import {first}"], check=True, timeout=120)


@pytest.mark.parametrize(
    ("src", "dst", "index"),
    [
        ("h36m32", "h36m17", H36M17_FROM_32),
        ("h36m32", "h36m19", H36M19_FROM_32),
        ("h36m32", "openpose17", OPENPOSE17_FROM_32),
        ("h36m17", "panoptic15", PANOPTIC15_FROM_H36M17),
        ("mpi3dhp28", "mpi3dhp17", MPI3DHP17_FROM_28),
        ("mpi3dhp17", "h36m17", list(range(17))),
        ("h36m17", "mpi3dhp17", list(range(17))),
        ("h36m17", "h36m16", [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16]),
        ("panoptic19", "panoptic15", list(range(15))),
        ("lsp14", "lsp14", list(range(14))),
    ],
)
@pytest.mark.parametrize("coordinates", [2, 3])
def test_conversion_without_derived_joints_is_the_published_gather(src, dst, index, coordinates):
    pose = torch.randn(2, 5, COUNTS[src], coordinates)
    assert torch.equal(convert(pose, src, dst), pose[..., index, :])
    confidence = torch.rand(2, 5, COUNTS[src])
    assert torch.equal(convert_confidence(confidence, src, dst), confidence[..., index])


@pytest.mark.parametrize("pair", [("h36m17", "mpi3dhp17"), ("panoptic19", "panoptic19")])
def test_lossless_conversion_there_and_back_is_identity(pair):
    pose = torch.randn(4, COUNTS[pair[0]], 3)
    assert torch.equal(convert(convert(pose, *pair), *reversed(pair)), pose)


def test_mpii_through_h36m_keeps_all_but_the_chest():
    pose = torch.randn(4, 16, 2)
    back = convert(convert(pose, "mpii16", "h36m17"), "h36m17", "mpii16")
    changed = (back != pose).any(-1).any(0)
    assert changed.nonzero().flatten().tolist() == [skeleton("mpii16").index("chest")]


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


CONVERTIBLE = [
    ("coco17", "h36m17"),
    ("coco17", "mpii16"),
    ("mpii16", "h36m17"),
    ("lsp14", "h36m17"),
    ("h36m17", "lsp14"),
    ("panoptic19", "h36m17"),
    ("mpi3dhp28", "h36m17"),
    ("humaneva15", "h36m17"),
    ("h36m16", "h36m17"),
    ("openpose25", "h36m17"),
    ("openpose18", "coco17"),
    ("halpe26", "h36m17"),
    ("halpe26", "mpii16"),
    ("mediapipe33", "coco17"),
]


@pytest.mark.parametrize("pair", CONVERTIBLE)
def test_conversion_commutes_with_similarities_and_with_mirroring(pair):
    pose = torch.randn(COUNTS[pair[0]], 3, dtype=torch.float64)
    rotation = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64)).Q
    moved = 2 * pose @ rotation.T + 7
    torch.testing.assert_close(convert(moved, *pair), 2 * convert(pose, *pair) @ rotation.T + 7)
    src, dst = (skeleton(name).mirror for name in pair)
    torch.testing.assert_close(convert(mirror(pose, src), *pair), mirror(convert(pose, *pair), dst))


@pytest.mark.parametrize("pair", CONVERTIBLE)
def test_conversion_is_multiplication_by_its_matrix(pair):
    pose = torch.randn(6, COUNTS[pair[0]], 2, dtype=torch.float64)
    matrix = conversion_matrix(*pair).numpy()
    np.testing.assert_allclose(convert(pose, *pair), matrix @ pose.numpy(), atol=1e-13)


@pytest.mark.parametrize(
    ("src", "dst", "missing"),
    [
        ("h36m17", "coco17", ["left_eye", "right_eye", "left_ear", "right_ear"]),
        ("panoptic15", "h36m17", ["head"]),
        ("h36m17", "h36m32", ["right_toe_base", "left_thumb_tip", "spine_base", "right_collar"]),
        ("lsp14", "mpi3dhp28", ["spine_upper", "left_hand", "right_toe"]),
    ],
)
def test_a_refused_conversion_names_the_joints_that_are_missing(src, dst, missing):
    with pytest.raises(InputError) as caught:
        convert(torch.zeros(1, COUNTS[src], 3), src, dst)
    sentence = str(caught.value)
    assert f"'{src}'" in sentence
    assert f"'{dst}'" in sentence
    assert all(joint in sentence for joint in missing)
    found = set(skeleton(dst).joints) & set(skeleton(src).joints)
    listed = sentence.split("derive ")[1].removesuffix(" from.").split(", ")
    assert not found & set(listed)


@pytest.mark.parametrize("dst", ["h36m17", "coco17"])
def test_a_wrong_number_of_joints_is_refused(dst):
    with pytest.raises(InputError, match="'coco17' have 17 joints, these have 16"):
        convert(torch.zeros(2, 16, 2), "coco17", dst)
    with pytest.raises(InputError, match="'coco17' have 17 joints, these have 16"):
        convert_confidence(torch.zeros(2, 16), "coco17", dst)


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


def test_conversion_first_used_in_inference_can_be_trained_through():
    pose = torch.randn(3, 19, 2, requires_grad=True)
    with torch.inference_mode():
        convert(pose, "panoptic19", "lsp14")
    convert(pose, "panoptic19", "lsp14").square().sum().backward()
    assert pose.grad is not None
    assert pose.grad.abs().sum() > 0


def test_autocast_leaves_the_precision_of_poses_alone():
    pose = 1000 * torch.rand(8, 17, 2)
    expected = convert(pose, "coco17", "h36m17")
    with torch.autocast("cpu", torch.bfloat16):
        converted = convert(pose, "coco17", "h36m17")
    assert converted.dtype == torch.float32
    assert torch.equal(converted, expected)
