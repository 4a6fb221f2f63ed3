"""Photographs and their pictures: which are found, and what is not written over."""

import pytest
from PIL import Image, PngImagePlugin

from lifting.errors import InputError
from lifting.inference.photographs.files import MARK, find_photographs, picture_paths


def photograph(path, written_here=False):
    path.parent.mkdir(exist_ok=True)
    text = PngImagePlugin.PngInfo()
    if written_here:
        text.add_text(*MARK)
    options = {"pnginfo": text} if path.suffix == ".png" else {}
    Image.new("RGB", (4, 3)).save(path, **options)
    return path


def test_a_folder_is_its_photographs_without_what_was_drawn_of_them(tmp_path):
    first, second = (photograph(tmp_path / "in" / name) for name in ("b.PNG", "a.jpg"))
    photograph(tmp_path / "in" / "a_3d.png", written_here=True)
    named = photograph(tmp_path / "drawn_3d.png")
    (tmp_path / "in" / "note.txt").write_text("")
    assert find_photographs([named, tmp_path / "in", second]) == [named, second, first]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no.jpg", r"no\.jpg: there is no such photograph; check the path\."),
        ("a.heic", r"a\.heic: is no photograph; convert it to \.jpeg or \.png\."),
        ("a.mp4", r"a\.mp4: is no photograph; lift videos by `lifting video`\."),
        ("empty", r"empty: holds no photograph; give \.jpg, \.jpeg, \.png\."),
    ],
)
def test_what_is_no_photograph_is_told(tmp_path, name, sentence):
    (tmp_path / "empty").mkdir()
    for file in ("a.heic", "a.mp4"):
        (tmp_path / file).write_bytes(b"")
    with pytest.raises(InputError, match=sentence):
        find_photographs([tmp_path / name])


def test_each_photograph_has_a_picture_of_its_own(tmp_path):
    given = [tmp_path / name for name in ("a/x.jpg", "a/x.png", "b/x.jpg", "b/y.jpg")]
    beside = picture_paths(given, None)
    assert beside == [
        tmp_path / name for name in ("a/x_3d.png", "a/x.png_3d.png", "b/x_3d.png", "b/y_3d.png")
    ]
    together = [path.name for path in picture_paths(given, tmp_path / "out")]
    assert together == ["x_3d.png", "x.png_3d.png", "x.jpg_3d.png", "y_3d.png"]
    assert len({path.name for path in picture_paths([*given, tmp_path / "c/x.jpg"], tmp_path)}) == 5


def test_only_pictures_written_here_are_written_over(tmp_path):
    given = photograph(tmp_path / "in" / "x.jpg")
    photograph(tmp_path / "in" / "x_3d.png", written_here=True)
    assert picture_paths([given], None) == [tmp_path / "in" / "x_3d.png"]
    photograph(tmp_path / "in" / "x_3d.png")
    with pytest.raises(InputError, match=r"x_3d\.png: is there and is no picture of x\.jpg"):
        picture_paths([given], None)
