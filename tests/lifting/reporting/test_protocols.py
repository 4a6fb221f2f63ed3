"""Runs that measure the same are compared, and what sets others apart is said."""

import pytest

from lifting.reporting.gathering import gather
from lifting.reporting.protocols import (
    Group,
    facts_of_loss,
    facts_of_test,
    facts_of_validation,
    group_differences,
    groups,
    inputs,
)
from tests.made_runs import TABLE, provenance, write_run

FEWER = [{**row, "frames": 1} for row in TABLE[:2]] + [{**row, "frames": 2} for row in TABLE[2:]]
FLAT = [{"action": row["action"], "frames": row["frames"], "epe": 3.0} for row in TABLE]
CASES = [{"case": row["action"].replace("action", "case"), **row} for row in TABLE]
CASES = [{k: v for k, v in row.items() if k != "action"} for row in CASES]
OTHER = [provenance("fit", digest="0123456789"), provenance("test", digest="0123456789")]


def groups_with(tmp_path, **options):
    """The groups of two runs, one with options of its own."""
    folders = [write_run(tmp_path / "a"), write_run(tmp_path / "b", **options)]
    return groups(gather(folders), facts_of_test)


@pytest.mark.parametrize(
    "options",
    [
        {"scale": 2.0},
        {"method": "VideoPose3D"},
        {"model": {"lr": 1.0}},
        {"data": {"batch_size": 2, "source": "sh"}},
        {"starts": [provenance("fit"), provenance("test", commit="other")]},
    ],
)
def test_other_methods_and_inputs_measure_the_same(tmp_path, options):
    (group,) = groups_with(tmp_path, **options)
    assert group.labels == "a, b"
    expected = "The 2D keypoints differ: source gt (a), sh (b)." if "data" in options else ""
    assert inputs(group) == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"table": FEWER}, "frames: 2"),
        ({"table": FLAT}, "measured: 2D keypoints, pixels"),
        ({"table": CASES}, "rows: case Sitting (2), case Walking (4)"),
        ({"table": TABLE[1:]}, "frames: 4"),
        ({"data": {"test_subjects": ["S9", "S11"]}}, "subjects: S9, S11"),
        ({"data": {"test_frames": "every64"}}, "rule for frames: every64"),
        ({"model": {"skeleton": "h36m16"}}, "joint set: h36m16"),
        ({"starts": OTHER}, "data: synthetic.h5 (01234567)"),
        ({"starts": ()}, "data: Synthetic"),
    ],
)
def test_other_protocols_are_set_apart_and_why_is_said(tmp_path, options, words):
    found = groups_with(tmp_path, **options)
    assert [(group.name, group.labels) for group in found] == [("A", "a"), ("B", "b")]
    first, second = group_differences(found)
    assert first.startswith("A (a): ")
    assert second == f"B (b): {words}" or words in second


def test_a_test_measured_what_it_was_given_beside_the_configuration(tmp_path):
    beside = {"data.test_frames": "every64", "data.test_noise": {"kind": "radial"}}
    starts = [provenance("fit"), provenance("test") | {"changes": beside}]
    plain, other = gather([write_run(tmp_path / "a"), write_run(tmp_path / "b", starts=starts)])
    assert facts_of_test(plain)["rule for frames"] == "all"
    assert facts_of_test(other)["rule for frames"] == "every64"
    assert "radial" in inputs(Group("A", {}, [plain, other]))
    assert other.option("data.init_args.test_frames") == "all"


def test_curves_compare_where_validation_and_method_are_the_same(tmp_path):
    runs = gather(
        [
            write_run(tmp_path / "a", data={"test_subjects": ["S11"]}),
            write_run(tmp_path / "b", data={"val_frames": "every64"}),
            write_run(tmp_path / "c", method="VideoPose3D"),
        ]
    )
    assert [g.labels for g in groups(runs, facts_of_validation)] == ["a, c", "b"]
    assert [g.labels for g in groups(runs, facts_of_loss)] == ["a, b", "c"]


def test_letters_go_on_after_z(tmp_path):
    (run,) = gather([write_run(tmp_path / "a")])
    number = iter(range(100))
    found = groups([run] * 54, lambda _: {"n": str(next(number))})
    assert [found[n].name for n in (0, 25, 26, 27, 52)] == ["A", "Z", "AA", "AB", "BA"]
