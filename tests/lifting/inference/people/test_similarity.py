"""Similarity of detections against COCO's of whole people, and second detections by it."""

import numpy as np
import pytest
import torch

from lifting.imaging.boxes import box_around
from lifting.inference.people.similarity import (
    extent,
    seen_points,
    sigmas_of,
    similarity,
    standing,
    without_doubles,
)
from lifting.metrics.oks import oks, oks_sigmas
from lifting.skeletons import skeleton
from tests.lifting.inference.people.made_walks import figure

SIGMAS = sigmas_of("coco17")


def pose(height=300.0, at=(500.0, 400.0), phase=1.0, seen=slice(None)):
    points = np.concatenate([height * figure(phase, 1) + at, np.full((17, 1), 0.9)], 1)
    hidden = np.ones(17, bool)
    hidden[seen] = False
    points[hidden] = 0
    return points


def test_of_whole_people_it_is_that_of_coco():
    others = np.stack([pose(), pose(at=(505, 402)), pose(280, phase=2), pose(at=(700, 400))])
    # Of equal sizes the area is that of either.
    same_size = others[[0, 1, 3]]
    points = torch.from_numpy(np.repeat(pose()[None], 3, 0))
    labelled = torch.ones(3, 17, dtype=torch.bool)
    box = box_around(points[..., :2], labelled)
    target, theirs = points[..., :2], torch.from_numpy(same_size[..., :2])
    right = oks(theirs, target, labelled, box, oks_sigmas(skeleton("coco17")))
    np.testing.assert_allclose(similarity(pose(), same_size, SIGMAS), right, rtol=1e-9)
    # And it is the same from either side.
    found = similarity(pose(), others, SIGMAS)
    back = [similarity(other, pose()[None], SIGMAS)[0] for other in others]
    np.testing.assert_allclose(found, back)
    assert found[0] == 1 > found[1] > found[2] > found[3]


def test_joints_without_a_published_constant_have_the_mean_of_coco():
    joints = skeleton("mediapipe33")
    found = dict(zip(joints.joints, sigmas_of("mediapipe33"), strict=True))
    assert found["left_hip"] == 0.107
    assert found["left_heel"] == pytest.approx(np.mean(SIGMAS))


def test_what_is_not_seen_does_not_count():
    points = pose(seen=slice(0, 13))
    points[2, 0], points[3, 2] = np.nan, np.inf
    assert np.flatnonzero(seen_points(points)).tolist() == [0, 1, *range(4, 13)]
    assert extent(pose()[:, :2], np.arange(17) == 3).tolist() == [1, 1]


def test_a_part_is_compared_with_the_part_and_few_common_points_with_nothing():
    face, legs = pose(seen=slice(0, 5)), pose(seen=slice(11, 17))
    assert similarity(face, pose()[None], SIGMAS)[0] == 1
    assert similarity(face, legs[None], SIGMAS)[0] == 0
    head_and_hand, other_hand = pose(seen=[0, 1, 2, 9]), pose(seen=[9, 10, 15, 16])
    assert similarity(head_and_hand, other_hand[None], SIGMAS)[0] == 0
    # The size is that of the whole person: a hundredth of it is near.
    near = pose(at=(503, 400), seen=slice(0, 5))
    assert 0.6 < similarity(near, pose()[None], SIGMAS)[0] < 1


def kept(*poses):
    return without_doubles(poses, SIGMAS)


def test_of_two_of_one_person_the_more_complete_one_stays_and_then_the_surer():
    face, surer = pose(at=(501, 400), seen=slice(0, 5)), pose(at=(503, 400))
    surer[:, 2] = 0.95
    assert kept(face, pose()) == [1]
    assert kept(pose(), surer, face) == [1]
    assert kept(np.zeros((17, 3)), face) == [1]


def test_other_people_stay_also_in_part():
    beside = pose(at=(560, 400))
    assert kept(pose(), beside) == [0, 1]
    assert kept(pose(), pose(at=(530, 400), seen=slice(0, 5))) == [0, 1]
    # Somebody at the same place who is smaller, and walks the other way.
    crossing = np.concatenate([270 * figure(2.5, -1) + (500, 395), np.ones((17, 1))], 1)
    assert kept(pose(), crossing) == [0, 1]


@pytest.mark.parametrize("joint_set", ["coco17", "halpe26", "mediapipe33", "h36m17"])
def test_somebody_upright_is_as_narrow_as_the_shoulders(joint_set):
    places = dict(zip(skeleton(joint_set).joints, standing(joint_set), strict=True))
    np.testing.assert_allclose(places["left_shoulder"] - places["right_shoulder"], (36, 0))
    np.testing.assert_allclose(places["left_hip"] - places["left_ankle"], (0, 86))
    assert np.ptp(standing(joint_set)[:, 0]) == 40
