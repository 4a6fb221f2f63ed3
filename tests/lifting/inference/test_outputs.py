"""People at their heights, and the files that are written of them."""

import csv
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datamodules.cmu.bvh import read_bvh
from datamodules.safe_load import load_npz
from lifting.errors import InputError
from lifting.files import write_together
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.output_options import FORMATS, OutputOptions
from lifting.inference.outputs import (
    at_heights,
    check_before,
    output_files,
    output_paths,
    with_calibrated_size,
)
from lifting.inference.pose_files import pack_poses
from lifting.inference.prediction import Lifted
from lifting.inference.result_files import ResultFiles
from lifting.skeletons import skeleton
from lifting.skeletons.t_pose import t_pose

FRAMES = 6


def people():
    """The figure of the T-pose, 1.4 and 2.1 m tall, who turns about and walks away."""
    tracks, lifted = [], []
    for name, factor in (("anna", 0.8), ("S1/ben", 1.2)):
        angle = np.linspace(0, 1, FRAMES)
        zeros, ones = np.zeros(FRAMES), np.ones(FRAMES)
        turn = np.array(
            [
                [np.cos(angle), zeros, np.sin(angle)],
                [zeros, ones, zeros],
                [-np.sin(angle), zeros, np.cos(angle)],
            ]
        )
        pose = np.einsum("ijt,kj->tki", turn, factor * t_pose(skeleton("h36m17")) * [10, -10, -10])
        pose = (pose - pose[:, :1]).astype(np.float32)
        root = np.linspace([0, 0, 3000], [500, 0, 4000], FRAMES).astype(np.float32)
        known = np.ones((FRAMES, 17), bool)
        points = np.ones((FRAMES, 17, 2))
        frames = np.arange(4, 4 + FRAMES)
        tracks.append(KeypointTrack(name, frames, points, known.astype(float), "coco17"))
        lifted.append(Lifted(pose, known, "h36m17", root, 25.0))
    return tracks, lifted


def stature(lifted):
    """Metres from the ankles to the head of the T-pose, which are 163 of 175 cm of it."""
    pose = lifted.pose.astype(float)
    span = pose[:, [3, 6], 1].mean() - pose[:, 10, 1].mean()
    return span / 1000 * 175 / 163


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (None, (1.4, 2.1)),
        ("1.78", (1.78, 1.78)),
        ("anna=1.65", (1.65, 2.1)),
        ("anna=1.65,S1/ben=1.9", (1.65, 1.9)),
    ],
)
def test_everyone_stands_as_tall_as_is_said(text, wanted):
    tracks, lifted = people()
    scaled = at_heights(tracks, lifted, OutputOptions(person_height=text), "walk.mp4")
    for before, after, metres in zip(lifted, scaled, wanted, strict=True):
        assert stature(after) == pytest.approx(metres, rel=1e-5)
        factor = stature(after) / stature(before)
        np.testing.assert_allclose(after.trajectory, factor * before.trajectory, rtol=1e-5)
        assert after.pose.dtype == after.trajectory.dtype == np.float32


def test_who_is_not_known_at_all_stays_and_who_is_not_there_is_told():
    tracks, lifted = people()
    lost = replace(lifted[0], pose=np.full_like(lifted[0].pose, np.nan), trajectory=None)
    options = OutputOptions(person_height="1.78")
    scaled = at_heights(tracks, [lost, lifted[1]], options, "walk.mp4")
    assert np.isnan(scaled[0].pose).all()
    assert stature(scaled[1]) == pytest.approx(1.78, rel=1e-5)
    with pytest.raises(
        InputError, match=r"walk.mp4: shows no 'ana', but anna, S1/ben; did you mean"
    ):
        at_heights(tracks, lifted, OutputOptions(person_height="ana=1.7"), "walk.mp4")


def test_every_format_is_a_file_of_its_own_and_all_say_the_same(tmp_path):
    tracks, lifted = people()
    files = output_files(tmp_path / "walk_3d.npz", tracks, lifted, FORMATS)
    names = [f"walk_3d_{who}.{end}" for end in ("bvh", "trc", "c3d") for who in ("anna", "S1_ben")]
    assert [path.name for path in files] == [*names, "walk_3d.csv", "walk_3d_angles.csv"]
    for path, content in files.items():
        path.write_bytes(content)
    wanted = lifted[1].pose.astype(float) + lifted[1].trajectory[:, None]
    head = wanted[:, 10] * [1e-3, -1e-3, -1e-3]

    trc = (tmp_path / "walk_3d_S1_ben.trc").read_text().splitlines()
    assert trc[0].endswith("\twalk_3d_S1_ben.trc")
    column = trc[3].split("\t").index("head")
    cells = [[float(c) for c in row.split("\t")[column : column + 3]] for row in trc[6:]]
    np.testing.assert_allclose(cells, head, atol=1e-6)
    rows = list(csv.DictReader((tmp_path / "walk_3d.csv").read_text().splitlines()))
    rows = [row for row in rows if row["person"] == "S1/ben"]
    table = [[float(row[f"head_{axis}"]) for axis in "xyz"] for row in rows]
    np.testing.assert_allclose(table, head, atol=1e-6)
    assert [row["time"] for row in rows][:2] == ["0.160000", "0.200000"]
    angles = list(csv.DictReader((tmp_path / "walk_3d_angles.csv").read_text().splitlines()))
    assert {row["person"] for row in angles} == {"anna", "S1/ben"}
    assert float(angles[0]["left_knee_flexion"]) == pytest.approx(0, abs=0.1)
    assert read_bvh(tmp_path / "walk_3d_anna.bvh").frame_time == pytest.approx(0.04)
    assert (tmp_path / "walk_3d_anna.c3d").read_bytes()[1] == 0x50


