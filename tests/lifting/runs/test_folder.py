"""Tests of naming and reading the folder of a run, and of naming its faults."""

import shutil
from pathlib import Path

import pytest

from lifting.errors import InputError
from lifting.runs.folder import (
    known_config,
    known_provenance,
    read_config,
    read_curves,
    read_provenance,
    read_table,
    run_argument,
    run_folder,
    set_aside_damaged,
)
from tests.made_runs import TABLE, provenance, write_csv, write_run


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Folders with runs in runs/ and elsewhere; one name stands for two of them."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", "/home/somebody")
    for name in ("runs/both/one", "both/one", "mine/old", "bare", "../beside/run"):
        Path(name).mkdir(parents=True)
        Path(name, "config.yaml").touch()


NAMES = [
    ("first", "runs/first"),
    ("first/", "runs/first"),
    ("lr 1e-3 größer", "runs/lr 1e-3 größer"),
    ("links/occlusion", "runs/links/occlusion"),
    ("runs/first", "runs/first"),
    ("runs/links/occlusion/", "runs/links/occlusion"),
    ("./runs/first", "runs/first"),
    ("./first", "./first"),
    ("./a/b", "./a/b"),
    ("/scratch/first", "/scratch/first"),
    ("/scratch/../first", "/scratch/../first"),
    ("~/first", "/home/somebody/first"),
    ("..first", "runs/..first"),
    # A run that is there already may be named by its path, but one in runs/ is meant first.
    ("mine/old", "mine/old"),
    ("../beside/run", "../beside/run"),
    ("both/one", "runs/both/one"),
    ("bare", "runs/bare"),
]


@pytest.mark.parametrize(("run", "folder"), NAMES)
def test_a_run_lies_in_runs_unless_a_path_is_given(folders, run, folder):
    assert run_folder(run) == folder
    assert Path(run_folder(run_argument(Path(folder)))) == Path(folder)


@pytest.mark.parametrize("run", ["", " ", ".", "./", "a\nb", "a\0b"])
def test_what_names_no_run_is_refused(folders, run):
    with pytest.raises(InputError, match=r"give it a name, such as first\."):
        run_folder(run)


@pytest.mark.parametrize("run", ["runs", "runs/", "./runs"])
def test_the_folder_of_all_runs_is_none(folders, run):
    with pytest.raises(InputError, match="name one of those in it"):
        run_folder(run)


@pytest.mark.parametrize(
    "run", ["..", "../x", "runs/..", "runs/../x", "./../x", "a/../../b", "a/../b"]
)
def test_no_run_is_written_outside_of_runs_by_dots(folders, run):
    with pytest.raises(InputError, match="would lie outside runs/; give the whole path, from / on"):
        run_folder(run)


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
        (
            read_provenance,
            "provenance.json",
            '[{"stage": "fit", "step": "4"}]',
            "provenance.json: is damaged",
        ),
        (read_provenance, "provenance.json", "5", "provenance.json: is damaged"),
        (read_provenance, "provenance.json", "[5]", "provenance.json: is damaged"),
        (
            read_provenance,
            "provenance.json",
            '[{"stage": "test", "changes": [1]}]',
            "provenance.json: is damaged",
        ),
        (
            read_provenance,
            "provenance.json",
            '[{"stage": "fit", "changed": {"model.lr": 1}}]',
            "provenance.json: is damaged",
        ),
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
        ("pipeline/on", "pipeline/on: there is no such run; did you mean .*pipeline/one\\?"),
        ("pipeline/one/logs", "logs: is no run, for it has no config.yaml"),
        ("pipeline", "pipeline: is a folder of runs and none itself; name some of .*pipeline/one"),
    ]:
        with pytest.raises(InputError, match=sentence):
            read_config(tmp_path / folder)


def test_a_last_row_that_was_cut_short_is_left_out(tmp_path):
    log = write_run(tmp_path / "first") / "logs/version_0/metrics.csv"
    whole = read_curves(tmp_path / "first")
    with log.open("a") as stream:
        stream.write("1,50,0.0")
    assert read_curves(tmp_path / "first") == whole


def test_a_copy_beside_the_logs_is_none_of_them(tmp_path):
    run = write_run(tmp_path / "first")
    whole = read_curves(run)
    shutil.copytree(run / "logs/version_0", run / "logs/version_0 (copy)")
    assert read_curves(run) == whole


def test_damaged_records_are_set_aside_and_others_stay(tmp_path):
    run = write_run(tmp_path / "first")
    assert set_aside_damaged(run) == set_aside_damaged(tmp_path) == []
    for name in ("config.yaml", "provenance.json"):
        (run / name).write_text("[1")
    assert known_config(run) == {}
    assert known_provenance(run) == []
    moved = set_aside_damaged(run)
    assert [path.name for path in moved] == ["config.yaml.damaged", "provenance.json.damaged"]
    assert all(path.read_text() == "[1" for path in moved)
    assert not (run / "config.yaml").exists()


@pytest.mark.parametrize(
    "run", ["/", "//", "/scratch/..", "~", "~/", "/home/somebody", "~/../somebody"]
)
def test_the_root_and_the_home_folder_are_no_runs(folders, run):
    with pytest.raises(InputError, match="is no folder of one run alone; name one in it"):
        run_folder(run)


def test_the_beginning_of_a_configuration_is_damaged(tmp_path):
    lines = ["trainer: {}\n", "model: {}\n", "data: {}\n", "ckpt_path: null\n"]
    config = tmp_path / "config.yaml"
    for end in range(1, len(lines)):
        config.write_text("".join(lines[:end]))
        with pytest.raises(InputError, match="is damaged"):
            read_config(tmp_path)
    config.write_text("".join(lines))
    assert read_config(tmp_path)["ckpt_path"] is None
