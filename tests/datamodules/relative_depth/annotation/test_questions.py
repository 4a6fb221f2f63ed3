"""The questions: the same pairs for everyone, in an order of one's own."""

from collections import Counter

import numpy as np
import pytest

from datamodules.relative_depth.annotation.questions import ask
from lifting.errors import InputError
from tests.datamodules.relative_depth.annotation.made_annotations import judged


def test_annotators_get_the_same_pairs_in_another_order_and_colour():
    images = judged(20)
    anna, ben = ask(images, "anna"), ask(images, "ben")
    assert len(anna) == 100
    assert {q.pair for q in anna} == {q.pair for q in ben}
    assert len({q.pair for q in anna}) == 100
    assert [q.pair for q in anna] != [q.pair for q in ben]
    green = {q.pair: q.first for q in anna}
    same = sum(green[q.pair] == q.first for q in ben)
    assert 30 < same < 70
    assert ask(images, "anna") == anna
    assert {q.pair for q in ask(images, "anna", seed=1)} != {q.pair for q in anna}


def test_every_joint_is_green_as_often_as_pink():
    questions = ask(judged(200), "anna")
    lower = sum(q.first < q.second for q in questions)
    assert abs(lower - 500) < 3 * np.sqrt(1000) / 2


def test_questions_of_an_image_follow_one_another():
    names = [q.image for q in ask(judged(9), "anna", pairs=4)]
    assert [names[i] for i in range(0, 36, 4)] == list(dict.fromkeys(names))
    assert set(Counter(names).values()) == {4}
    assert names != sorted(names)


def test_an_image_has_the_same_pairs_among_others():
    few = {q.pair for q in ask(judged(3), "anna")}
    assert few < {q.pair for q in ask(judged(6), "anna")}


def test_nobody_is_asked_about_a_joint_that_is_not_seen():
    seen = np.zeros((3, 14), bool)
    seen[0, [2, 5, 9]] = True
    seen[1, 4] = True
    asked = ask(judged(3, seen), "anna")
    assert {q.pair for q in asked} == {("im0001", 2, 5), ("im0001", 2, 9), ("im0001", 5, 9)}
    with pytest.raises(InputError, match="nothing to ask"):
        ask(judged(3, np.zeros((3, 14), bool)), "anna")


def test_count_takes_some_of_the_images():
    images = judged(30)
    some = {q.image for q in ask(images, "anna", count=4)}
    assert len(some) == 4
    assert some == {q.image for q in ask(images, "ben", count=4)}
    with pytest.raises(InputError, match="--count is 0"):
        ask(images, "anna", count=0)
    with pytest.raises(InputError, match="--pairs is 0"):
        ask(images, "anna", pairs=0)
