"""Histories of runs: commands in their order, and options by the step from which they hold."""

import pytest

from lifting.reporting.gathering import ReportedRun, gather
from lifting.reporting.history import history, told, values
from tests.made_runs import provenance, write_run

LR = "model.lr"


def start(step, command="lifting fit", **changed):
    named = {name.replace("__", "."): list(value) for name, value in changed.items()}
    return provenance("fit") | {"step": step, "command": command, "changed": named}


def made(*starts):
    return ReportedRun("a", None, {}, provenance=list(starts))


def test_commands_are_listed_in_their_order_and_repeated_ones_are_counted(tmp_path):
    again = "lifting fit --ckpt_path last"
    test = provenance("test") | {"command": "lifting test", "changes": {"model.flip_test": True}}
    changed = start(1200, again, model__lr=(0.1, 0.5), trainer__max_epochs=(2, 3))
    starts = [start(0), start(40, again), start(80, again), changed, test]
    before = write_run(tmp_path / "before")
    rows = history(gather([write_run(tmp_path / "a", starts=starts), before]))
    assert [row["run"] for row in rows] == 4 * ["a"]
    assert [(row["what"], row["from step"], row["times"]) for row in rows] == [
        ("fit", "0", 1),
        ("fit", "40", 2),
        ("fit", "1,200", 1),
        ("test", "", 1),
    ]
    assert [row["command"] for row in rows] == ["lifting fit", again, again, "lifting test"]
    assert [row["changed"] for row in rows] == [
        "",
        "",
        "model.lr 0.1 → 0.5; trainer.max_epochs 2 → 3",
        "model.flip_test true",
    ]


@pytest.mark.parametrize(
    ("starts", "course"),
    [
        ([start(0), start(40)], []),
        ([start(0), start(40, model__lr=(0.1, 0.5))], [(0, 0.1), (40, 0.5)]),
        (
            [start(0), start(40, model__lr=(0.1, 0.5)), start(60, model__lr=(0.5, 0.2))],
            [(0, 0.1), (40, 0.5), (60, 0.2)],
        ),
        # Killed before it was saved, and begun again from an earlier step.
        (
            [start(0), start(40, model__lr=(0.1, 0.5)), start(40, model__lr=(0.1, 0.3))],
            [(0, 0.1), (40, 0.3)],
        ),
        ([start(0), start(40, model__lr=(0.1, 0.5)), start(20, model__lr=(0.5, 0.1))], []),
    ],
)
def test_values_are_those_of_the_steps_that_were_kept(starts, course):
    assert values(made(*starts), LR) == course


def test_a_course_is_told_with_its_steps():
    run = made(start(0), start(1200, model__schedule=("cosine", "constant")))
    assert told(run, "model.schedule") == "cosine; from step 1,200 constant"
    assert told(run, LR) is None
