"""The registry of results: what is taken into it, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lifting.cli.results import add
from lifting.errors import InputError
from lifting.results.record import read_record
from lifting.results.registry import FOLDER, Registry, matters, read_registries
from tests.lifting.results.conftest import START, made_record


def test_tests_of_a_pipeline_are_added_and_read_again(here, capsys):
    add("experiments/p.yaml")
    assert "Next: make results" in capsys.readouterr().out
    registry = read_registries()["p"]
    assert registry.experiment == Path("experiments/p.yaml")
    assert set(registry.results) == {"one", "two/seed=0", "two/seed=1"}
    (one,) = registry.of_stage("one")
    assert one.averages["frame"]["mpjpe"] == 50.0
    assert [record.seed for record in registry.of_stage("two")] == [0, 1]
    assert one.core_minutes == 1.5


def test_nothing_of_the_machine_is_kept(here):
    add("experiments/p.yaml")
    text = (FOLDER / "p.json").read_text()
    assert "/secret" not in text
    assert "/elsewhere" not in text
    options = json.loads(text)["results"]["one"]["options"]
    assert options["model.lr"] == 0.1
    assert {"data.store", "data.workers", "trainer.devices", "wandb"}.isdisjoint(options)


def test_stages_are_replaced_one_by_one_and_others_stay(here):
    add("experiments/p.yaml")
    made_record(width=64, mpjpe=44.0).write(Path("runs/p/one/test.json"))
    made_record(mpjpe=1.0).write(Path("runs/p/two/seed=0/test.json"))
    add("experiments/p.yaml", stages="one")
    results = read_registries()["p"].results
    assert results["one"].averages["frame"]["mpjpe"] == 44.0
    assert results["two/seed=0"].averages["frame"]["mpjpe"] == 60.0


@pytest.mark.parametrize("part", ["trained", "tested"])
def test_what_changed_code_made_is_refused(here, part):
    start = {**START, "modified": True}
    changed = replace(made_record(), **{part: [start] if part == "trained" else start})
    changed.write(Path("runs/p/one/test.json"))
    with pytest.raises(InputError, match="runs/p/one: was made by code that differed"):
        add("experiments/p.yaml")
    assert not list(FOLDER.glob("*.json"))


def test_what_was_not_tested_is_refused_where_it_is_named(here):
    Path("runs/p/one/test.json").unlink()
    add("experiments/p.yaml")
    with pytest.raises(InputError, match=r"runs/p/one/test.json: is not there"):
        add("experiments/p.yaml", stages="one")
    with pytest.raises(InputError, match="no stage 'three'"):
        add("experiments/p.yaml", stages="three")
    with pytest.raises(InputError, match="none of its stages has been tested"):
        add("experiments/p.yaml", name="never_run")


@pytest.mark.parametrize("text", ["3", "[]", '{"experiment": "x"}', '{"results": {"a": 1}}'])
def test_a_damaged_file_is_named(here, text):
    path = FOLDER / "p.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"p.json: is no file of results"):
        Registry.read(path)
    path.write_text('{"experiment": "x", "results": {"a": {"format": 2}}}')
    with pytest.raises(InputError, match=r"p.json: is no record of a test"):
        Registry.read(path)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("model.width", True),
        ("model.flip_test", True),
        ("data.test_frames", True),
        ("data.test_subjects", True),
        ("trainer.max_epochs", True),
        ("trainer.limit_train_batches", True),
        ("seed_everything", True),
        ("model.start_from", False),
        ("data.store", False),
        ("data.eval_batch_size", False),
        ("trainer.accelerator", False),
        ("wandb", False),
    ],
)
def test_options_that_matter_are_those_that_change_a_number(option, expected):
    assert matters(option, "SimpleBaseline") is expected


def test_rows_are_kept_where_averages_do_not_stand_for_them(here):
    cases = made_record(averages={"case": {}, "frame": {}})
    cases.write(Path("runs/p/one/test.json"))
    add("experiments/p.yaml")
    results = read_registries()["p"].results
    assert results["one"].rows == cases.rows
    assert results["two/seed=0"].rows == {}
    assert read_record(Path("runs/p/two/seed=0")).rows
