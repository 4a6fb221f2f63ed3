"""Photographs of people of dots, whose keypoints are known, lifted by the command."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from datamodules.safe_load import load_npz
from lifting.cli.main import run as command
from lifting.errors import InputError
from lifting.inference.detectors import factory
from lifting.inference.people.single_person import SinglePersonTracker
from lifting.inference.photographs import lifting as photograph_lifting
from lifting.inference.prediction import lift
from tests.made_dots import CROP, layout, paint, write_boxes

pytestmark = pytest.mark.slow(reason="detects and lifts photographs", shapes=True)

POINTS = layout(90, 40, 60, 120)
# Lies in the file: to be shown turned clockwise by a quarter.
TURNED = 6


@pytest.fixture
def here(here):
    """The folder with photographs in it, too."""
    upright = Image.fromarray(paint((240, 320), [POINTS]))
    upright.save("a.png")
    exif = Image.Exif()
    exif[0x0112] = TURNED
    upright.transpose(Image.Transpose.ROTATE_90).save("b.jpg", exif=exif, quality=95)
    Image.new("RGB", (240, 320), "grey").save("nobody.png")
    return here


def photo(*words, checkpoint="vp.ckpt"):
    options = ("--detector", "dots.ckpt", "--crop", json.dumps(CROP), "--device", "cpu")
    command(["photo", *words, "--checkpoint", checkpoint, *options])


def written(folder, *given):
    own = {"vp.ckpt", "sb.ckpt", "dots.ckpt", "a.png", "b.jpg", "nobody.png", *given}
    return sorted(path.name for path in folder.iterdir() if path.name not in own)


def clips(page):
    return json.loads(re.findall(r'id="clips">(.*?)</script>', page.read_text())[0])["clips"]


def test_photographs_are_lifted_upright_and_drawn_beside_each(here, capsys, monkeypatch):
    loaded = []
    estimator = factory.CheckpointPoseEstimator
    monkeypatch.setattr(
        factory, "CheckpointPoseEstimator", lambda *o: loaded.append(o) or estimator(*o)
    )
    photo("a.png", "b.jpg", "nobody.png")
    assert len(loaded) == 1
    assert written(here) == ["a_3d.png", "b_3d.png", "photos_3d.html", "photos_3d.npz"]
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "a_3d.png: 1 person",
        "b_3d.png: 1 person",
        "Left out: nobody.png: nobody can be seen on it; give one of a whole person.",
        f"Open {here / 'photos_3d.html'} in a browser.",
    ]
    poses = load_npz("photos_3d.npz")
    assert poses["tracks"].tolist() == ["a.png", "b.jpg"]
    assert poses["frame"].tolist() == [0, 1]
    # The lifter of windows sees the photograph in all of its frames.
    seen = lift(
        np.stack([POINTS] * 40), "vp.ckpt", skeleton="h36m17", size=(240, 320), device="cpu"
    )
    alone = lift(POINTS, "vp.ckpt", skeleton="h36m17", size=(240, 320), device="cpu").pose[0]
    np.testing.assert_allclose(alone, seen.pose[20], atol=1e-3)
    for pose in poses["pose"]:
        np.testing.assert_allclose(pose, alone, atol=0.1 * np.abs(alone).max())
    first, second = (np.asarray(Image.open(f"{name}_3d.png")) for name in "ab")
    assert first.shape == second.shape == (320, 480, 3)
    # The turned one is shown as the other: the dots lie where they do there.
    assert np.abs(first[:, :240].astype(int) - second[:, :240]).mean() < 4
    assert [clip["name"] for clip in clips(here / "photos_3d.html")] == ["a.png", "b.jpg"]
    assert [clip["size"] for clip in clips(here / "photos_3d.html")] == [[240, 320]] * 2


def test_a_folder_is_lifted_twice_and_its_pictures_are_not_lifted_themselves(here):
    for _ in range(2):
        photo(".", checkpoint="sb.ckpt")
        assert written(here) == ["a_3d.png", "b_3d.png", "photos_3d.html", "photos_3d.npz"]
    photo("a.png", "--out", "elsewhere", checkpoint="sb.ckpt")
    assert written(here / "elsewhere", "a.png") == ["a_3d.html", "a_3d.npz", "a_3d.png"]


def test_people_on_one_photograph_have_names(here):
    two = [layout(10, 100, 60, 120), layout(150, 60, 60, 120)]
    Image.fromarray(paint((240, 320), two)).save("two.png")
    write_boxes(here / "boxes.json", [two])
    photo("two.png", "--boxes", "boxes.json", checkpoint="sb.ckpt")
    poses = load_npz("two_3d.npz")
    assert poses["tracks"].tolist() == ["two.png person0", "two.png person1"]
    assert Image.open("two_3d.png").size == (240 + 240, 320)
    asked = ("--people", "right", "--formats", "csv,angles", "--height", "1.7")
    photo("two.png", "--boxes", "boxes.json", *asked, checkpoint="sb.ckpt")
    poses = load_npz("two_3d.npz")
    assert poses["tracks"].tolist() == ["two.png"]
    np.testing.assert_allclose(poses["heights"], 1.7, rtol=1e-4)
    assert poses["files"].tolist() == ["two_3d.html", "two_3d.csv", "two_3d_angles.csv"]
    assert (here / "two_3d.csv").read_text().splitlines()[1].startswith("two.png,0,,")
    with pytest.raises(InputError, match="trc hold motion, and these are photographs"):
        photo("two.png", "--formats", "trc")


def test_a_file_of_others_is_seen_before_anybody_waits(here, monkeypatch):
    monkeypatch.setattr(photograph_lifting, "load_lifter", lambda *_: pytest.fail("is loaded"))
    (here / "a_3d_angles.csv").write_text("mine")
    with pytest.raises(InputError, match=r"a_3d_angles\.csv: is there and was not written"):
        photo("a.png", "--formats", "angles")
    assert written(here) == ["a_3d_angles.csv"]


def test_stopped_it_leaves_the_photographs_that_are_done(here, press_at, capsys):
    calls = press_at(1, SinglePersonTracker, "track")
    with pytest.raises(SystemExit) as ended:
        photo("a.png", "b.jpg", checkpoint="sb.ckpt")
    assert (ended.value.code, len(calls)) == (130, 1)
    assert written(here) == ["a_3d.png", "photos_3d.html", "photos_3d.npz"]
    assert "Stopped early" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nobody.png"], "nobody.png: nobody can be seen on it"),
        (["a.png", "gone.png"], "gone.png: there is no such photograph"),
        (["damaged.png"], "damaged.png: damaged or no picture"),
        (["a.png", "--skeleton", "coco17"], "--skeleton: a checkpoint tells its joint set"),
        (["taken.png"], "taken_3d.html: is there and was not written by a lifting"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(here, words, sentence):
    (here / "damaged.png").write_bytes(b"\x89PNG")
    Image.new("RGB", (9, 9)).save("taken.png")
    (here / "taken_3d.html").write_text("mine")
    with pytest.raises(InputError, match=sentence):
        photo(*words)
    assert written(here, "damaged.png", "taken.png") == ["taken_3d.html"]
