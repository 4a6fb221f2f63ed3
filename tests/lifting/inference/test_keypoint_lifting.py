"""The command on keypoint files: what it writes is what a call per person returns."""

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich import get_console

from datamodules.cmu.bvh import forward_kinematics, read_bvh
from datamodules.safe_load import load_npz
from lifting.cameras import nominal_camera
from lifting.cli.main import run as command
from lifting.errors import InputError, InputWarning, guarded
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.outputs import output_files
from lifting.inference.prediction import lift
from lifting.skeletons import SKELETONS
from tests.lifting.inference.keypoint_files import made_keypoints as made
from tests.lifting.made_checkpoints import flow, make
from tests.made_lifters import save
from tests.made_methods import made as made_method

pytestmark = pytest.mark.slow(reason="lifts whole files", shapes=True)

ROOT = Path(__file__).parents[3]
SIZE = ["--width", "1280", "--height", "720"]
PEOPLE = [made.person(17, 12, seed, at=(300 + 500 * seed, 350)) for seed in range(2)]


@pytest.fixture
def checkpoint(tmp_path):
    return str(save(make("video_pose_3d"), tmp_path / "vp3d.ckpt"))


@pytest.fixture
def video(tmp_path):
    """Two people; nobody sees the second in frame 5."""
    people = [
        (t, PEOPLE[who][t], None) for t in range(12) for who in range(2) if (who, t) != (1, 5)
    ]
    return str(made.alphapose(tmp_path / "walk.json", people))


def run(*arguments):
    guarded(lambda: command(["predict", *map(str, arguments)]))


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_everyone_is_lifted_and_written_one_after_another(video, checkpoint, tmp_path, capsys):
    run("--keypoints", video, "--checkpoint", checkpoint, *SIZE, "--fps", 25, "--trajectory", True)
    assert "24 frames of 2 people (coco17)" in capsys.readouterr().out
    written = load_npz(tmp_path / "walk_3d.npz")
    assert written["frame"].tolist() == 2 * list(range(12))
    assert written["track"].tolist() == 12 * [0] + 12 * [1]
    assert written["tracks"].tolist() == ["person0", "person1"]
    assert (str(written["skeleton"]), float(written["fps"])) == ("h36m17", 25)
    for who, points in enumerate(PEOPLE):
        given = points.copy()
        if who:
            given[5] = np.nan
        expected = lift(given, checkpoint, size=made.SIZE, trajectory=True)
        rows = written["track"] == who
        np.testing.assert_allclose(written["pose"][rows], expected.pose, atol=1e-3)
        np.testing.assert_allclose(written["trajectory"][rows], expected.trajectory, atol=1e-1)
        assert np.array_equal(written["known"][rows], expected.known)
    assert not written["known"][12 + 5].any()
    assert written["known"].sum() == 23 * 17


def test_one_person_is_lifted_with_every_option(video, checkpoint, tmp_path):
    out = tmp_path / "new" / "mine.npz"
    run(
        *("--keypoints", video, "--checkpoint", checkpoint, "--out", out, *SIZE, "--fps", 25),
        *("--track", "person0", "--flip_test", "true", "--smooth", "one_euro", "--dilation", 2),
        *("--batch_frames", 20, "--device", "cpu", "--format", "alphapose", "--skeleton", "coco17"),
    )
    expected = lift(
        PEOPLE[0],
        checkpoint,
        size=made.SIZE,
        fps=25.0,
        flip_test=True,
        smooth="one_euro",
        dilation=2,
    )
    written = load_npz(out)
    np.testing.assert_allclose(written["pose"], expected.pose, atol=1e-3)
    assert "trajectory" not in written
    assert [p.name for p in out.parent.iterdir()] == ["mine.npz"]


