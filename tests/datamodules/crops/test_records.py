"""Records of images: what is kept, converted and refused."""

import numpy as np
import pytest
import torch

from datamodules.crops.records import IndexInfo, gather_records
from lifting.errors import InputError
from lifting.skeletons import convert, skeleton
from tests.datamodules.made_images import INFO, record, write_images


def gathered(tmp_path, records, info=INFO):
    write_images(tmp_path, records)
    return gather_records(info, tmp_path, records)


def test_columns_hold_what_the_records_say(tmp_path):
    given = [record(0), record(1), record(2, "S5"), record(3, camera=None, pose=None)]
    records = gathered(tmp_path, given)
    assert len(records) == 4
    assert [records.name("subject", row) for row in range(4)] == ["S1", "S1", "S5", "S1"]
    assert [records.name("view", row) for row in range(2)] == ["54138969", "55011271"]
    assert records.file(2) == tmp_path / "S5/002.png"
    # Two cameras, however many images, and none of the last record.
    assert records.columns["camera"].tolist() == [0, 1, 0, -1]
    np.testing.assert_array_equal(records.cameras.focal[1], given[1].camera.focal)
    np.testing.assert_allclose(records.columns["pose"][1], given[1].pose, rtol=1e-6)
    assert records.columns["pose"][3].isnan().all()
    labelled = np.array([True, True, False] + 14 * [True])
    np.testing.assert_allclose(
        records.columns["keypoints"][1][labelled], given[1].keypoints[labelled], rtol=1e-5
    )
    assert records.rows_of(["S1"]).tolist() == [0, 1, 3]
    assert "S5                      1        1        1" in records.describe()


def test_conversion_is_by_name_and_needs_all_sources_labelled(tmp_path):
    joints = skeleton("coco17")
    keypoints = 90 * torch.rand(17, 2, dtype=torch.float64)
    seen = np.full(17, 2)
    seen[joints.index("left_ear")], seen[joints.index("nose")] = 0, 1
    given = record(0, keypoints=keypoints.numpy(), visibility=seen, pose=None)
    records = gathered(tmp_path, [given], IndexInfo("coco17", "", ""))
    ours = records.converted("h36m17")
    expected = convert(keypoints, "coco17", "h36m17")
    theirs = skeleton("h36m17")
    visibility = dict(zip(theirs.joints, ours.columns["visibility"][0].tolist(), strict=True))
    # The head comes of eyes and ears, one of which is not labelled; thorax and face of the nose.
    assert visibility == {j: {"head": 0, "face": 1, "thorax": 1}.get(j, 2) for j in theirs.joints}
    known = ours.columns["visibility"][0] > 0
    np.testing.assert_allclose(
        ours.columns["keypoints"][0][known], expected[known], rtol=1e-5, atol=1e-4
    )


def test_digest_changes_with_a_keypoint(tmp_path):
    one, other = (gathered(tmp_path, [record(0)]) for _ in range(2))
    assert one.digest == other.digest
    other.columns["keypoints"][0, 0, 0] += 1
    assert one.digest != other.digest


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"path": "S1/none.png"}, "none.png: there is no such image; name the folder"),
        ({"size": (90, 121)}, "is 120 × 90 pixels large, and annotated as 90 × 121; name"),
        ({"box": np.array([130.0, 10, 150, 40])}, "outside the image of 120 × 90"),
        ({"box": np.array([50.0, 10, 40, 40])}, "is empty or outside"),
        ({"camera": None}, "has a 3D pose but no camera"),
        ({"visibility": np.full(17, 3)}, "neither 0 nor 1 nor 2"),
        ({"keypoints": np.zeros((16, 2))}, r"keypoints are \(16, 2\).*expected of 17 joints"),
        ({"keypoints": np.full((17, 2), np.nan)}, "keypoint is NaN or infinite"),
        ({"pose": record(0).pose / 1000}, "where millimetres are expected"),
        ({"pose": np.full((17, 3), np.nan)}, "not finite"),
    ],
)
def test_wrong_record_is_refused_in_one_sentence(tmp_path, changes, sentence):
    write_images(tmp_path, [record(0)])
    with pytest.raises(InputError, match=sentence) as refusal:
        gather_records(INFO, tmp_path, [record(0, **changes)])
    assert str(tmp_path / "S1") in str(refusal.value)


def test_unknown_joint_set_subject_and_nothing_at_all_are_refused(tmp_path):
    with pytest.raises(InputError, match="no skeleton 'h37m'"):
        gather_records(IndexInfo("h37m", "", ""), tmp_path, [record(0)])
    with pytest.raises(InputError, match="no image with a person"):
        gather_records(INFO, tmp_path, [])
    with pytest.raises(InputError, match="no image of 'S9'; it has S1"):
        gathered(tmp_path, [record(0)]).rows_of(["S9"])
