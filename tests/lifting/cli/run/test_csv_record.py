import csv
import errno
from pathlib import Path

import pytest

from lifting.cli.run.csv_record import CSVRecord
from lifting.errors import explain
from lifting.runs.folder import read_curves


def rows(log: Path) -> list[dict[str, str]]:
    with log.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def record(tmp_path) -> CSVRecord:
    record = CSVRecord(tmp_path, name="logs")
    record.log_metrics({"a": 1.0}, 0)
    record.save()
    return record


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / "logs/version_0/metrics.csv"


def test_rows_and_new_columns_are_kept(record, log, tmp_path):
    record.log_metrics({"a": 2.0}, 1)
    record.save()
    record.log_metrics({"b": 3.0}, 2)
    record.save()
    assert rows(log) == [
        {"a": "1.0", "b": "", "step": "0"},
        {"a": "2.0", "b": "", "step": "1"},
        {"a": "", "b": "3.0", "step": "2"},
    ]
    assert [path.name for path in log.parent.iterdir()] == ["metrics.csv"]
    assert read_curves(tmp_path) == {"a": ([0, 1], [1, 2]), "b": ([2], [3])}


@pytest.mark.parametrize("name", ["a", "b"])
def test_full_disk_leaves_whole_rows(record, log, monkeypatch, name):
    """Also where a new column is written, and where all is saved once more at the end."""
    before = log.read_bytes()

    def fill(writer, rows):
        writer.writerow({"a": 7.0, "step": 1})
        raise OSError(errno.ENOSPC, "No space left on device")

    record.log_metrics({name: 2.0}, 1)
    with monkeypatch.context() as patch:
        patch.setattr(csv.DictWriter, "writerows", fill)
        for _ in range(2):
            with pytest.raises(OSError, match="No space") as error:
                record.save()
            assert "The disk is full" in explain(error.value)
    kept = [row["a"] for row in rows(log)]
    assert kept == ["1.0"]
    assert log.read_bytes().startswith(before.splitlines()[0]) or name == "b"
    record.save()
    assert [row["a"] for row in rows(log)] == ["1.0", "2.0" if name == "a" else ""]