@pytest.fixture
def person(tmp_path, monkeypatch):
    """A lifter that stands in for the default one."""
    (tmp_path / "models").mkdir()
    save(made_method("VideoPose3D", view="person", causal=False), tmp_path / "models" / "any.ckpt")
    entry = {"person": {"kind": "lifter", "source": "path:any.ckpt"}}
    (tmp_path / "models" / "models.json").write_text(json.dumps(entry))
    monkeypatch.setenv("LIFTING_MODELS_FILE", str(tmp_path / "models" / "models.json"))
    return tmp_path / "models" / "any.ckpt"


def test_without_options_it_is_lifted_by_person_smoothed_and_put_on_a_page(
    video, person, tmp_path, capsys
):
    with pytest.warns(
        InputWarning, match=r"walk.json: does not tell .*, and 1280 x 720 are assumed"
    ):
        command(["lift", video])
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *("models", "walk.json", "walk_3d.html", "walk_3d.npz")
    ]
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == f"Open {tmp_path / 'walk_3d.html'} in a browser."
    written = load_npz(tmp_path / "walk_3d.npz")
    expected = lift(PEOPLE[0], person, size=(1280, 720), smooth="savgol")
    np.testing.assert_allclose(written["pose"][:12], expected.pose, atol=1e-3)
    content = (tmp_path / "walk_3d.html").read_text()
    assert "person0" in content
    assert "person1" in content
    # What the first one wrote, the second one replaces; what others wrote, it refuses to.
    command(["lift", video, *SIZE, "--track", "person0"])
    assert load_npz(tmp_path / "walk_3d.npz")["tracks"].tolist() == ["person0"]
    (tmp_path / "walk_3d.npz").write_bytes(b"mine")
    with pytest.raises(
        InputError, match=r"walk_3d\.npz: is there and was not written by a lifting"
    ):
        command(["lift", video, *SIZE])


def test_a_page_is_written_where_it_is_asked_for(video, checkpoint, tmp_path):
    named = ("--out", str(tmp_path / "a.npz"), "--checkpoint", checkpoint, *SIZE)
    command(["lift", video, *named])
    assert not (tmp_path / "a.html").exists()
    command(["lift", video, *named, "--page", str(tmp_path / "b.html")])
    assert (tmp_path / "b.html").is_file()
    with pytest.raises(InputError, match=r"--page b.txt: choose a name that ends in \.html"):
        command(["lift", video, *named, "--page", "b.txt"])


def test_photographs_are_lifted_one_by_one(tmp_path, checkpoint):
    points = PEOPLE[0].copy()
    points[..., 2] = 2
    path = made.coco_annotations(tmp_path / "a.json", [(t, p, {}) for t, p in enumerate(points)])
    run("--keypoints", path, "--checkpoint", checkpoint, "--stills", True)
    written = load_npz(tmp_path / "a_3d.npz")
    assert written["track"].tolist() == list(range(12))
    for t in range(12):
        expected = lift(points[t, :, :2], checkpoint, size=made.SIZE)
        np.testing.assert_allclose(written["pose"][t], expected.pose[0], atol=1e-3)
    run("--keypoints", path, "--checkpoint", checkpoint)
    assert np.abs(load_npz(tmp_path / "a_3d.npz")["pose"] - written["pose"]).max() > 0.1


def test_the_camera_and_the_frame_rate_of_a_store_are_used(tmp_path, checkpoint):
    path = made.store(tmp_path / "s.h5", PEOPLE[0])
    run(
        "--keypoints",
        path,
        "--checkpoint",
        checkpoint,
        "--smooth",
        "one_euro",
        "--trajectory",
        True,
    )
    camera = nominal_camera(*made.SIZE)
    expected = lift(
        PEOPLE[0], checkpoint, camera=camera, fps=25.0, smooth="one_euro", trajectory=True
    )
    written = load_npz(tmp_path / "s_3d.npz")
    np.testing.assert_allclose(written["pose"], expected.pose, atol=1e-2)
    np.testing.assert_allclose(written["trajectory"], expected.trajectory, rtol=1e-3)
    assert float(written["fps"]) == 25


