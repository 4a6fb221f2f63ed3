"""Files in VideoPose3D's layout that are damaged, hostile, or not as they should be."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datamodules.custom.convert import convert
from lifting.errors import InputError
from tests.datamodules.made_npz import (
    FRAMES,
    RIG,
    filmed,
    people,
    person,
    write_2d,
    write_3d,
    write_cameras,
)

ROOT = Path(__file__).parents[3]
WALK = filmed({"anna": {"walk": person()}})["anna"]["walk"]


def refused(out, message, keypoints, **options):
    with pytest.raises(InputError, match=message):
        convert(keypoints, out, **options)
    assert not out.exists()
    assert not list(out.parent.glob("*.partial"))


def spoilt(frame, joint, value=np.nan):
    views = [view.copy() for view in WALK]
    views[1][frame, joint] = value
    return views


def of_anna(views, **told):
    return {"tree": {"anna": {"walk": views}}, **told}


def with_confidence(value):
    return [np.concatenate([view, np.full((FRAMES, 17, 1), value)], -1) for view in WALK]


VIEWS = of_anna(WALK)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (
            of_anna(spoilt(4, 2)),
            {},
            r"2d\.npz: anna walk, camera 'right': the right_knee of frame 4 is NaN.*"
            r"--missing interpolate",
        ),
        (of_anna(spoilt(7, 0, np.inf)), {}, "the pelvis of frame 7 is NaN or infinite"),
        (
            of_anna(spoilt(slice(None), 9)),
            {"missing": "interpolate"},
            "camera 'right': the face is NaN or infinite in every frame",
        ),
        (
            of_anna(np.full((2, FRAMES, 17, 2), np.nan)),
            {"missing": "interpolate"},
            "the pelvis is NaN or infinite in every frame",
        ),
        (VIEWS, {"missing": "drop"}, "--missing is 'drop': choose one of refuse, interpolate"),
        (of_anna(WALK[:1]), {}, "keypoints of 1 cameras, but 2 are described"),
        (of_anna([None, None]), {}, "no camera saw anything"),
        (of_anna(WALK[0]), {}, r"keypoints are \(17, 2\), expected \(frames, 17, 2\)"),
        (of_anna([view[:0] for view in WALK]), {}, r"\(0, 17, 2\).* at least one frame"),
        (of_anna([view[:, :16] for view in WALK]), {}, "keypoints of 16 joints, but 'h36m17' has"),
        (of_anna([view / 500 - 1 for view in WALK]), {}, "give pixels, not normalised"),
        (of_anna(with_confidence(90)), {}, "confidence is not from 0 to 1, but 90"),
        (of_anna(with_confidence(-2)), {}, "confidence is not from 0 to 1, but -2"),
        (of_anna("a view"), {}, "no list of one array per camera"),
        (of_anna(["a view", "b"]), {}, "anna walk, camera 0: no array of numbers"),
        (of_anna([[[1, 2], [3]], WALK[1]]), {}, "anna walk, camera 0: no array of numbers"),
        (of_anna([{"x": 1}, WALK[1]]), {}, "anna walk, camera 0: no array of numbers"),
        ({"tree": {"anna": WALK}}, {}, "expected a dictionary of subjects"),
        ({"tree": {}}, {}, "expected a dictionary of subjects"),
        ({"tree": {"..": {"walk": WALK}}}, {}, r"'\.\.' is no name that can be kept"),
        ({"tree": {"an\0na": {"walk": WALK}}}, {}, "is no name that can be kept"),
        (
            {"tree": {"Train/S1": {"a": WALK}, "Train_S1": {"b": WALK}}},
            {},
            "two subjects have the same name once '/' is '_'",
        ),
        ({"tree": {"anna": {"a/b": WALK, "a_b": WALK}}}, {}, "clips/anna/a_b/left: given twice"),
        (
            of_anna(WALK, layout_name="humaneva20"),
            {},
            "layout_name 'humaneva20' is not known.*--sk",
        ),
        (of_anna(WALK, layout_name=None), {}, "it has no layout_name.*--skeleton"),
        (of_anna(WALK, num_joints=16), {}, "tells of 16 joints, but 'h36m17' has 17.*--skeleton"),
        (of_anna(WALK, num_joints=np.arange(3)), {}, r"tells of \[0 1 2\] joints"),
        (
            of_anna(WALK, layout_name="coco"),
            {},
            r"keypoints_symmetry has left \[4, 5, 6, 11, 12, 13\].* where 'coco17' has \[\[1, 3, 5,",
        ),
        (VIEWS, {"joint_set": "coco17"}, "keypoints_symmetry .* where 'coco17'"),
        (
            of_anna(WALK, keypoints_symmetry=[[1, 2, 3, 14, 15, 16], [4, 5, 6, 11, 12, 13]]),
            {},
            r"keypoints_symmetry has left \[1, 2, 3, 14, 15, 16\]",
        ),
        (of_anna(WALK, keypoints_symmetry=[1, 2]), {}, "is no two lists of joints"),
        (of_anna(WALK, keypoints_symmetry=[["a"], ["b"]]), {}, "is no two lists of joints"),
        (VIEWS, {"joint_set": "coco18"}, "no skeleton 'coco18'; known are"),
        (VIEWS, {"source": "gt", "poses": "3d.npz"}, "--source is 'gt'.*choose another name"),
        (VIEWS, {"source": "a/b"}, "--source is 'a/b'"),
        (VIEWS, {"fps": 0.0}, "--fps is 0.0: give frames per second"),
        (VIEWS, {"fps": float("nan")}, "--fps is nan"),
        (VIEWS, {"cameras": None}, "does not tell its frame rate; give it with --fps"),
        (VIEWS, {"cameras": None, "fps": 25.0}, "do not tell the image size of 'anna'.*--cameras"),
        (VIEWS, {"cameras": None, "poses": "3d.npz"}, "3d.npz: poses are seen through cameras"),
        (
            of_anna(WALK, video_metadata={"anna": {"w": 640}}),
            {},
            "video_metadata of 'anna' are no w and h",
        ),
        (of_anna(WALK, video_metadata={"anna": {"w": 0, "h": 9}}), {}, "of 'anna' are no w and h"),
        (of_anna(WALK, video_metadata=[640, 480]), {}, "video_metadata is no dictionary"),
    ],
)
def test_bad_keypoints_are_refused(tmp_path, content, options, message):
    path = write_2d(tmp_path / "2d.npz", **content)
    options = {"cameras": write_cameras(tmp_path / "cameras.json")} | options
    options |= {"poses": Path(options["poses"])} if "poses" in options else {}
    refused(tmp_path / "out.h5", message, path, **options)


def rig(**replaced):
    """Both cameras, the first with other entries."""
    changed = RIG["left"] | replaced
    changed = {key: value for key, value in changed.items() if value is not None}
    return {"fps": 50, "cameras": RIG | {"left": changed}}


BEHIND = [RIG["left"]["orientation"][0], *(-x for x in RIG["left"]["orientation"][1:])]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (rig(focal=None), r"c\.json: camera 'left' has no 'focal', which poses need"),
        (rig(orientation=None), "camera 'left' has no 'orientation'"),
        (rig(resolution=None), "camera 'left': has no 'resolution'"),
        (rig(tangental=[0, 0]), "camera 'left': 'tangental' is not known; known are"),
        (rig(tangential=[0.1, 0.2]), "'tangential' is not of the form"),
        (rig(tangential={"p1": 0.1, "p2": "0"}), r"'tangential' is \['0', 0.1\]; give 2 finite"),
        (rig(radial=[0.1, 0.2]), r"'radial' is \[0.1, 0.2\]; give 3 finite numbers"),
        (rig(focal=[1000, float("nan")]), "'focal' is .*; give 2 finite numbers"),
        (rig(focal=["1000", "1000"]), "'focal' is .*; give 2 finite numbers"),
        (rig(focal=[1000, 0]), "'resolution' and 'focal' are not above 0"),
        (rig(focal=[1000, [1]]), "'focal' is .*; give 2 finite numbers"),
        (rig(focal=10**400), "holds the number 1000"),
        (rig(lens="fisheye"), "the lens is 'fisheye'; known are h36m, opencv"),
        (rig(lens=["opencv"]), r"the lens is \['opencv'\]"),
        (rig(orientation=[1, 1, 0, 0]), "no unit quaternion"),
        (rig(orientation=[0, 0, 0, 0]), "no unit quaternion"),
        (rig(translation=[4062.2, 663.2, 1528.4]), r"'translation' is \[4062.2, .*; give metres"),
        (rig(orientation=BEHIND), "anna walk, camera 'left': in frame .* joints lie behind"),
        ({"fps": 0, "cameras": RIG}, "'fps' is 0: give frames"),
        ({"fps": "50", "cameras": RIG}, "'fps' is '50': give frames"),
        ({"fps": 50}, "needs either 'cameras', one rig for all, or 'subjects'"),
        ({"fps": 50, "cameras": RIG, "subjects": {}}, "needs either 'cameras'"),
        ({"fps": 50, "camera": RIG, "cameras": RIG}, "'camera' is not known"),
        ({"fps": 50, "cameras": []}, "are no dictionary of cameras"),
        ({"fps": 50, "subjects": {"anna": {}}}, "the cameras of 'anna' are no dictionary"),
        ({"fps": 50, "subjects": []}, "'subjects' is no dictionary"),
        ({"fps": 50, "subjects": {"ben": RIG}}, "has no cameras of 'anna'; add them"),
        ({"fps": 50, "cameras": {"left": 5, "right": 6}}, "camera 'left': has no 'resolution'"),
        ({"fps": 50, "cameras": {"": RIG["left"], "b": RIG["right"]}}, "'' is no name"),
        ({"fps": 50, "cameras": {"a": RIG["left"], "b/c": RIG["right"]}}, "a name holds a '/'"),
        ([], "needs either 'cameras'"),
    ],
)
def test_bad_cameras_are_refused(tmp_path, content, message):
    refused(
        tmp_path / "out.h5",
        message,
        write_2d(tmp_path / "2d.npz", VIEWS["tree"]),
        poses=write_3d(tmp_path / "3d.npz", {"anna": {"walk": person()}}),
        cameras=write_text(tmp_path / "c.json", json.dumps(content)),
    )


def write_text(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\0", '{"fps": 50,}'])
def test_a_cameras_file_that_is_no_json_is_refused(tmp_path, text):
    refused(
        tmp_path / "out.h5",
        r"c\.json: damaged or not a JSON file",
        write_2d(tmp_path / "2d.npz", VIEWS["tree"]),
        cameras=write_text(tmp_path / "c.json", text),
    )


def nan_pose():
    pose = person()
    pose[3, 5, 1] = np.nan
    return pose


@pytest.mark.parametrize(
    ("poses", "options", "message"),
    [
        ({"anna": {"walk": nan_pose()}}, {}, r"3d\.npz: anna walk, .* NaN or infinity, .*frame 3"),
        (
            {"anna": {"walk": 1000 * person()}},
            {},
            r"anna walk, from metres to millimetres: the mean",
        ),
        ({"anna": {"walk": person()[:, :16]}}, {}, r"\(12, 16, 3\); name .*--pose_skeleton"),
        ({"anna": {"walk": person()}}, {"pose_joint_set": "h36m16"}, r"\(12, 17, 3\), expected"),
        ({"anna": {"walk": person()[0]}}, {}, r"\(17, 3\); name the joint set"),
        ({"anna": {"walk": "pose"}}, {}, "anna walk: no array of numbers"),
        ({"anna": {"run": person()}}, {}, r"3d\.npz: has no subject and action of .*2d\.npz"),
        (
            {"anna": {"walk": person(frames=FRAMES + 1)}},
            {},
            "anna walk, camera 'left': 12 frames of keypoints for 13 frames of poses",
        ),
    ],
)
def test_bad_poses_are_refused(tmp_path, poses, options, message):
    refused(
        tmp_path / "out.h5",
        message,
        write_2d(tmp_path / "2d.npz", VIEWS["tree"]),
        poses=write_3d(tmp_path / "3d.npz", poses),
        cameras=write_cameras(tmp_path / "c.json"),
        **options,
    )


def test_a_file_without_the_entry_is_refused(tmp_path):
    three = write_3d(tmp_path / "3d.npz", people())
    message = r"3d\.npz: no 'positions_2d' in it, only positions_3d; .*data_2d_\*\.npz"
    refused(tmp_path / "out.h5", message, three, fps=25.0)


def test_a_metadata_that_is_none_is_refused(tmp_path):
    path = tmp_path / "2d.npz"
    np.savez(path, positions_2d=np.array(VIEWS["tree"], object), metadata=np.arange(3))
    refused(tmp_path / "out.h5", "its 'metadata' is no dictionary", path, fps=25.0)


class Hostile:
    def __reduce__(self):
        return Path.touch, (Path("ran"),)


def test_a_file_that_asks_to_run_something_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_2d(tmp_path / "2d.npz", {"anna": {"walk": [Hostile()]}})
    refused(tmp_path / "out.h5", "refused, because it asks to run", path, fps=25.0)
    assert not (tmp_path / "ran").exists()
    pickle.loads(pickle.dumps(Hostile()))
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("part", [0.0, 0.3, 0.99])
def test_a_file_cut_short_is_refused(tmp_path, part):
    path = write_2d(tmp_path / "2d.npz", VIEWS["tree"])
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    refused(tmp_path / "out.h5", r"2d\.npz: damaged or not an \.npz file", path, fps=25.0)


@pytest.mark.slow(reason="starts commands as new processes", shapes=True)
def test_the_command_says_it_in_one_sentence(tmp_path):
    path = write_2d(tmp_path / "2d.npz", of_anna(spoilt(4, 2))["tree"])
    cameras = write_cameras(tmp_path / "c.json")
    command = [sys.executable, str(ROOT / "scripts/prepare_npz.py"), str(path), "--cameras"]
    done = subprocess.run(
        [*command, str(cameras), "--out", "out.h5"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    (sentence,) = [line for line in done.stderr.splitlines() if line]
    assert sentence.startswith(
        f"Error: {path}: anna walk, camera 'right': the right_knee of frame 4"
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2d.npz", "c.json"]


@pytest.mark.real
def test_real_keypoints_with_left_and_right_exchanged_are_warned_of(cases, tmp_path):
    folder = cases / "left_and_right_exchanged"
    paths = [folder / name for name in ("2d.npz", "3d.npz", "cameras.json")]
    report = convert(paths[0], tmp_path / "o.h5", poses=paths[1], cameras=paths[2])
    assert report.count("WARNING") == 3
    assert report.count("the keypoints fit better, with 0.0 px, if read with left and right") == 3
