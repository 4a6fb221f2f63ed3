"""The tables of results as Markdown, and the page around them."""

from pathlib import Path

import pytest
import yaml

from lifting.cli.results import add, draw
from lifting.errors import InputError
from lifting.results.registry import FOLDER
from tests.lifting.results.conftest import PAGE, made_record


def page():
    draw()
    return Path("experiments/README.md").read_text()


def lines_of(text, word):
    return [line for line in text.splitlines() if word in line and line.startswith("|")]


def test_a_row_has_its_number_its_origin_and_its_cost(here):
    add("experiments/p.yaml")
    text = page()
    (row,) = lines_of(text, "the one")
    link = "40.25 MPJPE ([someone_2020](#published-numbers))"
    assert row == f"| the one | `one` | 0 | 500 of 8 | 50.0 | – | {link} | 1.5 | ccccccc |"
    assert text.startswith("# Results\n")
    assert "\nBetween.\n" in text
    assert "old" not in text


def test_seeds_are_a_mean_and_a_deviation(here):
    add("experiments/p.yaml")
    (row,) = lines_of(page(), "the other")
    # Of 60 and 62, that of a sample.
    assert "| 0, 1 | 500 of 8 | 61.0 ± 1.4 | – |" in row


def test_what_rows_have_in_common_stands_below_with_the_command(here):
    add("experiments/p.yaml")
    text = page()
    assert "1,234 frames of S9 (all)" in text
    assert "averaged over frames; chip; torch 2.13.0." in text
    assert "```bash\nlifting pipeline experiments/p.yaml\n```" in text


def test_published_numbers_have_their_sources(here):
    add("experiments/p.yaml")
    (row,) = lines_of(page(), "five subjects")
    assert "40.25 MPJPE | ground truth | five subjects | all frames" in row
    assert "[Someone, 2020](https://example.org), table 3" in row


def test_notes_have_marks(here):
    made_record(width=64, note="Written down.").write(Path("runs/p/one/test.json"))
    add("experiments/p.yaml")
    text = page()
    assert lines_of(text, "| the one † |")
    assert "\n† Written down.\n" in text
    assert lines_of(text, "| the other |")


def test_cases_are_rows(here):
    rows = {
        "left_arm": {"frames": 7, "pa_mpjpe": 60.0, "pa_mpjpe_hidden": 110.0},
        "nothing": {"frames": 7, "pa_mpjpe": 38.5, "pa_mpjpe_hidden": None},
    }
    record = made_record(width=64, averages={"case": {}, "frame": {}}, rows=rows, frames=14)
    record.write(Path("runs/p/one/test.json"))
    add("experiments/p.yaml", stages="one")
    described = {"p": {"cases": "one", "columns": ["pa_mpjpe", "pa_mpjpe_hidden"]}}
    (FOLDER / "tables.yaml").write_text(yaml.safe_dump(described))
    text = page()
    assert lines_of(text, "left arm") == ["| left arm | 7 | 60.0 | 110.0 |"]
    assert lines_of(text, "nothing") == ["| nothing | 7 | 38.5 | – |"]


def test_drawing_twice_changes_nothing(here):
    add("experiments/p.yaml")
    assert page() == page()


def test_a_place_without_a_table_is_refused_and_nothing_is_written(here):
    add("experiments/p.yaml")
    extra = PAGE + "<!-- table other -->\n<!-- end of table -->\n"
    Path("experiments/README.md").write_text(extra)
    with pytest.raises(InputError, match="has a place for a table other"):
        draw()
    assert Path("experiments/README.md").read_text() == extra


ON_DATASETS = {
    "datasets": {"Here": "here", "There": "there", "Nowhere": "nowhere"},
    "columns": ["mpjpe"],
    "rows": [
        {"label": "the one", "stage": "one"},
        {"label": "completed", "stage": "two", "case": "none"},
    ],
}


def on_datasets(**records):
    """The table of lifters on datasets, with these records."""
    stages = {name: {"options": {"model.width": 64}} for name in records}
    content = {"configs": ["base"], "stages": stages}
    Path("experiments/p.yaml").write_text(yaml.safe_dump(content))
    for name, record in records.items():
        Path("runs/p", name).mkdir(parents=True)
        record.write(Path("runs/p", name, "test.json"))
    add("experiments/p.yaml")
    (FOLDER / "tables.yaml").write_text(yaml.safe_dump({"p": ON_DATASETS}, sort_keys=False))


def test_lifters_on_datasets_are_rows_and_columns(here):
    cases = {"none": {"frames": 7, "mpjpe": 38.5}, "legs": {"frames": 7, "mpjpe": 90.0}}
    on_datasets(
        one_here=made_record(width=64, mpjpe=41.0),
        one_there=made_record(width=64, mpjpe=52.0, frames=7),
        two_there=made_record(width=64, mpjpe=64.0, frames=14, rows=cases, averages={"case": {}}),
    )
    text = page()
    assert lines_of(text, "stages") == ["|  | stages | Here | There | Nowhere |"]
    assert lines_of(text, "the one") == ["| the one | `one_*` | 41.0 | 52.0 | – |"]
    # One case of its record, whose frames are as many as those of the row above.
    assert lines_of(text, "completed") == ["| completed | `two_*` | – | 38.5 | – |"]
    below = "MPJPE, mm ↓; h36m17; averaged over frames; chip; torch 2.13.0; commit ccccccc. "
    assert f"\n{below}Here: 1,234 frames of S9 (all); There: 7 frames of S9 (all).\n" in text
    assert "```bash\nlifting pipeline experiments/p.yaml\n```" in text


def test_a_column_of_two_protocols_and_a_row_of_nothing_are_told(here, capsys):
    on_datasets(one_here=made_record(width=64, frames=7), two_here=made_record(width=64, frames=8))
    with pytest.raises(InputError, match="1 disagreement"):
        draw()
    assert "one_here, two_here were measured by different protocols" in capsys.readouterr().out
    described = {"p": ON_DATASETS | {"datasets": {"There": "there"}}}
    (FOLDER / "tables.yaml").write_text(yaml.safe_dump(described))
    with pytest.raises(InputError, match="disagreements"):
        draw()
    assert "the one is measured on none of its datasets" in capsys.readouterr().out


@pytest.mark.parametrize("columns", [["mpjpe", "pa_mpjpe"], ["commit"], []])
def test_a_table_of_datasets_has_one_metric(here, columns):
    add("experiments/p.yaml")
    (FOLDER / "tables.yaml").write_text(yaml.safe_dump({"p": ON_DATASETS | {"columns": columns}}))
    with pytest.raises(InputError, match="datasets and not one metric"):
        draw()
