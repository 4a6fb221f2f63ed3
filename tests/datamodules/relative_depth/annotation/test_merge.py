"""Merging: from the answers of a simulated crowd to labels that a dataset trains on."""

import numpy as np
import pytest

from datamodules.relative_depth.annotation.answers import Answer, Sheet, write_answers
from datamodules.relative_depth.annotation.merge import merge
from datamodules.relative_depth.annotation.questions import Question, ask
from datamodules.relative_depth.annotation_file import read_relative_depth
from lifting.errors import InputError
from tests.datamodules.relative_depth.annotation.made_annotations import judged


@pytest.fixture
def images():
    return judged(40, depth=np.random.default_rng(3).uniform(2000, 4000, (40, 14)))


def answered(images, name, skill, unsure=0.0, seed=0):
    """The sheet of somebody who is right as often as their skill says."""
    draws = np.random.default_rng([seed, len(name)])
    by_name = {image.name: image for image in images}
    sheet = Sheet(0, 5)
    for question in ask(images, name):
        depth = by_name[question.image].depth
        right = "first" if depth[question.first] < depth[question.second] else "second"
        wrong = {"first": "second", "second": "first"}[right]
        said = right if draws.random() < skill else wrong
        sheet.answers.append(Answer(question, None if draws.random() < unsure else said, 2.0))
    return sheet


def test_perfect_annotators_give_the_depth_order(images, tmp_path):
    sheets = {"anna": answered(images, "anna", 1.0), "ben": answered(images, "ben", 1.0, 0.2)}
    write_answers(tmp_path / "answers.json", sheets)
    for method in ("majority", "dawid_skene"):
        report = merge(images, [tmp_path / "answers.json"], tmp_path / "out.json", method)
        merged = read_relative_depth(tmp_path / "out.json")
        assert len(merged) == 40
        for image, source in zip(merged, images, strict=True):
            assert (image.name, image.train) == (source.name, source.train)
            np.testing.assert_allclose(image.keypoints, source.keypoints)
            assert len(image.annotations) == 5
            for a in image.annotations:
                # Label 1 says that the second joint is closer.
                assert a.label == (source.depth[a.second] < source.depth[a.first])
                assert a.prob > 0.7
                assert a.risk == pytest.approx(1 - a.prob)
        assert "200 of 200 pairs of 40 images" in report
        assert f"right by the poses, {method}: 100.0% of 200" in report


def test_skills_make_better_labels_than_the_majority(images, tmp_path):
    skills = {"a": 0.97, "bb": 0.95, "ccc": 0.5, "dddd": 0.55, "eeeee": 0.5}
    (tmp_path / "folder").mkdir()
    for name, skill in skills.items():
        sheet = answered(images, name, skill)
        write_answers(tmp_path / f"folder/{name}.json", {name: sheet})
    wrong = {}
    for method in ("majority", "dawid_skene"):
        report = merge(images, [tmp_path / "folder"], tmp_path / "out.json", method)
        by_name = {image.name: image for image in images}
        wrong[method] = sum(
            a.label != (by_name[i.name].depth[a.second] < by_name[i.name].depth[a.first])
            for i in read_relative_depth(tmp_path / "out.json")
            for a in i.annotations
        )
    assert wrong["dawid_skene"] < wrong["majority"] / 2
    assert "Fleiss' kappa of all: 0." in report
    line = next(line for line in report.splitlines() if line.startswith("a "))
    assert line.split()[1:4] == ["200", "0.0%", "2.0"]
    estimated, measured = (float(word.rstrip("%")) for word in line.split()[4:])
    assert abs(estimated - measured) < 5
    assert 0.9 < measured / 100 <= 1


def test_even_votes_are_left_out_of_a_majority(images, tmp_path):
    question = Question("im0001", 3, 5)
    even = {
        "anna": Sheet(0, 1, [Answer(question, "first", 1.0)]),
        "ben": Sheet(0, 1, [Answer(Question("im0001", 5, 3), "first", 1.0)]),
        "cleo": Sheet(0, 1, [Answer(Question("im0002", 5, 3), "first", 1.0)]),
        "idle": Sheet(0, 1),
    }
    write_answers(tmp_path / "answers.json", even)
    report = merge(images, [tmp_path / "answers.json"], tmp_path / "out.json", "majority")
    assert "left out, votes are even: 1" in report
    (image,) = read_relative_depth(tmp_path / "out.json")
    assert image.name == "im0002"
    (said,) = image.annotations
    # Joint 5 was said to be closer, whichever was asked about first.
    assert (said.first, said.second, said.label) == (3, 5, 1)


def test_faults_are_named_and_nothing_is_written(images, tmp_path):
    out = tmp_path / "out.json"
    sheet = answered(images, "anna", 1.0)
    write_answers(tmp_path / "a.json", {"anna": sheet})
    write_answers(tmp_path / "b.json", {"anna": sheet})
    write_answers(tmp_path / "none.json", {"anna": Sheet(0, 5)})
    (tmp_path / "empty").mkdir()
    wrong = [
        (images[:5], ["a.json"], "dawid_skene", r"is about image 'im0006'"),
        (images, ["a.json", "b.json"], "dawid_skene", r"'anna' answers again"),
        (images, ["none.json"], "dawid_skene", r"no question is answered"),
        (images, ["empty"], "dawid_skene", r"empty: no \.json in it"),
        (images, ["gone.json"], "dawid_skene", r"there is no such file"),
        (images, ["a.json"], "mean", r"--method is 'mean': choose one of dawid_skene, majority"),
    ]
    for seen, names, method, message in wrong:
        with pytest.raises(InputError, match=message):
            merge(seen, [tmp_path / name for name in names], out, method)
        assert not out.exists()
