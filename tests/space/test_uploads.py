"""Answers of the Space to files that are given to it, and its folder."""

import ast
import json
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from lifting import __version__
from lifting.inference.app.words import FIELDS
from lifting.inference.options import ReadOptions
from space import uploads

SPACE = Path(__file__).parents[2] / "space"
WALK = SPACE / "examples/walk_alphapose.json"


def answer(*files, lifter="person", fps=None, **options):
    with uploads.lifted([str(f) for f in files], lifter, ReadOptions(**options), fps) as given:
        return given, {Path(file).name: Path(file).stat().st_size for file in given.files}


def test_example_is_lifted_shown_and_gone_when_it_was_given():
    given, sizes = answer(WALK, fps=50, width=1000, height=1000)
    assert given.text == "200 frames of 1 person (coco17)."
    assert given.page.startswith('<iframe title="walk_alphapose_3d" sandbox="allow-scripts"')
    endings = ("_3d.npz", "_3d.csv", "_3d_1.bvh", "_3d.html")
    assert list(sizes) == [f"walk_alphapose{ending}" for ending in endings]
    assert min(sizes.values()) > 10_000
    assert not Path(given.files[0]).parent.exists()


def test_what_the_file_does_not_tell_is_said(tmp_path):
    frames = json.loads(WALK.read_text())[:5]
    path = tmp_path / "a walk.json"
    path.write_text(json.dumps(frames))
    given, sizes = answer(path)
    told, of_size = given.text.splitlines()
    assert told == "5 frames of 1 person (coco17). No BVH, which needs the frames per second."
    assert of_size.startswith("a_walk.json: does not tell how large the images are")
    assert set(sizes) == {"a_walk_3d.npz", "a_walk_3d.csv", "a_walk_3d.html"}


def refused(*files, **options):
    given, sizes = answer(*files, **options)
    assert not given.page
    assert not sizes
    assert "\n" not in given.text
    assert "/" not in given.text.replace("docs/predict.md", "")
    return given.text


class _Evil:
    def __reduce__(self):
        return (pytest.fail, ("was unpickled",))


def test_bad_files_are_one_sentence_each(tmp_path):
    (tmp_path / "notes.json").write_text('{"hello": 1}')
    np.savez(tmp_path / "evil.npz", keypoints=np.array([_Evil()], dtype=object))
    (tmp_path / "a.npz").write_bytes(b"no zip")
    assert refused(tmp_path / "notes.json").startswith("notes.json: its layout is not known")
    assert refused(tmp_path / "evil.npz").startswith("evil.npz: ")
    assert refused(tmp_path / "a.npz").startswith("a.npz: ")
    assert refused() == "There is no file: give one, or choose an example."
    assert refused(WALK, tmp_path / "a.npz").startswith("Several files must be OpenPose's")
    assert refused(WALK, lifter="etc").startswith("There is no lifter")
    assert "“Format”" in refused(WALK, format="cocoo")


def test_more_than_a_visitor_may_give_is_refused(monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FRAMES", 199)
    assert refused(WALK).startswith("200 frames of 1 person are too much for this page: 199 frames")
    monkeypatch.setattr(uploads, "LARGEST", 1000)
    assert "too much for this page" in refused(WALK)


def test_faults_of_the_page_tell_no_more_than_that(monkeypatch, capsys):
    monkeypatch.setattr(uploads, "_lifter", lambda name: 1 / 0)
    assert refused(WALK) == "That failed, by a fault of this page: please report it with the file."
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_page_imports_what_there_is_and_calls_its_fields_as_refusals_do():
    text = (SPACE / "app.py").read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module.startswith(("lifting", "uploads")):
            module = import_module(node.module.replace("uploads", "space.uploads"))
            assert all(hasattr(module, alias.name) for alias in node.names), node.module
    labels = set(re.findall(r'label="([^"]+)"', text))
    assert set(FIELDS.values()) - labels == {FIELDS["smooth"], FIELDS["trajectory"]}


def test_folder_is_that_of_a_space():
    _, front, _ = (SPACE / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    told = dict(line.split(": ", 1) for line in front.splitlines())
    assert told["sdk"] == "gradio"
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["sdk_version"])
    assert (SPACE / told["app_file"]).is_file()
    lines = (SPACE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    asked = [line for line in lines if line and not line.startswith(("#", "--"))]
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", line) for line in asked)
    assert f"lifting-suite=={__version__}" in asked
