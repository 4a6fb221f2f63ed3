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