def test_a_size_that_nobody_knows_is_that_of_the_calibration(tmp_path):
    matrix = "camera_matrix: {data: [900, 0, 640, 0, 900, 360, 0, 0, 1]}\n"
    (tmp_path / "a.yml").write_text(f"image_width: 1280\nimage_height: 720\n{matrix}")
    (tmp_path / "b.yml").write_text(matrix)
    bare, other = people()[0]
    tracks = [bare, replace(other, size=(640.0, 360.0))]
    for name, sizes in (("a.yml", [(1280, 720), (640, 360)]), ("b.yml", [None, (640, 360)])):
        sized = with_calibrated_size(tracks, OutputOptions(camera=str(tmp_path / name)))
        assert [track.size for track in sized] == sizes
    assert with_calibrated_size(tracks, OutputOptions()) == tracks


def test_names_that_would_be_one_file_get_two():
    tracks, lifted = people()
    tracks = [replace(tracks[0], name="a/b"), replace(tracks[1], name="a:b")]
    files = output_files(Path("o.npz"), tracks, lifted, ("trc",))
    assert [path.name for path in files] == ["o_a_b.trc", "o_a_b_1.trc"]


def test_no_name_is_given_twice_whatever_the_capitals():
    names = ["a", "a_2", "a", "A", "b"]
    paths = [path.name for path in output_paths(Path("o.npz"), names, ("trc", "angles"))]
    assert paths == [*("o_angles.csv", "o_a.trc", "o_a_2.trc", "o_a_3.trc", "o_A_4.trc", "o_b.trc")]


def test_files_are_where_they_are_said_to_be_before(tmp_path):
    tracks, lifted = people()
    target = tmp_path / "o.npz"
    said = list(output_paths(target, [track.name for track in tracks], FORMATS))
    assert sorted(said) == sorted(output_files(target, tracks, lifted, FORMATS))
    # Who is yet to be detected will be called so.
    for name in (
        "o_person0.trc",
        "o_person12.bvh",
        "o_person0.bvh",
        "o_personal.trc",
        "p_person0.trc",
    ):
        (tmp_path / name).touch()
    found = output_paths(target, None, ("trc", "csv"))
    assert sorted(path.name for path in found) == ["o.csv", "o_person0.trc"]
    assert not list(output_paths(tmp_path / "gone" / "o.npz", None, ("trc",)))


@pytest.mark.parametrize("name", ["../../x", "a/b", "漢" * 300, "x" * 5000, "", "..", "a,b\n"])
def test_whatever_a_person_is_called_its_files_lie_in_the_folder(name, tmp_path):
    tracks, lifted = people()
    tracks = [replace(track, name=name) for track in tracks]
    files = output_files(tmp_path / "walk_3d.npz", tracks, lifted, FORMATS)
    write_together(files)
    assert {path.parent for path in files} == {tmp_path}
    # Two people in three formats, and two tables; nothing lies elsewhere.
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in files)
    assert len(files) == 8


def test_what_cannot_be_written_is_told_before(tmp_path, monkeypatch):
    everything = OutputOptions()
    with pytest.raises(InputError, match=r"bvh, c3d hold motion, and these are photographs; give"):
        check_before(everything, ("bvh", "c3d", "csv"), stills=True)
    check_before(everything, ("csv", "angles"), stills=True)
    with pytest.raises(InputError, match=r"no\.yml: there is no such file"):
        check_before(OutputOptions(camera=str(tmp_path / "no.yml")), ())
    matrix = "camera_matrix: {data: [900, 0, 640, 0, 900, 360, 0, 0, 1]}\n"
    (tmp_path / "a.yml").write_text(f"image_width: 1280\nimage_height: 720\n{matrix}")
    given = OutputOptions(camera=str(tmp_path / "a.yml"))
    check_before(given, (), (640.0, 360.0))
    with pytest.raises(InputError, match=r"a\.yml: is the calibration of images of 1280 x 720 px"):
        check_before(given, (), (720.0, 1280.0))
    monkeypatch.setitem(sys.modules, "c3d", None)
    with pytest.raises(InputError, match="C3D needs c3d"):
        check_before(everything, ("c3d",))


def test_a_video_whose_name_is_no_utf_8_gives_every_file(tmp_path):
    target = tmp_path / os.fsdecode(b"w\xe4lk_3d.npz")
    tracks, lifted = people()
    files = output_files(target, tracks, lifted, FORMATS)
    assert len(files) == 2 + 3 * 2
    write_together(files | {target: pack_poses(tracks, lifted, files)})
    assert load_npz(target)["files"].tolist()[-1] == "w\ufffdlk_3d_angles.csv"
    results = ResultFiles(target, "move it.")
    results.refuse_foreign(files)
