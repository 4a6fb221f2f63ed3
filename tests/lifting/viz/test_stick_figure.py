"""Stick figures of every joint set: a person's lines, and none that no person has."""

import numpy as np
import pytest

from lifting.skeletons import SKELETONS, Skeleton, skeleton
from lifting.viz.stick_figure import stick_figure

NEVER = ("shoulder", "hip", "elbow", "wrist", "knee", "ankle")


def place(name):
    """Where a joint of somebody who stands before the camera is: right and down."""
    heights = {
        **{"hip": 0, "pelvis": 0, "spine": -25, "knee": 45, "ankle": 90, "heel": 95, "toe": 98},
        **{"shoulder": -50, "chest": -50, "thorax": -53, "neck": -54, "collar": -50, "foot": 96},
        **{"elbow": -25, "wrist": 0, "hand": 8, "knuckle": 9, "thumb": 5},
        **{"nose": -69, "face": -66, "eye": -73, "ear": -71, "mouth": -64, "head": -83},
    }
    sides = {"shoulder": 20, "elbow": 30, "wrist": 35, "hand": 36, "knuckle": 37, "thumb": 33}
    part = next(part for part in ("thumb", *heights) if part in name)
    way = {"left": 1, "right": -1}.get(name.partition("_")[0], 0)
    return np.array([way * sides.get(part, 8), heights[part]], float)


@pytest.mark.parametrize("name", SKELETONS)
def test_every_joint_hangs_together_and_no_limb_hangs_from_the_face(name):
    joints = skeleton(name)
    figure = stick_figure(joints)
    points = [
        *joints.joints,
        *(f"{joints.joints[a]}+{joints.joints[b]}" for a, b in figure.middles),
    ]
    reached, grown = {0}, True
    neighbours = [
        *figure.lines,
        *((len(joints) + n, e) for n, m in enumerate(figure.middles) for e in m),
    ]
    while grown:
        more = {end for line in neighbours for end in line if set(line) & reached}
        grown, reached = not more <= reached, reached | more
    apart = {points[n] for n in range(len(points))} - {points[n] for n in reached}
    # A mouth is a line of its own.
    assert apart <= {"left_mouth", "right_mouth"}
    for a, b in figure.lines:
        ends = sorted((points[a], points[b]))
        of_limb = [end for end in ends if end.endswith(NEVER) and "+" not in end]
        of_head = [end for end in ends if any(p in end for p in ("nose", "eye", "ear", "mouth"))]
        assert not (of_limb and of_head), ends
        # No line from the trunk's top to a hip but the sides of the trunk.
        tops = [end for end in ends if any(p in end for p in ("neck", "chest", "thorax", "nose"))]
        assert not (tops and any(end.endswith("_hip") for end in ends)), ends


@pytest.mark.parametrize("name", ["coco17", "mediapipe33", "openpose18", "lsp14"])
def test_a_set_without_a_pelvis_has_a_trunk(name):
    joints = skeleton(name)
    figure = stick_figure(joints)
    named = {
        frozenset((joints.joints[a], joints.joints[b])): side
        for (a, b), side in zip(figure.lines, figure.sides, strict=True)
        if max(a, b) < len(joints)
    }
    assert named[frozenset(("left_hip", "right_hip"))] == "middle"
    for side in ("left", "right"):
        assert named[frozenset((f"{side}_shoulder", f"{side}_hip"))] == side


def test_the_neck_of_detectors_begins_between_the_shoulders():
    joints = skeleton("mediapipe33")
    points = np.array([place(name) for name in joints.joints])
    segments = stick_figure(joints).segments(points)
    assert any(np.array_equal(line, [[0, -50], [0, -69]]) for line in segments)
    # In the plane of the image no line is longer than the trunk.
    assert np.linalg.norm(np.diff(segments, axis=1), axis=-1).max() < 53


def test_trees_that_are_bodies_are_drawn_as_they_are():
    for name in ("h36m17", "h36m16", "mpi3dhp17", "openpose25", "panoptic15", "humaneva15"):
        joints = skeleton(name)
        figure = stick_figure(joints)
        assert figure.lines == joints.bones
        assert figure.sides == tuple(joints.side(child) for _, child in joints.bones)
        assert not figure.middles


def test_a_middle_is_known_where_both_of_its_joints_are():
    joints = skeleton("coco17")
    figure = stick_figure(joints)
    points, seen = np.ones((2, 17, 2)), np.ones((2, 17), bool)
    points[0, joints.index("left_shoulder")] = np.nan
    seen[1, joints.index("right_shoulder")] = False
    assert np.isnan(figure.points(points)[0, 17]).all()
    assert np.isfinite(figure.points(points)[1, 17]).all()
    assert figure.all_of(seen)[:, 17].tolist() == [True, False]
    neck = figure.lines.index((17, joints.index("nose")))
    assert figure.whole(seen)[:, neck].tolist() == [True, False]


def test_people_in_one_set_are_drawn_each_for_itself():
    coco, tree = skeleton("coco17"), skeleton("h36m17")
    names = [f"{j} 0" for j in coco.joints] + [f"{j} 1" for j in tree.joints]
    parents = [*coco.parents, *(p if p < 0 else p + 17 for p in tree.parents)]
    figure = stick_figure(Skeleton("both", tuple(names), tuple(parents)))
    first, second = stick_figure(coco), stick_figure(tree)
    assert figure.middles == first.middles
    assert figure.lines[: len(first.lines)] == tuple(
        (a if a < 17 else a + 17, b if b < 17 else b + 17) for a, b in first.lines
    )
    assert figure.lines[len(first.lines) :] == tuple((a + 17, b + 17) for a, b in second.lines)
    assert figure.sides == first.sides + second.sides


def test_a_set_that_is_no_person_keeps_its_tree():
    post = Skeleton("post", ("root", "left_up", "right_away"), (-1, 0, 0))
    assert stick_figure(post).lines == ((0, 1), (0, 2))
    assert stick_figure(Skeleton("dot", ("root",), (-1,))).segments(np.zeros((4, 1, 3))).shape == (
        *(4, 0),
        *(2, 3),
    )
