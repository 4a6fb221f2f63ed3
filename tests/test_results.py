"""The results that ship: records, tables and experiments agree, as ``make results-check`` says."""

from pathlib import Path

from lifting.cli.results import draw

ROOT = Path(__file__).parent.parent


def test_records_tables_and_experiments_agree(monkeypatch):
    monkeypatch.chdir(ROOT)
    draw(check=True)
