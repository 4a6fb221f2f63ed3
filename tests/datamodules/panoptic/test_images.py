"""CMU Panoptic's images as a datamodule: subjects of the splits, and joint sets."""

import torch

from datamodules import Panoptic
from datamodules.crops.records import IndexInfo
from datamodules.panoptic.raw import TRAIN_SEQUENCES, VAL_SEQUENCES
from lifting.skeletons import convert
from tests.datamodules.made_images import prepare, record

SMALL = {"width": 24, "height": 32, "workers": 0, "batch_size": 2}


def test_panoptic_tests_on_what_the_published_detectors_are_measured_on():
    subjects = Panoptic().subjects
    assert sorted(subjects["train"] + subjects["val"]) == sorted(TRAIN_SEQUENCES)
    assert len(subjects["val"]) == 1
    assert subjects["test"] == list(VAL_SEQUENCES)


def test_panoptic_hands_over_the_joints_of_its_detectors(tmp_path):
    def person(number, sequence):
        given = record(number)
        nineteen = [*range(17), 3, 4]
        joints = {
            name: getattr(given, name)[nineteen] for name in ("pose", "keypoints", "visibility")
        }
        return record(number, sequence, **joints)

    people = [
        person(number, name) for name in (*TRAIN_SEQUENCES, *VAL_SEQUENCES) for number in (0, 1)
    ]
    index = prepare(tmp_path, people, IndexInfo("panoptic19", "made up", "none"))
    data = Panoptic(str(index), **SMALL)
    data.setup("fit")
    assert (data.keypoint_skeleton, data.pose_skeleton) == ("panoptic15", "panoptic15")
    assert len(data.split("train")) == 2 * (len(TRAIN_SEQUENCES) - 1)
    _, poses = data.training_frames()
    first = torch.from_numpy(people[0].pose).float()
    torch.testing.assert_close(poses[0], convert(first, "panoptic19", "panoptic15"))
    data.setup("test")
    assert {name for name, _, _ in data.clip_names("test")} == set(VAL_SEQUENCES)
