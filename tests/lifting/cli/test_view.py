"""The viewer of predictions: every kind of output, and every fault in one sentence."""

import base64
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image
from scipy.spatial import procrustes

from datamodules.store.clips import ClipStore
from datamodules.synthetic.procedural.clips import write_store
from lifting.cli.view import view as command
from lifting.errors import InputError

pytestmark = pytest.mark.slow(reason="draws and encodes videos", shapes=True)

ROOT = Path(__file__).parents[3]
CLIP = "S9/Walking/54138969"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A run with predictions of one clip of the synthetic human: the truth, turned and larger."""
    folder = tmp_path_factory.mktemp("view")
    run = folder / "runs/first"
    run.mkdir(parents=True)
    (run / "config.yaml").write_text(
        "data: {class_path: Synthetic, init_args: {frames_per_sequence: 4}}\n"
    )
    shutil.copytree(run, folder / "runs/second")
    (folder / "runs/empty").mkdir()
    (folder / "runs/empty/config.yaml").write_text("data: {}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datamodules.synthetic.procedural.clips.SEQUENCES", ("Walking",))
        write_store(str(folder / "data/synthetic_seed0_4frames.h5"), 0, 4, ("S9",))
    with ClipStore(folder / "data/synthetic_seed0_4frames.h5") as store:
        pose = store.pose(next(k for k in store.keys if k.path == f"clips/{CLIP}"))
    pose = pose - pose[:, :1]
    turned = 1.2 * pose[..., [2, 1, 0]] * np.array([1, 1, -1], np.float32)
    noise = np.random.default_rng(0).normal(size=pose.shape)
    predicted = (turned + 20 * noise).astype(np.float32)
    clips = np.array([CLIP.split("/")])
    rows = {"clip": np.zeros(4, int), "frame": np.arange(4)}
    np.savez(run / "predictions.npz", pose=predicted, clips=clips, **rows)
    # Every second frame, and in another order.
    rows = {"clip": np.zeros(2, int), "frame": np.array([2, 0])}
    other = folder / "runs/second/predictions.npz"
    np.savez(other, pose=predicted[[2, 0]] + 1, clips=clips, **rows)
    return folder, predicted, pose


@pytest.fixture
def view(workplace, monkeypatch):
    monkeypatch.chdir(workplace[0])
    return command


def shown(path):
    """The clip of a page: its poses by method, the true ones, and the rest as it is written."""
    pattern = r'<script type="application/json" id="clips">(.*?)</script>'
    (clip,) = json.loads(re.findall(pattern, Path(path).read_text())[0])["clips"]
    unpacked = {
        track["name"]: np.frombuffer(base64.b64decode(track["values"]), "<f4").reshape(-1, 17, 3)
        for track in (*clip["methods"], clip["truth"])
    }
    return unpacked, clip


def test_page_goes_into_the_run_and_holds_the_frames_asked_for(view, workplace, capsys):
    view("first", start=1, frames=2)
    poses, clip = shown("runs/first/predictions.html")
    np.testing.assert_array_equal(poses["first"], workplace[1][1:3])
    np.testing.assert_allclose(poses["truth"], workplace[2][1:3], atol=1e-3)
    assert clip["frames"] == [1, 2]
    assert (clip["name"], clip["fps"]) == (CLIP, 50)
    assert f"2 frames of {CLIP} in runs/first/predictions.html" in capsys.readouterr().out


def test_aligned_poses_are_those_of_procrustes_analysis(view, workplace, tmp_path):
    view("first", clip="S9", align=True, out=str(tmp_path / "a.html"))
    poses, _ = shown(tmp_path / "a.html")
    for aligned, pose, truth in zip(poses["first"], *workplace[1:], strict=True):
        # Its result is in units of the truth's norm.
        a, b, _ = procrustes(truth, pose)
        wanted = np.linalg.norm((a - b) * np.linalg.norm(truth - truth.mean(0)), axis=-1)
        np.testing.assert_allclose(np.linalg.norm(aligned - truth, axis=-1), wanted, atol=0.01)
        assert wanted.mean() < 40


def test_runs_stand_side_by_side_on_the_same_frames(view, workplace, tmp_path):
    view("first", beside=["second"], every=2, out=str(tmp_path / "a.html"))
    poses, clip = shown(tmp_path / "a.html")
    assert [method["name"] for method in clip["methods"]] == ["first", "second"]
    np.testing.assert_array_equal(poses["second"], workplace[1][::2] + 1)
    with pytest.raises(InputError, match="has 0 of the 1 frames shown; predict both"):
        view("first", beside=["second"], index=1, out=str(tmp_path / "a.html"))
    with pytest.raises(InputError, match=r"a.png: shows one run; choose a name that ends in .html"):
        view("first", beside=["second"], out=str(tmp_path / "a.png"))
    view("first", beside=["second"], every=2, out=str(tmp_path / "a.mp4"))
    with av.open(str(tmp_path / "a.mp4")) as container:
        (first, _) = container.decode(video=0)
    assert (first.width, first.height) == (3 * 480, 480)


@pytest.mark.parametrize(("options", "frames"), [({"every": 2}, 2), ({"index": 3}, 120)])
def test_video_turns_over_a_clip_or_around_one_pose(view, tmp_path, options, frames):
    view("first", out=str(tmp_path / "a.mp4"), **options)
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == frames


def test_picture_shows_a_column_per_frame_up_to_six(view, tmp_path):
    view("first", out=str(tmp_path / "a.png"))
    assert imread(tmp_path / "a.png").shape[:2] == (616, 792)  # 4 columns of 1.8 inches at 110 dpi
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_a_gif_turns_as_the_video_does(view, tmp_path):
    view("first", frames=3, out=str(tmp_path / "a.gif"))
    with Image.open(tmp_path / "a.gif") as gif:
        assert (gif.n_frames, gif.size) == (3, (960, 480))


def test_poses_with_a_place_are_projected_back(view, workplace, tmp_path):
    folder, predicted, _ = workplace
    shutil.copytree(folder / "runs/first", "runs/absolute", dirs_exist_ok=True)
    place = np.array([[100.0, -50.0, 4000.0]] * 4, np.float32)
    content = dict(np.load("runs/first/predictions.npz"))
    np.savez("runs/absolute/predictions.npz", **content, trajectory=place)
    view("absolute", reproject=True, out=str(tmp_path / "a.html"))
    _, clip = shown(tmp_path / "a.html")
    points = np.frombuffer(base64.b64decode(clip["keypoints"]["values"]), "<f4").reshape(-1, 17, 2)
    with ClipStore(folder / "data/synthetic_seed0_4frames.h5") as store:
        key = next(k for k in store.keys if k.path == f"clips/{CLIP}")
        camera = store.camera(key)
    deep = predicted + place[:, None]
    # The synthetic cameras have no distortion to speak of in the middle of the image.
    by_hand = camera.focal.numpy() * deep[..., :2] / deep[..., 2:] + camera.principal.numpy()
    np.testing.assert_allclose(points, by_hand, atol=0.05 * np.abs(by_hand).max())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"run": "none"}, "runs/none: there is no such run"),
        ({"run": "empty"}, "runs/empty/predictions.npz: not predicted yet"),
        ({"out": "a.avi"}, "--out a.avi: choose a name that ends in .html, .mp4, .gif, .png"),
        ({"part": "legs"}, "--part: first is no run of flows; leave it out."),
        ({"reproject": True}, "was predicted without a trajectory"),
        ({"clip": "S9/Sitting"}, "has no clip 'S9/Sitting'"),
        ({"index": 4}, "--index 4: runs/first/predictions.npz holds poses 0 to 3"),
        ({"index": 0, "clip": "S9"}, "give one of them"),
        ({"start": 4}, "--start 4: the last predicted frame of the clip is 3"),
        ({"frames": 0}, "--frames 0"),
        ({"out": "nowhere/a.png"}, "nowhere/a.png: cannot be written"),
    ],
)
def test_fault_is_named_in_one_sentence(view, arguments, sentence):
    with pytest.raises(InputError) as error:
        view(**{"run": "first"} | arguments)
    assert sentence in str(error.value)


def test_command_ends_with_a_sentence_and_a_status(workplace):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/view_predictions.py", "none"],
        cwd=workplace[0],
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.strip() == "Error: runs/none: there is no such run; check its name."
