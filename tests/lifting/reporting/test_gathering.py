"""Runs are gathered under names of their own, and what is missing is noted."""

import pytest

from lifting.errors import InputError
from lifting.reporting.gathering import distinct_names, gather
from tests.made_runs import write_run


def test_runs_of_one_name_are_told_apart_by_as_few_folders_as_it_takes(tmp_path):
    names = ["x/a/best", "x/b/best", "y/b/best", "y/b/last"]
    folders = [tmp_path / name for name in names]
    assert distinct_names(folders) == ["a/best", "x/b/best", "y/b/best", "last"]
    with pytest.raises(InputError, match="b/last: is given twice; name each run once"):
        distinct_names([*folders, tmp_path / "y/../y/b/last"])


def test_what_is_missing_is_noted_and_the_rest_is_there(tmp_path):
    whole = write_run(tmp_path / "whole")
    bare = write_run(tmp_path / "bare", table=None, steps=0, starts=())
    damaged = write_run(tmp_path / "damaged")
    (damaged / "test.csv").write_text("nothing")
    first, second, third = gather([whole, bare, damaged])
    assert first.missing == []
    assert (first.label, len(first.table)) == ("whole", 4)
    curves, test = second.missing
    assert "bare/logs: there are no curves" in curves
    assert f"not tested yet; run `lifting test --run {bare}`" in test
    assert len(third.missing) == 1
    assert "damaged/test.csv: is no table of a test" in third.missing[0]
    assert third.curves


def test_options_and_starts_are_found(tmp_path):
    (run,) = gather([write_run(tmp_path / "a", model={"frozen": None})])
    assert run.option("model.init_args.lr") == 0.001
    assert run.option("model.init_args.frozen", "none") == "none"
    assert run.option("model.init_args.lr.more", 5) == 5
    assert run.start("test")["stage"] == "test"
    assert run.start("predict") == {}
