"""COCO's format: what is taken, left out and refused, and the way to Human3.6M's joints."""

import json

import numpy as np
import pytest

from datamodules.crops.records import gather_records
from datamodules.image_sets.coco import read_coco
from lifting.errors import InputError
from lifting.skeletons import skeleton
from tests.datamodules.made_images import write_picture

POINTS = [[10.0 + 3 * j, 20.0 + 2 * j, 2] for j in range(17)]


def write(folder, *people, **changes):
    write_picture(folder / "000000000007.jpg", 0)
    image = {"id": 7, "file_name": "000000000007.jpg", "width": 120, "height": 90}
    content = {"images": [image], "annotations": list(people), **changes}
    (folder / "person_keypoints.json").write_text(json.dumps(content))
    return folder / "person_keypoints.json"


def person(**changes):
    flat = [x for point in POINTS for x in point]
    return {"image_id": 7, "keypoints": flat, "bbox": [5, 8, 60, 200], "iscrowd": 0, **changes}


def read(path, **options):
    found = read_coco(path, path.parent, "val", **options)
    return list(found.records), found


def test_keypoints_lie_in_the_middle_of_their_pixels_and_boxes_in_the_image(tmp_path):
    (record,), _ = read(write(tmp_path, person()))
    np.testing.assert_array_equal(record.keypoints, np.array(POINTS)[:, :2] + 0.5)
    assert record.visibility.tolist() == [2] * 17
    assert record.box.tolist() == [5, 8, 65, 90]
    assert (record.subject, record.size) == ("val", (120, 90))
    assert record.pose is None


def test_crowds_and_people_without_joint_or_box_are_left_out_and_counted(tmp_path):
    path = write(
        tmp_path,
        person(),
        person(iscrowd=1),
        person(keypoints=[0] * 51),
        person(bbox=[200, 8, 60, 20]),
    )
    records, found = read(path)
    assert len(records) == 1
    assert found.left_out == {"a crowd": 1, "no joint labelled": 1, "no box": 1}


def test_balls_and_dogs_are_left_out_and_counted(tmp_path):
    names = list(skeleton("coco17").joints)
    categories = [
        {"id": 1, "name": "person", "keypoints": names},
        {"id": 2, "name": "ball"},
        {"id": 3, "name": "dog", "keypoints": [f"paw_{i}" for i in range(17)]},
    ]
    ball = {"image_id": 7, "category_id": 2, "bbox": [5, 8, 6, 6]}
    people = [person(category_id=1), ball, person(category_id=3)]
    records, found = read(write(tmp_path, *people, categories=categories))
    assert len(records) == 1
    assert found.left_out == {"'ball', no person": 1, "'dog', no person": 1}
    # Without categories what has no keypoints is told by that alone.
    records, found = read(write(tmp_path, person(), ball))
    assert (len(records), found.left_out) == (1, {"no keypoints": 1})


@pytest.mark.real
def test_real_cases(cases):
    for name, count, left_out in (
        ("category_without_keypoints", 6, {"'ball', no person": 1}),
        ("two_categories_of_17_keypoints", 20, {"'dog', no person": 20}),
    ):
        path = cases / name / "annotations.json"
        found = read_coco(path, path.parent, "val")
        assert len(list(found.records)) == count
        assert found.left_out == left_out


def test_conversion_to_human36m_is_the_documented_rule(tmp_path):
    path = write(tmp_path, person())
    found = read_coco(path, tmp_path, "val")
    ours = gather_records(found.info, tmp_path, found.records).converted("h36m17")
    coco = dict(zip(skeleton("coco17").joints, np.array(POINTS)[:, :2] + 0.5, strict=True))
    expected = {
        "pelvis": (coco["left_hip"] + coco["right_hip"]) / 2,
        "thorax": (coco["left_shoulder"] + coco["right_shoulder"] + coco["nose"]) / 3,
        "head": sum(coco[j] for j in ("left_eye", "right_eye", "left_ear", "right_ear")) / 2
        - coco["nose"],
        "right_wrist": coco["right_wrist"],
    }
    for joint, place in expected.items():
        row = ours.columns["keypoints"][0, skeleton("h36m17").index(joint)]
        np.testing.assert_allclose(row, place, rtol=1e-6)


@pytest.mark.parametrize(
    ("people", "changes", "sentence"),
    [
        ([person(keypoints=[1] * 399)], {}, "399 numbers of keypoints, expected 51"),
        ([person(image_id=8)], {}, "annotation 0: lacks"),
        ([person(bbox=[1, 2])], {}, "annotation 0: lacks"),
        ([], {"images": [{"id": 3}]}, "has no 'images' with id"),
    ],
)
def test_damaged_annotation_is_refused(tmp_path, people, changes, sentence):
    with pytest.raises(InputError, match=sentence):
        read(write(tmp_path, *people, **changes))


def test_other_files_and_joint_sets_are_refused(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(InputError, match="not a JSON file"):
        read(tmp_path / "a.json")
    with pytest.raises(InputError, match="no skeleton"):
        read(write(tmp_path, person()), joints="coco")