def test_everyone_s_motion_is_written_as_bvh_beside(video, checkpoint, tmp_path, capsys):
    options = (*SIZE, "--trajectory", "true", "--bvh", "true")
    said = refused(capsys, "--keypoints", video, "--checkpoint", checkpoint, *options)
    assert "walk.json: does not tell the frames per second of --bvh: give --fps." in said
    said = refused(
        *(capsys, "--keypoints", video, "--checkpoint", checkpoint, "--stills", "true", *options)
    )
    assert "--bvh holds motion" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["vp3d.ckpt", "walk.json"]

    run("--keypoints", video, "--checkpoint", checkpoint, *options, "--fps", 25)
    assert "walk_3d_person0.bvh and 1 more" in capsys.readouterr().out
    written = load_npz(tmp_path / "walk_3d.npz")
    joints = SKELETONS["h36m17"]
    for who in range(2):
        content = read_bvh(tmp_path / f"walk_3d_person{who}.bvh")
        assert content.frame_time == pytest.approx(0.04)
        places, _ = forward_kinematics(content)
        back = places[:, [content.index(joint) for joint in joints.joints]] * [10, -10, -10]
        rows = written["track"] == who
        np.testing.assert_allclose(back[:, 0], written["trajectory"][rows], rtol=1e-4, atol=0.1)
        pose = written["pose"][rows].astype(float)
        for parent, child in joints.bones:
            lifted, told = (x[:, child] - x[:, parent] for x in (pose, back))
            lengths = np.linalg.norm(lifted, axis=-1)
            wanted = lifted / lengths[:, None] * np.median(lengths)
            np.testing.assert_allclose(told, wanted, atol=0.5)


def test_the_people_the_heights_and_the_files_that_are_asked_for(video, checkpoint, tmp_path):
    given = ("--keypoints", video, "--checkpoint", checkpoint, *SIZE, "--fps", 25)
    out = tmp_path / "out" / "w.npz"
    wanted = (
        "--people",
        "right",
        "--formats",
        "trc,csv,angles,c3d",
        "--smooth_keypoints",
        "savgol",
    )
    run(*given, "--out", out, *wanted, "--person_height", "person1=1.9", "--bvh", "true")
    names = ["w.csv", "w.npz", "w_angles.csv", *(f"w_person1.{e}" for e in ("bvh", "c3d", "trc"))]
    assert sorted(p.name for p in out.parent.iterdir()) == names
    written = load_npz(out)
    assert written["tracks"].tolist() == ["person1"]
    np.testing.assert_allclose(written["heights"], [1.9], rtol=1e-4)
    assert sorted(written["files"].tolist()) == [name for name in names if name != "w.npz"]
    names = written["angle_names"].tolist()
    assert written["angles"].shape == (12, len(names))
    rows = list(csv.DictReader((out.parent / "w_angles.csv").read_text().splitlines()))
    told = [float(row["left_knee_flexion"]) for row in rows]
    np.testing.assert_allclose(
        told, written["angles"][:, names.index("left_knee_flexion")], atol=1e-3
    )

    sized = made.store(tmp_path / "s.h5", PEOPLE[0])
    run("--keypoints", sized, "--checkpoint", checkpoint, "--height", "1.78")
    np.testing.assert_allclose(load_npz(tmp_path / "s_3d.npz")["heights"], [1.78], rtol=1e-4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--person_height", "zoe=1.7"], "walk.json: shows no 'zoe', but person0, person1"),
        (
            ["--formats", "trc"],
            "walk.json: does not tell the frames per second of --trc: give --fps",
        ),
        (["--formats", "c3d", "--stills", "true"], "c3d hold motion, and these are photographs"),
        (["--smooth_keypoints", "butterworth"], "person0: --smooth_keypoints: butterworth depends"),
        (["--height", "1.78"], "images are; give their width and height"),
    ],
)
def test_wrong_people_heights_and_files_are_told_and_nothing_is_written(
    options, words, video, checkpoint, tmp_path, capsys
):
    sized = [] if "--height" in options else SIZE
    said = refused(capsys, "--keypoints", video, "--checkpoint", checkpoint, *sized, *options)
    assert re.search(words, said)
    assert said.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["vp3d.ckpt", "walk.json"]


