"""Answers: kept at once, taken back, gone on with, by several annotators in one file."""

import json
import threading

import pytest

from datamodules.relative_depth.annotation.answers import read_answers
from datamodules.relative_depth.annotation.questions import ask
from datamodules.relative_depth.annotation.session import Session
from lifting.errors import InputError
from lifting.skeletons import skeleton
from tests.datamodules.relative_depth.annotation.made_annotations import judged

JOINTS = skeleton("lsp14").joints


def session(path, name="anna", images=4, **changed):
    options = {"seed": 0, "pairs": 5} | changed
    return Session(path, name, ask(judged(images), name, options["pairs"]), **options)


def test_answer_is_in_the_file_at_once_by_name(tmp_path):
    path = tmp_path / "new/answers.json"
    work = session(path)
    assert work.answer(0, "second", 1.2345)
    assert work.answer(1, None, 2.0)
    content = json.loads(path.read_text())["annotators"]["anna"]["answers"]
    first = work.questions[0]
    assert (content[0]["image"], content[0]["nearer"]) == (first.image, "second")
    assert content[0]["first"] == JOINTS[first.first]
    assert content[0]["second"] == JOINTS[first.second]
    assert content[0]["seconds"] == pytest.approx(1.2345, abs=1e-3)
    assert content[1]["nearer"] is None
    assert (work.done, work.current()) == (2, 2)
    assert not list(path.parent.glob("*.partial"))


def test_second_start_goes_on_where_the_first_stopped(tmp_path):
    path = tmp_path / "answers.json"
    work = session(path)
    for number in range(3):
        work.answer(number, "first", 1.0)
    again = session(path)
    assert (again.done, again.current()) == (3, 3)
    for number in range(3, 20):
        again.answer(number, "first", 1.0)
    assert again.current() is None
    assert not again.answer(20, "first", 1.0)


def test_undo_takes_the_last_answer_back_and_asks_again(tmp_path):
    work = session(tmp_path / "answers.json")
    assert not work.undo()
    work.answer(0, "first", 1.0)
    work.answer(1, "second", 1.0)
    assert work.undo()
    assert (work.done, work.current()) == (1, 1)
    assert len(read_answers(work.path)["anna"].answers) == 1
    # Also after a second start.
    assert session(work.path).undo()
    assert read_answers(work.path)["anna"].answers == []


def test_answer_to_another_question_than_the_current_is_not_kept(tmp_path):
    work = session(tmp_path / "answers.json")
    assert not work.answer(3, "first", 1.0)
    assert work.answer(0, "first", 1.0)
    assert not work.answer(0, "second", 1.0)
    assert [a.nearer for a in read_answers(work.path)["anna"].answers] == ["first"]


def test_annotators_at_the_same_time_lose_nothing_of_one_another(tmp_path):
    path = tmp_path / "answers.json"
    works = [session(path, name, images=4) for name in ("anna", "ben", "cleo")]

    def all_of(work):
        for number in range(20):
            assert work.answer(number, "first", 0.0)

    threads = [threading.Thread(target=all_of, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sheets = read_answers(path)
    assert {name: len(sheet.answers) for name, sheet in sheets.items()} == {
        "anna": 20,
        "ben": 20,
        "cleo": 20,
    }


def test_another_seed_no_name_and_damaged_files_are_refused(tmp_path):
    path = tmp_path / "answers.json"
    session(path)
    with pytest.raises(InputError, match=r"'anna' began with --seed 0 --pairs 5"):
        session(path, seed=1)
    with pytest.raises(InputError, match="--annotator is empty"):
        session(path, name=" ")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        session(tmp_path / "file" / "answers.json")
    before = path.read_text()[:40]
    path.write_text(before)
    with pytest.raises(InputError, match=r"answers\.json: damaged or not a JSON file"):
        session(path)
    assert path.read_text() == before


GOOD = {
    "image": "im0001",
    "first": "neck",
    "second": "left_knee",
    "nearer": "first",
    "seconds": 1.0,
    "time": "2025-01-31T12:00:00+00:00",
}


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([{**GOOD, "first": "nose"}], r"answer 0: 'first' is no joint"),
        ([{**GOOD, "first": ["neck"]}], r"answer 0: 'first' is no joint"),
        ([{**GOOD, "second": "neck"}], r"answer 0: of one joint"),
        ([{**GOOD, "nearer": "both"}], r"'nearer' is neither"),
        ([{**GOOD, "seconds": -1}], r"'seconds' is no number"),
        ([{**GOOD, "image": 3}], r"'image' or 'time' is no text"),
        ([{k: v for k, v in GOOD.items() if k != "time"}], r"answer 0 has no 'time'"),
        ([GOOD, {**GOOD, "first": "left_knee", "second": "neck"}], r"answer 1: asked before"),
        (["yes"], r"answer 0 has no 'image'"),
        ({}, r"'anna' has no 'answers'"),
    ],
)
def test_fault_in_the_file_is_named(tmp_path, answers, message):
    path = tmp_path / "answers.json"
    sheet = {"seed": 0, "pairs": 5, "answers": answers}
    path.write_text(
        json.dumps({"format": "depth-answers", "version": 1, "annotators": {"anna": sheet}})
    )
    with pytest.raises(InputError, match=message):
        read_answers(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "no file of answers"),
        ({"format": "depth-answers", "version": 2}, "of version 2"),
        ({"format": "depth-answers", "version": 1}, "has no 'annotators'"),
        ({"format": "depth-answers", "version": 1, "annotators": {"a": 1}}, "'a' has no 'seed'"),
    ],
)
def test_file_of_another_kind_is_refused(tmp_path, content, message):
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=message):
        read_answers(tmp_path / "a.json")
