"""Tests of reading the folder of a run, and of naming its faults."""

import pytest

from lifting.errors import InputError
from lifting.runs.folder import read_config, read_curves, read_provenance, read_table
from tests.made_runs import TABLE, provenance, write_csv, write_run


def test_everything_of_a_run_is_read(tmp_path):
    run = write_run(tmp_path / "first", scale=2.0)
    assert read_config(run)["data"]["init_args"]["test_subjects"] == ["S9"]
    assert read_provenance(run) == [provenance("fit"), provenance("test")]
    rows = read_table(run)
    assert [row["mpjpe"] for row in rows] == [2 * row["mpjpe"] for row in TABLE]
    assert rows[0]["frames"] == 2


def test_curves_go_on_over_every_start(tmp_path):
    run = write_run(tmp_path / "first")
    # The tenth start comes after the second.
    write_csv(run / "logs/version_10/metrics.csv", [{"step": 90, "val/mpjpe": 3.0, "epoch": 1}])
    write_csv(run / "logs/version_2/metrics.csv", [{"step": 50, "val/mpjpe": 4.0, "epoch": 1}])
    curves = read_curves(run)
    assert set(curves) == {"train/loss", "val/mpjpe"}
    assert curves["val/mpjpe"] == (
        [0, 10, 20, 30, 50, 90],
        [200 / n for n in (1, 11, 21, 31)] + [4, 3],
    )
    assert read_provenance(tmp_path) == []
    assert read_curves(tmp_path) == {}


@pytest.mark.parametrize(
    ("read", "name", "content", "sentence"),
    [
        (read_config, "config.yaml", "a: [", "config.yaml: is damaged"),
        (read_config, "config.yaml", "5", "config.yaml: is damaged"),
        (read_table, "test.csv", "action,frames,mpjpe\nWalking,many,1\n", "is no table of a test"),
        (read_table, "test.csv", "", "is no table of a test"),
        (read_table, "test.csv", "action,frames,mpjpe\n", "is no table of a test"),
        (read_curves, "logs/version_0/metrics.csv", "step,a\n1,x\n", "metrics.csv: is damaged"),
        (read_curves, "logs/version_0/metrics.csv", "a\n1\n", "metrics.csv: is damaged"),
        (read_provenance, "provenance.json", "[1", "provenance.json: is damaged"),
        (read_provenance, "provenance.json", '[{"step": 1}]', "provenance.json: is damaged"),
        (read_provenance, "provenance.json", "5", "provenance.json: is damaged"),
    ],
)
def test_damaged_file_is_named(tmp_path, read, name, content, sentence):
    run = write_run(tmp_path / "first")
    (run / name).write_text(content)
    with pytest.raises(InputError, match=sentence):
        read(run)


def test_what_is_no_run_is_said(tmp_path):
    write_run(tmp_path / "pipeline/one")
    for folder, sentence in [
        ("nowhere", "nowhere: there is no such run; check its name."),
        ("pipeline/one/logs", "logs: is no run, for it has no config.yaml"),
        ("pipeline", "pipeline: is a folder of runs and none itself; name some of .*pipeline/one"),
    ]:
        with pytest.raises(InputError, match=sentence):
            read_config(tmp_path / folder)
