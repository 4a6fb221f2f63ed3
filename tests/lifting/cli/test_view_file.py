"""``lifting view`` of files of poses: what is written, and what is refused."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from lifting.cli.main import run as command
from lifting.errors import InputError
from lifting.inference.video.reader import Video
from tests.lifting.inference.test_pose_reading import lifted, pack_poses, person


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the poses of two people, and with those of another program."""
    tracks, poses = zip(lifted("one", 8), lifted("two", 5, 3), strict=True)
    (tmp_path / "walk_3d.npz").write_bytes(pack_poses(list(tracks), list(poses)))
    np.save(tmp_path / "other.npy", person(4))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(path):
    (data,) = re.findall(
        r'<script type="application/json" id="clips">(.*?)</script>', path.read_text(), re.S
    )
    return json.loads(data)["clips"][0]


def test_a_page_stands_beside_the_file(here, capsys):
    command(["view", "walk_3d.npz"])
    assert capsys.readouterr().out == ("13 frames of 2 people (h36m17) in walk_3d_view.html\n")
    clip = shown(here / "walk_3d_view.html")
    assert [method["name"] for method in clip["methods"]] == ["one", "two"]
    assert (clip["frames"], clip["fps"], clip["keypoints"]) == (list(range(8)), 30, None)
    assert clip["room"]
    # Joints that rest on no keypoint are marked.
    assert clip["methods"][0]["hidden"]


def test_the_folder_of_a_lifted_video_stands_for_its_poses(here, capsys):
    (here / "walk_3d").mkdir()
    (here / "walk_3d.npz").rename(here / "walk_3d/poses.npz")
    command(["view", "walk_3d"])
    assert capsys.readouterr().out.endswith("in walk_3d/poses_view.html\n")


def test_a_file_of_another_kind_is_refused(here):
    (here / "a.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"a\.jpg: is no file of poses; name an \.npz"):
        command(["view", "a.jpg"])


def test_poses_of_others_need_their_joint_set_and_have_a_rate(here):
    with pytest.raises(InputError, match="--skeleton h36m17 or"):
        command(["view", "other.npy"])
    assert not list(here.glob("*.html"))
    options = ["--skeleton", "mpi3dhp17", "--fps", "50", "--every", "2", "--out", "o.html"]
    command(["view", "other.npy", *options])
    clip = shown(here / "o.html")
    assert (clip["frames"], clip["fps"]) == ([0, 2], 25)
    assert clip["methods"][0]["joints"] == "mpi3dhp17"


def test_a_picture_and_videos_are_written(here):
    command(["view", "walk_3d.npz", "--out", "a.png"])
    assert Image.open(here / "a.png").width > 800
    command(["view", "walk_3d.npz", "--track", "two", "--out", "a.mp4"])
    video = Video("a.mp4")
    assert (video.frames, video.fps, video.size) == (5, 30, (480, 480))
    options = ["--start", "3", "--frames", "2", "--out", "b.mp4"]
    command(["view", "walk_3d.npz", *options])
    assert (Video("b.mp4").frames, Video("b.mp4").size) == (2, (960, 480))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["gone.npz"], "gone.npz: there is no such file"),
        (["walk_3d.npz", "--align", "true"], "--align: walk_3d.npz is a file; leave it out"),
        (["walk_3d.npz", "--track", "three"], "shows no 'three', but one, two"),
        (["walk_3d.npz", "--start", "9"], "--start 9: the last frame is 7"),
        (["walk_3d.npz", "--out", "a.avi"], "choose a name that ends in .html"),
        (["walk_3d.npz", "--fps", "0"], "give frames per second"),
        (["other.npy", "--skeleton", "lsp14"], "has poses of 17 joints, and 'lsp14' has 14"),
        (["some_run", "--track", "one"], "--track: some_run is a run; leave it out"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_written(here, given, sentence):
    before = sorted(here.iterdir())
    with pytest.raises(InputError, match=re.escape(sentence)) as caught:
        command(["view", *given])
    assert "\n" not in str(caught.value)
    assert sorted(here.iterdir()) == before
