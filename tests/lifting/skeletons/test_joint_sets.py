"""Every joint set, against what its dataset or its detector documents."""

import pytest

from lifting.skeletons import SKELETONS, skeleton
from tests.lifting.skeletons.published_sets import COUNTS, JOINTS

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
    "mpi3dhp17_test": ([5, 6, 7, 11, 12, 13], [2, 3, 4, 8, 9, 10]),
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