def test_people_whose_names_are_no_file_names_get_files_of_their_own(checkpoint, tmp_path):
    people = np.stack([made.person(17, 4, seed) for seed in range(2)])
    tracks = [
        KeypointTrack(
            name, np.arange(4), points[..., :2], points[..., 2], "coco17", made.SIZE, 25.0
        )
        for name, points in zip(("S1/walk", "S1:walk"), people, strict=True)
    ]
    lifted = [lift(t.keypoints, checkpoint, size=made.SIZE, fps=25.0) for t in tracks]
    files = output_files(tmp_path / "out.npz", tracks, lifted, ("bvh",))
    assert [path.name for path in files] == ["out_S1_walk.bvh", "out_S1_walk_1.bvh"]
    lost = replace(lifted[1], pose=np.full_like(lifted[1].pose, np.nan))
    with pytest.raises(InputError, match="S1:walk: Where every joint is"):
        output_files(tmp_path / "out.npz", tracks, [lifted[0], lost], ("bvh",))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "walk.json: does not tell how large the images are; give their width and height"),
        (["--width", "5"], "go together"),
        (
            [*SIZE, "--track", "anna"],
            "shows no 'anna', but person0, person1; name one of them with --track",
        ),
        ([*SIZE, "--format", "npz"], "not of format npz"),
        ([*SIZE, "--format", "tea"], "choose npz, store, openpose"),
        ([*SIZE, "--skeleton", "openpose25"], "17 keypoints, but 'openpose25' has 25"),
        ([*SIZE, "--skeleton", "coco18"], "no skeleton 'coco18'"),
        ([*SIZE, "--smooth", "one_euro"], "walk.json: person0: .*give fps"),
        ([*SIZE, "--device", "abacus"], "abacus"),
        ([*SIZE, "--fps", "0"], "fps is 0"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(
    options, words, video, checkpoint, tmp_path, capsys
):
    said = refused(capsys, "--keypoints", video, "--checkpoint", checkpoint, *options)
    assert said.startswith("Error: ")
    assert said.count("\n") == 1
    assert not get_console()._live_stack, "the bar is still there"
    assert re.search(words, said)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["vp3d.ckpt", "walk.json"]


def test_a_wrong_checkpoint_and_a_wrong_place_are_said(video, checkpoint, tmp_path, capsys):
    other = save(flow(), tmp_path / "flow.ckpt")
    assert "PoseFlows" in refused(capsys, "--keypoints", video, "--checkpoint", other, *SIZE)
    said = refused(capsys, "--keypoints", video, "--checkpoint", tmp_path / "no.ckpt", *SIZE)
    assert "no.ckpt: there is no such checkpoint" in said
    blocked = Path(video) / "out.npz"
    given = ("--keypoints", video, "--checkpoint", checkpoint, "--out", blocked, *SIZE)
    assert "out.npz: cannot be written" in refused(capsys, *given)


def predict_in_a_process(folder, video, checkpoint, *options):
    command = [sys.executable, "-m", "lifting", "predict", "--keypoints", video]
    return subprocess.run(
        [*command, "--checkpoint", checkpoint, *SIZE, *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow(reason="starts a process")
def test_it_is_a_form_of_predict(video, checkpoint, tmp_path):
    done = predict_in_a_process(tmp_path, video, checkpoint)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "walk_3d.npz").is_file()


def test_a_wrong_option_ends_it_with_status_2(video, checkpoint, tmp_path):
    done = predict_in_a_process(tmp_path, video, checkpoint, "--track", "anna")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
