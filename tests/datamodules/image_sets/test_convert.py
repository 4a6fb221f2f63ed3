"""From annotation to index: the report, and what is refused before anything is written."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from datamodules.crops.datamodule import ImageDataModule
from datamodules.crops.index import read_index
from datamodules.image_sets.convert import convert, find
from lifting.errors import InputError
from tests.datamodules.image_sets.test_coco import POINTS, person, write
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


def brightness_at_labels(index):
    """The brightness of every crop where its joints are labelled, from 0 to 1."""
    data = ImageDataModule(str(index), workers=0)
    data.subjects["test"] = ["val"]
    data.setup("test")
    batch = data.on_after_batch_transfer(next(iter(data.test_dataloader())), 0)
    affine, points = batch["affine"].numpy(), batch["keypoints"].numpy()
    x, y = np.einsum("nij,nkj->ink", affine[..., :2], points) + affine[..., 2].T[..., None]
    rows = np.arange(len(points))[:, None]
    shown = batch["image"].amax(1).numpy()
    values = shown[rows, np.floor(y).astype(int), np.floor(x).astype(int)]
    low, high = shown.min(), shown.max()
    return ((values - low) / (high - low)).mean(1)


def test_labels_lie_on_upright_images_however_they_are_stored(tmp_path):
    """Of the first two pictures one is stored lying, and the third annotated so."""
    names = ["a.png", "b.png", "c.png"]
    upright = np.full((120, 90, 3), 40, np.uint8)
    for x, y, _ in POINTS:
        upright[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3] = 255
    lying = Image.Exif()
    lying[0x0112] = 6
    Image.fromarray(upright).save(tmp_path / "a.png")
    Image.fromarray(np.rot90(upright).copy()).save(tmp_path / "b.png", exif=lying)
    Image.fromarray(upright.swapaxes(0, 1).copy()).save(tmp_path / "c.png", exif=lying)
    sizes = [(90, 120), (90, 120), (120, 90)]
    images = [
        {"id": n, "file_name": name, "width": width, "height": height}
        for n, (name, (width, height)) in enumerate(zip(names, sizes, strict=True))
    ]
    exchanged = [value for x, y, seen in POINTS for value in (y, x, seen)]
    box = [5, 10, 60, 60]
    people = [person(image_id=0, bbox=box), person(image_id=1, bbox=box)]
    people += [person(image_id=2, bbox=box, keypoints=exchanged)]
    path = write(tmp_path, *people, images=images)
    convert(find("coco", path, split="val"), tmp_path / "index.h5")
    assert (brightness_at_labels(tmp_path / "index.h5") > 0.9).all()


@pytest.mark.real
def test_real_photographs_turned_by_exif(cases, tmp_path):
    folder = cases / "photograph_turned_by_exif"
    found = find("coco", folder / "annotations.json", folder / "im", "val")
    convert(found, tmp_path / "index.h5")
    brightness = brightness_at_labels(tmp_path / "index.h5")
    # Crops blur the small dots, those of pictures that are stored upright as much.
    np.testing.assert_allclose(brightness, [brightness[1]] * 6, atol=0.01)
    assert brightness[1] > 0.7
