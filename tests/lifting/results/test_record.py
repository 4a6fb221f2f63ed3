"""The record of a test: what it cost."""

from dataclasses import replace

from tests.lifting.results.conftest import made_record


def test_processes_cost_what_all_of_them_cost():
    (start,) = made_record().trained
    assert replace(made_record(), trained=[start, {**start, "processes": 4}]).core_minutes == 7.5


def test_a_start_that_does_not_tell_leaves_the_sum_unknown():
    (start,) = made_record().trained
    assert replace(made_record(), trained=[start, {"step": 9}]).core_minutes is None
    assert replace(made_record(), trained=[]).core_minutes is None


def test_what_was_not_trained_has_the_commit_and_hardware_of_its_test():
    tested = {"commit": "d" * 40, "hardware": "another chip"}
    record = replace(made_record(), trained=[], tested=tested)
    assert (record.commits, record.hardware) == (["d" * 7], ["another chip"])
