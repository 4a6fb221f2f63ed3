"""The command on one pose: what it prints, draws and writes, and every fault in one sentence."""

import base64
import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image

from lifting.inference.prediction import lift
from tests.lifting.inference.keypoint_files import made_keypoints as made
from tests.lifting.made_checkpoints import flow, make
from tests.made_lifters import save
from tests.scripts.running import refused, script

pytestmark = pytest.mark.slow(reason="runs whole commands", shapes=True)

POINTS = made.person(17, 9, at=(200, 150))
SIZE = ["--width", "1280", "--height", "720"]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(make("video_pose_3d"), tmp_path / "vp3d.ckpt")
    made.alphapose(tmp_path / "walk.json", [(t, p, None) for t, p in enumerate(POINTS)])
    return tmp_path


def run_model(*arguments):
    script("run_model", *arguments)


def printed(text):
    """The millimetres of the table."""
    lines = [line.split() for line in text.splitlines()]
    return np.array([line[1:4] for line in lines if len(line) == 4 and "." in line[1]], float)


def test_frame_of_a_file_is_printed_drawn_and_put_on_a_page(workplace, capsys):
    run_model("vp3d.ckpt", "--keypoints", "walk.json", "--frame", "4", *SIZE, "--page", "a.html")
    said = capsys.readouterr().out
    expected = lift(POINTS, "vp3d.ckpt", size=made.SIZE).pose[4]
    assert said.startswith("walk.json, person0, frame 4: VideoPose3D\n")
    np.testing.assert_allclose(printed(said), expected, atol=0.06)
    height, width = imread("pose.png").shape[:2]
    assert width > 3 * height > 600
    clip = json.loads(re.findall(r'id="clips">(.*?)</script>', Path("a.html").read_text())[0])
    (track,) = clip["clips"][0]["methods"]
    values = np.frombuffer(base64.b64decode(track["values"]), "<f4").reshape(17, 3)
    np.testing.assert_array_equal(values, expected)
    assert sorted(p.name for p in workplace.iterdir()) == [
        *("a.html", "pose.png", "vp3d.ckpt", "walk.json")
    ]


def test_without_a_checkpoint_it_is_lifted_by_person(workplace, capsys, monkeypatch):
    entry = {"person": {"kind": "lifter", "source": "path:vp3d.ckpt"}}
    (workplace / "models.json").write_text(json.dumps(entry))
    monkeypatch.setenv("LIFTING_MODELS_FILE", str(workplace / "models.json"))
    run_model("--keypoints", "walk.json", "--frame", "4", *SIZE)
    expected = lift(POINTS, "vp3d.ckpt", size=made.SIZE).pose[4]
    np.testing.assert_allclose(printed(capsys.readouterr().out), expected, atol=0.06)


def test_pose_comes_from_the_command_line_or_from_outside(workplace, capsys, monkeypatch):
    text = json.dumps(POINTS[0].tolist())
    run_model("vp3d.ckpt", "--pose", text, *SIZE, "--out", "one.png", "--reproject", "true")
    first = capsys.readouterr().out
    np.testing.assert_allclose(
        printed(first), lift(POINTS[0], "vp3d.ckpt", size=made.SIZE).pose[0], atol=0.06
    )
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    run_model("vp3d.ckpt", "--pose", "-", *SIZE, "--out", "two.png")
    assert printed(capsys.readouterr().out).tolist() == printed(first).tolist()
    # The projection is drawn in one of them.
    one, two = imread("one.png"), imread("two.png")
    assert one.shape != two.shape or (one != two).any()


def test_photograph_says_how_large_it_is_and_lies_under_the_keypoints(workplace, capsys):
    Image.new("RGB", (640, 480), (0, 128, 0)).save("photo.png")
    arguments = ["--pose", json.dumps(POINTS[0].tolist()), "--picture", "photo.png"]
    run_model("vp3d.ckpt", *arguments, "--page", "a.html")
    expected = lift(POINTS[0], "vp3d.ckpt", size=(640, 480)).pose[0]
    np.testing.assert_allclose(printed(capsys.readouterr().out), expected, atol=0.06)
    green = (np.abs(imread("pose.png")[..., :3] - [0, 128 / 255, 0]) < 0.01).all(-1)
    assert green.mean() > 0.05
    assert "data:image/jpeg" in Path("a.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Give either --keypoints, a file, or --pose"),
        (["--keypoints", "walk.json", "--pose", "[]"], "Give either"),
        (["--keypoints", "walk.json"], "give their width and height"),
        (["--keypoints", "walk.json", "--width", "5"], "go together"),
        (["--keypoints", "walk.json", *SIZE, "--frame", "9"], "is not on frame 9"),
        (["--pose", "[]", *SIZE], "has 0 points"),
        (["--keypoints", "walk.json", *SIZE, "--out", "a.gif"], "--out a.gif: choose a name"),
        (["--keypoints", "walk.json", *SIZE, "--page", "a.png"], "--page a.png: choose a name"),
        (["--keypoints", "walk.json", *SIZE, "--out", "no/a.png"], "cannot be written"),
        (["--keypoints", "walk.json", "--picture", "walk.json"], "damaged or no picture"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(workplace, capsys, arguments, said):
    before = sorted(p.name for p in workplace.iterdir())
    assert said in refused(capsys, "run_model", "vp3d.ckpt", *arguments)
    assert sorted(p.name for p in workplace.iterdir()) == before


def test_checkpoint_of_no_lifter_is_named(workplace, capsys):
    save(flow(), Path("flow.ckpt"))
    arguments = ("flow.ckpt", "--keypoints", "walk.json", *SIZE)
    assert "flow.ckpt: is of a PoseFlows" in refused(capsys, "run_model", *arguments)
