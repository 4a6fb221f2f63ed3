"""Agreement of records, tables, published numbers, experiments and the page."""

import json
from pathlib import Path

import pytest
import yaml

from lifting.cli.results import add, draw
from lifting.errors import InputError
from lifting.results.registry import FOLDER
from tests.lifting.results.conftest import BASE, PAGE, PIPELINE, PUBLISHED, TABLES, made_record

NOT_THOSE = r"README.md: its tables are not those of the records; draw them: make results"


@pytest.fixture
def drawn(here):
    """The suite of results with its registry and its page as they should be."""
    add("experiments/p.yaml")
    draw()
    return here


def disagreement(capsys):
    """What the command says."""
    capsys.readouterr()
    with pytest.raises(InputError, match="1 disagreement in the results"):
        draw(check=True)
    return capsys.readouterr().out


def test_what_was_added_and_drawn_agrees(drawn, capsys):
    draw(check=True)
    assert "agree" in capsys.readouterr().out


def test_a_number_that_was_changed_by_hand_is_found(drawn):
    page = Path("experiments/README.md")
    page.write_text(page.read_text().replace("50.0", "49.0"))
    with pytest.raises(InputError, match=NOT_THOSE):
        draw(check=True)


def test_text_between_the_tables_is_anybodys(drawn):
    page = Path("experiments/README.md")
    page.write_text(page.read_text().replace("Between.", "Something else."))
    draw(check=True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"model.lr": 0.2}, "model.lr 0.1 → 0.2"),
        ({"model.init_args.width": 128}, "model.width 64 → 128"),
        ({"trainer.max_epochs": 9}, "trainer.max_epochs 3 → 9"),
        ({"data.test_frames": "every8"}, "data.test_frames all → every8"),
        ({"data.dilation": 2}, "data.dilation"),
    ],
)
def test_an_experiment_that_does_not_make_its_row_is_found(drawn, capsys, change, told):
    options = change if "model.init_args.width" in change else {"model.width": 64, **change}
    stages = {**PIPELINE["stages"], "one": {"options": options}}
    Path("experiments/p.yaml").write_text(yaml.safe_dump({**PIPELINE, "stages": stages}))
    out = disagreement(capsys)
    assert "p.json: one was measured with other options than experiments/p.yaml has now" in out
    assert told in out


def test_a_configuration_that_changed_is_found(drawn, capsys):
    model = {"class_path": "Mine", "init_args": {"lr": 0.3}}
    Path("experiments/base.yaml").write_text(yaml.safe_dump({**BASE, "model": model}))
    with pytest.raises(InputError, match="3 disagreements"):
        draw(check=True)
    assert "model.lr 0.1 → 0.3" in capsys.readouterr().out


def test_a_default_that_changed_is_found(drawn, capsys, monkeypatch):
    known = {"model": {"flip_test": True, "width": 32}, "data": {}}
    monkeypatch.setattr("lifting.cli.results.defaults", lambda part, kind: known[part])
    with pytest.raises(InputError, match="3 disagreements"):
        draw(check=True)
    assert "model.flip_test false → true" in capsys.readouterr().out


@pytest.mark.parametrize(("size", "agrees"), [(8, True), (16, False)])
def test_another_class_keeps_the_options_that_it_has_too(drawn, capsys, size, agrees):
    other = {"class_path": "Other", "init_args": {"batch_size": size, "depth": 3}}
    Path("experiments/base.yaml").write_text(yaml.safe_dump({**BASE, "data": other}))
    Path("experiments/mine.yaml").write_text("data:\n  class_path: Data\n")
    Path("experiments/p.yaml").write_text(yaml.safe_dump({**PIPELINE, "configs": ["base", "mine"]}))
    if agrees:
        draw(check=True)
    else:
        with pytest.raises(InputError, match="3 disagreements"):
            draw(check=True)
        assert "data.batch_size 8 → 16" in capsys.readouterr().out


def test_the_machine_may_be_another(drawn):
    trainer = {"max_epochs": 3, "devices": 4, "accelerator": "gpu"}
    Path("experiments/base.yaml").write_text(yaml.safe_dump({**BASE, "trainer": trainer}))
    draw(check=True)


def test_a_stage_that_is_gone_is_found(drawn, capsys):
    stages = {"two": {"seeds": [0, 1]}}
    Path("experiments/p.yaml").write_text(yaml.safe_dump({**PIPELINE, "stages": stages}))
    assert "experiments/p.yaml has no stage one that is tested" in disagreement(capsys)


def tables(**changes):
    Path(FOLDER / "tables.yaml").write_text(yaml.safe_dump({"p": {**TABLES["p"], **changes}}))


ONE, TWO = TABLES["p"]["rows"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rows": [ONE]}, "no table shows two/seed=0"),
        ({"rows": [ONE, TWO, {"label": "x", "stage": "three"}]}, "holds no result of stage three"),
        ({"columns": ["mpjpe", "speed"]}, "there is no metric speed"),
        ({"rows": [{**ONE, "published": ["nobody"]}, TWO]}, "no published numbers nobody"),
    ],
)
def test_a_table_that_does_not_fit_is_found(drawn, capsys, changes, told):
    tables(**changes)
    with pytest.raises(InputError, match="disagreement"):
        draw(check=True)
    assert told in capsys.readouterr().out


def test_rows_of_another_protocol_do_not_share_a_table(here, capsys):
    made_record(width=64, frames=99).write(Path("runs/p/one/test.json"))
    add("experiments/p.yaml")
    assert "one, two were measured by different protocols" in disagreement(capsys)


@pytest.mark.parametrize("missing", ["url", "where", "input", "protocol", "values"])
def test_a_bare_published_number_is_refused(here, missing):
    number = {key: value for key, value in PUBLISHED["someone_2020"].items() if key != missing}
    (FOLDER / "published.yaml").write_text(yaml.safe_dump({"someone_2020": number}))
    with pytest.raises(InputError, match="someone_2020"):
        draw(check=True)


def test_a_page_without_a_place_for_a_table_is_named(drawn):
    Path("experiments/README.md").write_text(PAGE.replace("table p", "table q"))
    with pytest.raises(InputError, match=r"README.md: has 0 places for the table p"):
        draw(check=True)


def test_of_a_record_that_was_altered_the_page_tells(drawn):
    path = FOLDER / "p.json"
    content = json.loads(path.read_text())
    content["results"]["one"]["averages"]["frame"]["mpjpe"] = 12.5
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=NOT_THOSE):
        draw(check=True)
