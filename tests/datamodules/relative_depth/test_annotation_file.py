"""The published layout of relative depth: what is read, written and refused."""

import copy
import json

import numpy as np
import pytest

from datamodules.relative_depth.annotation_file import read_relative_depth, write_relative_depth
from lifting.errors import InputError
from tests.datamodules.made_lsp import NAMES, annotations, points, write_json

PAIRS = [[("left_wrist", "neck", "neck"), ("head_top", "right_knee", "head_top")], []]


@pytest.fixture
def content():
    return annotations(*points(2), PAIRS)


def test_joints_are_read_by_name(content, tmp_path):
    xy, seen = points(2)
    first, second = read_relative_depth(write_json(tmp_path / "a.json", content))
    assert (first.name, first.train, second.annotations) == ("im0001", True, ())
    np.testing.assert_allclose(first.keypoints, xy[0])
    np.testing.assert_array_equal(first.occluded, ~seen[0])
    said = [(NAMES[a.first], NAMES[a.second], a.label) for a in first.annotations]
    assert said == [("left_wrist", "neck", 1), ("head_top", "right_knee", 0)]
    assert first.annotations[1].risk == pytest.approx(0.05)
    assert first.annotations[1].original_id == 11


@pytest.mark.parametrize("name", ["nose", "head_top"])
def test_head_goes_by_other_names(content, tmp_path, name):
    content["joint_names"][0] = name
    image = read_relative_depth(write_json(tmp_path / "a.json", content))[0]
    np.testing.assert_allclose(image.keypoints, points(2)[0][0])


def test_what_is_written_is_read_again(content, tmp_path):
    images = read_relative_depth(write_json(tmp_path / "a.json", content))
    write_relative_depth(tmp_path / "b.json", images)
    again = read_relative_depth(tmp_path / "b.json")
    assert [i.annotations for i in again] == [i.annotations for i in images]
    for one, other in zip(images, again, strict=True):
        assert (one.file, one.train) == (other.file, other.train)
        np.testing.assert_array_equal(one.keypoints, other.keypoints)
        np.testing.assert_array_equal(one.occluded, other.occluded)
    # A reader of the original finds its own names there.
    assert set(json.loads((tmp_path / "b.json").read_text())["joint_names"]) == set(
        content["joint_names"]
    )


def image(content):
    return content["images"][0]


def annotation(content):
    return image(content)["anns"][0]


WRONG = [
    (lambda c: c.pop("joint_names"), r"a\.json has no 'joint_names'"),
    (lambda c: c.pop("images"), r"a\.json has no 'images'"),
    (lambda c: c.update(images=[]), r"has no images"),
    (lambda c: c["joint_names"].pop(), r"'joint_names' are not the 14 names"),
    (lambda c: c["joint_names"].__setitem__(1, "nose"), r"'joint_names' lack neck"),
    (lambda c: c["joint_names"].__setitem__(1, 5), r"'joint_names' are not the 14 names"),
    (lambda c: image(c).pop("im_file"), r"image 0 has no 'im_file'"),
    (lambda c: image(c).update(im_file=""), r"'im_file' names no file"),
    (lambda c: image(c).pop("is_train"), r"im0001\.jpg' has no 'is_train'"),
    (lambda c: image(c).update(is_train=1), r"'is_train' is 1"),
    (lambda c: image(c)["keypoints"].pop(), r"'keypoints' are not 28 finite numbers"),
    (lambda c: image(c)["keypoints"].__setitem__(0, float("nan")), r"'keypoints' are not 28"),
    (lambda c: image(c)["keypoints"].__setitem__(0, 10**400), "holds the number 1000"),
    (lambda c: image(c).update(occluded=[0] * 13), r"'occluded' are not 14 finite numbers"),
    (lambda c: image(c).pop("anns"), r"im0001\.jpg' has no 'anns'"),
    (lambda c: annotation(c).pop("kp1"), r"im0001\.jpg', annotation 0 has no 'kp1'"),
    (lambda c: annotation(c).update(kp0=14), r"'kp0' is 14, expected 0 to 13"),
    (lambda c: annotation(c).update(kp0=-1), r"'kp0' is -1, expected 0 to 13"),
    (lambda c: annotation(c).update(kp0=True), r"'kp0' is True"),
    (lambda c: annotation(c).update(kp0=1), r"'kp0' and 'kp1' are the same joint"),
    (lambda c: annotation(c).pop("label"), r"has no 'label'"),
    (lambda c: annotation(c).update(label=-1), r"'label' is -1, expected 0 .* or 1"),
    (lambda c: annotation(c).update(risk="low"), r"'risk' is 'low'; give a number"),
    (lambda c: image(c)["anns"].append([1, 2]), r"annotation 2 has no 'kp0'"),
    (lambda c: c["images"].append(copy.deepcopy(image(c))), r"image 'im0001' is there twice"),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[m for _, m in WRONG])
def test_fault_is_named(content, tmp_path, change, message):
    change(content)
    with pytest.raises(InputError, match=message):
        read_relative_depth(write_json(tmp_path / "a.json", content))


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000, '"a"'])
def test_file_of_another_kind_is_refused(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json(: damaged| has no 'joint_names')"):
        read_relative_depth(tmp_path / "a.json")
    with pytest.raises(InputError, match="there is no such file"):
        read_relative_depth(tmp_path / "gone.json")
