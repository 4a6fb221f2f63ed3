"""The mean of keypoints in boxes, on people who are moved and scaled copies of each other."""

import numpy as np
import pytest

from datamodules.crops.records import gather_records
from lifting.cli.mean_keypoints import evaluate
from lifting.errors import InputError
from tests.datamodules.made_images import INFO, record


def people(tmp_path, boxes, visible=True):
    shares = np.random.default_rng(0).uniform(0.1, 0.9, (17, 2))
    made = []
    for number, (left, top, right, bottom) in enumerate(boxes):
        keypoints = shares * [right - left, bottom - top] + [left, top]
        visibility = np.full(17, 2 if visible else 0, np.uint8)
        box = np.array([left, top, right, bottom], dtype=np.float64)
        made.append(
            record(
                number, keypoints=keypoints, visibility=visibility, box=box, pose=None, camera=None
            )
        )
    return gather_records(INFO, tmp_path, made, images_exist=False)


def test_people_who_stand_alike_in_their_boxes_are_found_exactly(tmp_path):
    train = people(tmp_path, [(0, 0, 40, 60), (10, 20, 80, 50)])
    test = people(tmp_path, [(30, 5, 90, 85)])
    result = evaluate(train, test)
    assert result.frame_mean["epe"] == pytest.approx(0, abs=1e-3)
    assert result.frame_mean["pdj"] == 100


def test_a_joint_that_nobody_has_is_refused(tmp_path):
    unseen = people(tmp_path, [(0, 0, 40, 60)], visible=False)
    with pytest.raises(InputError, match="labelled on nobody"):
        evaluate(unseen, unseen)
