"""From annotation to index: the report, and what is refused before anything is written."""

import json
import subprocess
import sys

import pytest

from datamodules.image_convert import convert, find
from datamodules.image_index import read_index
from lifting.errors import InputError
from tests.datamodules.image_readers.test_coco import person, write


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
        ("coco", {}, "--split is None"),
        ("mpii", {"split": "all"}, "--split is all"),
        ("coco", {"split": "val", "every": 0}, "--every is 0"),
    ):
        with pytest.raises(InputError, match=sentence):
            find(kind, path, **options)


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
    assert "is it one of COCO's keypoint files?" in done.stderr
