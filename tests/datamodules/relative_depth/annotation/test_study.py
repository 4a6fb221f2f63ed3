"""User studies, by the files they are read from."""

import json
from dataclasses import replace

import numpy as np
import pytest

from datamodules.relative_depth.annotation.answers import Answer, Sheet, write_answers
from datamodules.relative_depth.annotation.questions import Question
from datamodules.relative_depth.annotation.study import read_study
from datamodules.relative_depth.annotation_file import (
    AnnotatedImage,
    DepthAnnotation,
    write_relative_depth,
)
from datamodules.store.clips import ClipStore
from datamodules.synthetic.procedural import clips as synthetic_clips
from lifting.errors import InputError
from tests.datamodules.made_lsp import annotations, points, write_jpg, write_json, write_mat


def sheet(*answers):
    return Sheet(0, 2, [Answer(Question(*asked), nearer, 1.0) for *asked, nearer in answers])


@pytest.fixture
def answers(tmp_path):
    """Three who agree that joint 7 of im0001 is nearer than 2, and on less of im0002."""
    path = tmp_path / "answers.json"
    write_answers(
        path,
        {
            "anna": sheet(("im0001", 2, 7, "second"), ("im0002", 5, 1, "first")),
            "bert": sheet(("im0001", 7, 2, "first"), ("im0002", 1, 5, "first")),
            "cleo": sheet(("im0001", 2, 7, "second"), ("im0002", 1, 5, None)),
            "dora": sheet(("im0002", 3, 4, "first")),
        },
    )
    return path


def test_answers_say_what_was_marked_how(answers):
    study = read_study(answers)
    assert study.pairs == [("im0001", 2, 7), ("im0002", 1, 5), ("im0002", 3, 4)]
    given = study.answers
    rows = {
        (given.names[person], study.pairs[pair], int(label), bool(swapped))
        for person, pair, label, swapped in zip(
            given.person, given.pair, given.label, given.swapped, strict=True
        )
    }
    assert rows == {
        ("anna", ("im0001", 2, 7), 1, False),
        ("bert", ("im0001", 2, 7), 1, True),
        ("cleo", ("im0001", 2, 7), 1, False),
        # Joint 5 was marked green and said to be nearer.
        ("anna", ("im0002", 1, 5), 1, True),
        ("bert", ("im0002", 1, 5), 0, False),
        ("dora", ("im0002", 3, 4), 0, False),
    }
    np.testing.assert_array_equal(study.fraction, [1, 0.5, 0])
    assert study.label[[0, 2]].tolist() == [1, 0]
    assert study.risk[0] < study.risk[2] < study.risk[1] <= 0.5
    assert list(study.opinions) == ["anna", "bert", "cleo", "dora", "merged"]
    np.testing.assert_array_equal(study.opinions["anna"], [1, 1, np.nan])
    assert not study.images
    assert all(np.isnan(gap).all() for gap in study.gap.values())


def test_experts_are_no_part_of_the_crowd(answers):
    study = read_study(answers, experts=["anna", "dora"])
    assert study.answers.names == ["bert", "cleo"]
    np.testing.assert_array_equal(study.fraction, [1, 0, np.nan])
    np.testing.assert_array_equal(study.label, [1, 0, np.nan])
    assert np.isnan(study.risk[2])
    assert list(study.opinions) == ["anna", "dora", "crowd"]
    np.testing.assert_array_equal(study.opinions["dora"], [np.nan, np.nan, 0])
    np.testing.assert_array_equal(study.opinions["crowd"], [1, 0, np.nan])
    without = json.loads(answers.read_text())
    del without["annotators"]["anna"], without["annotators"]["dora"]
    answers.write_text(json.dumps(without))
    alone = read_study(answers)
    np.testing.assert_allclose(alone.risk, study.risk[:2])


