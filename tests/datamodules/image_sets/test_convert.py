"""From annotation to index: the report, and what is refused before anything is written."""

import json
import subprocess
import sys

import pytest

from datamodules.crops.index import read_index
from datamodules.image_sets.convert import convert, find
from lifting.errors import InputError
from tests.datamodules.image_sets.test_coco import person, write
from tests.datamodules.image_sets.test_mpii import person as mpii_person
from tests.datamodules.image_sets.test_mpii import read as read_mpii


def test_index_lies_beside_the_images_and_the_report_says_what_is_in_it(tmp_path):
    path = write(tmp_path, person(), person(iscrowd=1))
    seen = []
    report = convert(find("coco", path, split="val"), None, seen.append)
    assert read_index(tmp_path / "index.h5").file(0).is_file()
    assert "left out   a crowd (1)" in report
    assert "val                     1        1        0" in report
    assert seen == ["000000000007.jpg"]


def test_missing_image_leaves_nothing_behind(tmp_path):
    path = write(tmp_path / "a", person())
    (tmp_path / "a/000000000007.jpg").unlink()
    with pytest.raises(InputError, match="no such image"):
        convert(find("coco", path, split="val"), tmp_path / "out/index.h5")
    assert not (tmp_path / "out").exists()


def test_options_without_sense_are_refused(tmp_path):
    path = write(tmp_path, person())
    for kind, options, sentence in (
        ("kinect", {}, "no dataset 'kinect'; known are coco"),
        ("coco", {}, "--split: say whether these are train, val or test"),
        ("mpii", {"split": "all"}, "--split all: say whether these are"),
        ("coco", {"split": "val", "every": 0}, "--every is 0"),
        ("coco", {"split": "val", "held_out": 1}, "--held_out is of lsp"),
    ):
        with pytest.raises(InputError, match=sentence):
            find(kind, path, **options)
    with pytest.raises(InputError, match="a folder has both"):
        find("coco", tmp_path, split="val")


def test_command_ends_with_one_sentence_and_status_2(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"images": 3}))
    done = subprocess.run(
        [
            *(sys.executable, "scripts/prepare_images.py", "coco"),
            *(str(tmp_path / "a.json"), "--split", "val"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "use COCO's keypoint files." in done.stderr


def test_folder_of_annotation_makes_one_index_of_training_and_validation(tmp_path):
    for split, people in (("train", 3), ("val", 2)):
        written = write(tmp_path / f"coco/{split}2017", *people * [person()], person(iscrowd=1))
        (tmp_path / "coco/annotations").mkdir(exist_ok=True)
        written.rename(tmp_path / f"coco/annotations/person_keypoints_{split}2017.json")
    found = find("coco", tmp_path / "coco/annotations")
    report = convert(found, tmp_path / "coco.h5")
    assert "left out   a crowd (2)" in report
    records = read_index(tmp_path / "coco.h5")
    names = [records.name("subject", row) for row in range(len(records))]
    assert names == ["train"] * 3 + ["val"] * 2
    for split, row in (("train", 0), ("val", 4)):
        image = tmp_path / f"coco/{split}2017/000000000007.jpg"
        assert records.file(row).resolve() == image.resolve()
    assert len(records.info.inputs) == 2
    assert "train2017" in records.info.origin
    assert "val2017" in records.info.origin


def test_mpii_s_folder_has_one_folder_of_images(tmp_path):
    images = tmp_path / "mpii/images"
    for split in ("train", "valid"):
        read_mpii(images, mpii_person())
        (tmp_path / "mpii/annot").mkdir(exist_ok=True)
        (images / "train.json").rename(tmp_path / f"mpii/annot/{split}.json")
    convert(find("mpii", tmp_path / "mpii/annot"), tmp_path / "mpii.h5")
    records = read_index(tmp_path / "mpii.h5")
    assert records.names["subject"] == ["train", "val"]
    assert {records.file(row).resolve() for row in (0, 1)} == {(images / "a.jpg").resolve()}
