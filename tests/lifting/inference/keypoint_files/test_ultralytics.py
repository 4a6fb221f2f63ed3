"""Results and labels of Ultralytics' pose models."""

import json

import numpy as np
import pytest

from lifting.errors import InputError, InputWarning
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files import made_keypoints as made

COCO = made.person(17)
COCO[..., 2] = COCO[..., 2].clip(0.5, 0.99)
SIZED = ReadOptions(**made.SIDES)


def result(points, name="person", **more):
    """An entry of ``Results.summary()``."""
    x, y, visible = points.T.tolist()
    keypoints = {"keypoints": {"x": x, "y": y, "visible": visible}}
    box = {"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0}
    return {"name": name, "class": 0, "confidence": 0.9, "box": box} | keypoints | more


def check(track, points=COCO, atol=1e-3):
    assert track.skeleton == "coco17"
    np.testing.assert_allclose(track.keypoints, points[..., :2], atol=atol)
    np.testing.assert_allclose(track.confidence, points[..., 2], atol=1e-3)


def test_json_of_a_video(tmp_path):
    frames = [[result(points, track_id=4)] for points in COCO]
    (track,) = read_tracks(made.write(tmp_path / "u.json", frames), ReadOptions())
    check(track)
    assert track.name == "4"
    texts = [json.dumps(frame) for frame in [[], *frames]]
    (track,) = read_tracks(made.write(tmp_path / "t.json", texts), ReadOptions())
    assert track.frames.tolist() == [1, 2, 3, 4, 5, 6]


def test_what_the_model_is_not_sure_of_is_missing(tmp_path):
    points = COCO.copy()
    points[:, 9] = [0, 0, 0.3]
    path = made.write(tmp_path / "u.json", [[result(p)] for p in points])
    (track,) = read_tracks(path, ReadOptions())
    assert (track.seen == (np.arange(17) != 9)).all()


def test_shares_need_the_size(tmp_path):
    shares = COCO / [*made.SIZE, 1]
    path = made.write(tmp_path / "u.json", [[result(points)] for points in shares])
    with pytest.raises(InputError, match="shares of width and height; give --width and --height"):
        read_tracks(path, ReadOptions())
    check(read_tracks(path, SIZED)[0])


def test_dogs_and_boxes(tmp_path):
    frames = [[result(p), result(p + 200, name="dog")] for p in COCO]
    with pytest.warns(InputWarning, match=r"u\.json: left out are 6 of 'dog'"):
        (track,) = read_tracks(made.write(tmp_path / "u.json", frames), ReadOptions())
    check(track)
    # A model of one's own knows players alone.
    players = [[result(p, name="player")] for p in COCO]
    check(read_tracks(made.write(tmp_path / "p.json", players), ReadOptions())[0])
    boxes = [[{k: v for k, v in result(p).items() if k != "keypoints"}] for p in COCO]
    with pytest.raises(
        InputError, match="boxes of Ultralytics' without keypoints; run a model that"
    ):
        read_tracks(made.write(tmp_path / "b.json", boxes), ReadOptions())


def labels(folder, points, after="", columns=3):
    """Files of ``save_txt``: class, box, keypoints, all in shares of the image."""
    folder.mkdir()
    for number, frame in enumerate(points):
        shares = (frame / [*made.SIZE, 1])[:, :columns]
        numbers = " ".join(f"{x:.7g}" for x in shares.ravel())
        (folder / f"walk_{number + 1}.txt").write_text(f"0 0.5 0.5 0.1 0.2 {numbers}{after}\n")
    return folder


@pytest.mark.parametrize("after", ["", " 0.913", " 0.913 7", " 7"])
def test_labels(after, tmp_path):
    (track,) = read_tracks(labels(tmp_path / "labels", COCO, after), SIZED)
    check(track)
    assert track.frames.tolist() == [1, 2, 3, 4, 5, 6]
    assert track.name == ("7" if after.endswith("7") else "person0")


def test_labels_without_confidences_and_those_of_training(tmp_path):
    bare = read_tracks(labels(tmp_path / "bare", COCO, " 0.913", columns=2), SIZED)[0]
    check(bare, np.concatenate([COCO[..., :2], np.ones((6, 17, 1))], -1))
    trained = COCO.copy()
    trained[..., 2] = np.arange(17) % 3
    (track,) = read_tracks(labels(tmp_path / "train", trained), SIZED)
    np.testing.assert_allclose(track.confidence, np.broadcast_to(np.arange(17) % 3 / 2, (6, 17)))


def test_labels_of_boxes_and_other_points_are_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/v_1.txt").write_text("0 0.5 0.5 0.1 0.2 0.9\n")
    with pytest.raises(InputError, match="boxes of Ultralytics' without keypoints"):
        read_tracks(tmp_path / "a", SIZED)
    with pytest.raises(InputError, match=r"lines of 63 numbers after the box.*--skeleton"):
        read_tracks(labels(tmp_path / "hand", made.person(21)), SIZED)


@pytest.mark.real
def test_real_cases(cases):
    path = cases / "common_files_that_are_not_read/ultralytics.json"
    (track,) = read_tracks(path, ReadOptions(width=1920, height=1080))
    assert (track.skeleton, track.frames.tolist()) == ("coco17", list(range(20)))
    np.testing.assert_allclose(track.keypoints[0, 0], [836.23, 444.04])
