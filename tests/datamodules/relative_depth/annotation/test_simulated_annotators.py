"""Simulated annotators, by the fraction of their right answers."""

import math
from collections import Counter

import numpy as np
import pytest

from datamodules.relative_depth.annotation.answers import read_answers, write_answers
from datamodules.relative_depth.annotation.simulated_annotators import (
    SimulatedAnnotator,
    answer_all,
    make_annotators,
)
from datamodules.relative_depth.annotation_file import AnnotatedImage, DepthAnnotation
from lifting.errors import InputError


def images(count, pairs=5, gap=None, seed=0):
    """Images with pairs of joints, and their depth: joints of a pair ``gap`` apart, if it is given."""
    draws = np.random.default_rng(seed)
    made, depth = [], {}
    for number in range(count):
        ends = draws.permutation(14)[: 2 * pairs].reshape(-1, 2)
        of = draws.uniform(3000, 4000, 14)
        if gap is not None:
            of[ends[:, 0]] = of[ends[:, 1]] + gap * draws.choice([-1, 1], pairs)
        said = tuple(DepthAnnotation(int(a), int(b), 0) for a, b in ends)
        name = f"im{number}"
        made.append(
            AnnotatedImage(f"{name}.jpg", True, np.zeros((14, 2)), np.zeros(14, bool), said)
        )
        depth[name] = of
    return made, depth


def right(answer, depth):
    ends = {"first": answer.question.first, "second": answer.question.second}
    other = {"first": "second", "second": "first"}[answer.nearer]
    of = depth[answer.question.image]
    return of[ends[answer.nearer]] < of[ends[other]]


@pytest.mark.parametrize("gap", [0.5, 100.0, 300.0, 900.0])
def test_right_as_often_as_eyes_and_habit_allow(gap):
    made, depth = images(800, gap=gap)
    people = [
        SimulatedAnnotator("good", 200.0, 0.0, "first"),
        SimulatedAnnotator("poor", 800.0, 0.0, "second"),
        SimulatedAnnotator("lazy", 200.0, 0.4, "second"),
    ]
    sheets = answer_all(made, depth, people, 3)
    for name, certain_from, habit in (("good", 200, 0), ("poor", 800, 0), ("lazy", 200, 0.4)):
        answers = sheets[name].answers
        assert len(answers) == 4000
        share = sum(right(a, depth) for a in answers) / 4000
        # The favourite colour is right in one half of the questions.
        expected = (1 - habit) * (0.5 + 0.5 * min(gap / certain_from, 1)) + habit * 0.5
        spread = math.sqrt(expected * (1 - expected) / 4000)
        assert share == pytest.approx(expected, abs=4 * spread + 1e-9)


def test_a_habit_shows_in_the_colours():
    made, depth = images(800)
    lazy = SimulatedAnnotator("lazy", 200.0, 0.3, "second")
    fair = SimulatedAnnotator("fair", 200.0, 0.0, "second")
    sheets = answer_all(made, depth, [lazy, fair], 2)
    pink = {
        name: sum(a.nearer == "second" for a in sheet.answers) / len(sheet.answers)
        for name, sheet in sheets.items()
    }
    assert pink["fair"] == pytest.approx(0.5, abs=0.04)
    assert pink["lazy"] == pytest.approx(0.7 * 0.5 + 0.3, abs=0.04)


def test_every_pair_is_answered_by_as_many_different_people_as_asked_for(tmp_path):
    made, depth = images(60)
    people = make_annotators(9)
    sheets = answer_all(made, depth, people, 4)
    counts = Counter(a.question.pair for sheet in sheets.values() for a in sheet.answers)
    assert len(counts) == 300
    assert set(counts.values()) == {4}
    green = [a.question.first < a.question.second for s in sheets.values() for a in s.answers]
    assert 0.4 < np.mean(green) < 0.6
    write_answers(tmp_path / "a.json", sheets)
    # The reader refuses a pair that one annotator answers twice.
    assert read_answers(tmp_path / "a.json") == sheets
    everyone = answer_all(made, depth, people, 100)
    assert {len(sheet.answers) for sheet in everyone.values()} == {300}


def test_annotators_differ_around_the_published_crowd():
    people = make_annotators(5, seed=3)
    assert [round(p.certain_from) for p in people] == [200, 283, 400, 566, 800]
    assert people[2].right(200.0) == pytest.approx(0.75)
    assert all(0 <= p.habit <= 0.3 for p in people)
    assert len({p.name for p in people}) == 5
    assert make_annotators(5, seed=3) == people
    assert make_annotators(5, seed=4) != people
    assert make_annotators(1)[0].certain_from == pytest.approx(400)


def test_nobody_to_ask_is_refused():
    with pytest.raises(InputError, match="--annotators is 0"):
        make_annotators(0)
    with pytest.raises(InputError, match="--votes is 0"):
        answer_all(*images(1), make_annotators(2), 0)
