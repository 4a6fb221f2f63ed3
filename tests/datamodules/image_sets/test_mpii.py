"""MPII's JSON: boxes as in HRNet, pixels from 0, and what is refused."""

import json

import numpy as np
import pytest
import torch

from datamodules.image_sets.mpii import read_mpii
from lifting.errors import InputError
from lifting.imaging.crops import fit_aspect
from tests.datamodules.made_images import write_picture


def person(**changes):
    joints = [[40.0 + j, 30.0 + 2 * j] for j in range(16)]
    joints[5] = [-1.0, -1.0]
    seen = [1] * 16
    seen[3] = seen[5] = 0
    return {
        "image": "a.jpg",
        "center": [50.0, 40.0],
        "scale": 0.3,
        "joints": joints,
        "joints_vis": seen,
        **changes,
    }


def read(folder, *people):
    write_picture(folder / "a.jpg", 0)
    (folder / "train.json").write_text(json.dumps(list(people)))
    found = read_mpii(folder / "train.json", folder, "train")
    return list(found.records), found


def test_crop_is_that_of_hrnet(tmp_path):
    (record,), _ = read(tmp_path, person())
    centre, scale = fit_aspect(torch.from_numpy(record.box), (256, 256), 1.25)
    # c_y += 15 s; s *= 1.25; 200 s pixels fill the crop. Pixels count from 1 in MATLAB, where the
    # centre of the first is at 0.5 here.
    np.testing.assert_allclose(centre, [49.5, 40 + 15 * 0.3 - 0.5])
    assert scale.item() == pytest.approx(256 / (200 * 0.3 * 1.25))
    np.testing.assert_allclose(record.keypoints[0], [39.5, 29.5])
    assert record.visibility.tolist() == [2, 2, 2, 1, 2, 0] + 10 * [2]


def test_people_without_a_joint_are_left_out(tmp_path):
    records, found = read(tmp_path, person(joints=[[-1, -1]] * 16), person())
    assert len(records) == 1
    assert found.left_out == {"no joint labelled": 1}


@pytest.mark.parametrize("wrong", [{"scale": "big"}, {"joints": [[1, 2]]}, {"center": [1]}])
def test_damaged_annotation_is_refused(tmp_path, wrong):
    with pytest.raises(InputError, match="person 0 lacks"):
        read(tmp_path, person(**wrong))


def test_what_is_no_list_or_no_picture_is_refused(tmp_path):
    (tmp_path / "valid.json").write_text("{}")
    with pytest.raises(InputError, match="no list of people"):
        read_mpii(tmp_path / "valid.json", tmp_path, "val")
    with pytest.raises(InputError, match=r"b\.jpg"):
        read(tmp_path, person(image="b.jpg"))