def test_poses_of_a_store_tell_the_distance(tmp_path, monkeypatch):
    monkeypatch.setattr(synthetic_clips, "SEQUENCES", ("Walking",))
    store = tmp_path / "human.h5"
    synthetic_clips.write_store(str(store), 0, 4, ("S1",))
    with ClipStore(store) as content:
        key = content.keys[2]
        pose, camera = content.pose(key)[3].astype(float), content.camera(key)
    name = f"S1_Walking_{key.camera}_3"
    write_answers(tmp_path / "a.json", {"anna": sheet((name, 1, 11, "first"))})
    study = read_study(tmp_path / "a.json", store)
    # Right knee and left wrist of h36m17.
    step = pose[2] - pose[13]
    assert study.gap["camera"][0] == pytest.approx(step[2])
    rotation = camera.rotation.numpy()
    on_floor = (rotation.T @ step)[:2] @ rotation[2, :2] / np.hypot(*rotation[2, :2])
    assert study.gap["level"][0] == pytest.approx(on_floor)
    assert abs(on_floor - step[2]) > 1
    np.testing.assert_array_equal(list(study.images), [name])


PAIRS = [
    [("left_wrist", "neck", "neck"), ("head_top", "right_knee", "head_top")],
    [],
    [("left_hip", "right_ankle", "right_ankle")],
]


def test_annotations_bring_labels_risks_and_keypoints(tmp_path):
    xy, seen = points(3)
    path = write_json(tmp_path / "depth.json", annotations(xy, seen, PAIRS))
    study = read_study(path)
    assert study.pairs == [("im0001", 11, 12), ("im0001", 13, 1), ("im0003", 3, 0)]
    np.testing.assert_array_equal(study.label, [1, 0, 1])
    np.testing.assert_allclose(study.risk, [0, 0.05, 0])
    assert study.answers is None
    assert not study.opinions
    assert set(study.images) == {"im0001", "im0003"}
    np.testing.assert_allclose(study.images["im0003"].keypoints, xy[2])
    np.testing.assert_array_equal(study.images["im0003"].seen, seen[2])
    assert study.images["im0001"].picture is None


def test_annotations_need_but_the_folder_of_pictures(tmp_path):
    path = write_json(tmp_path / "depth.json", annotations(*points(3), PAIRS))
    for number in (1, 3):
        write_jpg(tmp_path / f"lsp/images/im000{number}.jpg", 10, 10)
    for source in (tmp_path / "lsp", tmp_path / "lsp/images"):
        study = read_study(path, source)
        assert study.images["im0003"].picture == tmp_path / "lsp/images/im0003.jpg"
    (tmp_path / "lsp/images/im0003.jpg").unlink()
    with pytest.raises(InputError, match=r"no im0003\.jpg"):
        read_study(path, tmp_path / "lsp")


def test_probability_stands_for_a_risk_that_is_absent(tmp_path):
    xy, seen = points(1)
    said = (DepthAnnotation(0, 1, 0, prob=0.8), DepthAnnotation(2, 3, 1), DepthAnnotation(4, 5, 1))
    said = (*said[:2], replace(said[2], risk=0.1))
    image = AnnotatedImage("images/a.jpg", True, xy[0], ~seen[0], said)
    write_relative_depth(tmp_path / "a.json", [image])
    np.testing.assert_allclose(read_study(tmp_path / "a.json").risk, [0.2, np.nan, 0.1])


def test_files_that_are_wrong_or_of_something_else_are_refused(answers, tmp_path):
    xy, seen = points(1)
    mat = write_mat(tmp_path / "joints.mat", xy, seen, extended=False)
    none = write_json(tmp_path / "none.json", annotations(xy, seen, [[]]))
    depth = write_json(tmp_path / "depth.json", annotations(xy, seen, PAIRS[:1]))
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "half.json").write_text('{"joint_names": [')
    (tmp_path / "empty").mkdir()
    for arguments, message in (
        ((answers, mat), r"is about image 'im0002', which .*joints\.mat does not have"),
        ((none,), r"none\.json: holds no annotation"),
        ((depth, None, None, ["anna"]), r"--experts cannot be told apart"),
        ((answers, None, None, ["emil"]), r"--experts names emil: choose from anna"),
        ((answers, None, None, ["anna", "bert", "cleo", "dora"]), r"nobody to be the crowd"),
        ((tmp_path / "list.json",), r"list\.json: no file of answers"),
        ((tmp_path / "half.json",), r"half\.json: damaged or not a JSON file"),
        ((tmp_path / "gone.json",), r"no such file"),
        ((tmp_path / "empty",), r"no \.json in it"),
    ):
        with pytest.raises(InputError, match=message):
            read_study(*arguments)
