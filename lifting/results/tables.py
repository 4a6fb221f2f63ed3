"""Tables of results: what they show is in ``tables.yaml``, what is in them in the registry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lifting.errors import InputError, located
from lifting.pipeline.yaml_files import (
    check_keys,
    list_of,
    mapping_of,
    read_yaml,
    refuse_doubled_keys,
)
from lifting.results.record import Record
from lifting.results.registry import FOLDER, Registry

TABLES = FOLDER / "tables.yaml"

# Columns that are no metrics: how they are headed.
FACTS = {
    "seeds": "seeds",
    "source": "2D",
    "frames": "frames",
    "parameters": "parameters",
    "steps": "batches",
    "subjects": "trained on",
    "core_minutes": "core minutes",
    "published": "published",
    "commit": "commit",
}
_KEYS = ("registry", "average", "columns", "rows", "cases", "datasets")
_ROW_KEYS = ("label", "stage", "registry", "published", "case")


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        label: What it is, for people.
        stages: The stages whose records it shows; several, of one each seed, as mean and deviation.
        registry: Name of the file of the registry.
        published: Names of published numbers that stand beside it.
        case: The row of the records that it shows in place of their average.
    """

    label: str
    stages: tuple[str, ...]
    registry: str
    published: tuple[str, ...] = ()
    case: str | None = None


@dataclass(frozen=True)
class Table:
    """A table of results.

    Attributes:
        name: Its name, that of its place in the page.
        average: Which average it shows: ``action``, ``frame``, or another kind of rows.
        columns: Metrics, and names of :data:`FACTS`.
        rows: The rows; of ``cases`` the one whose record has them.
        cases: Whether the rows of the single record are shown in place of its averages.
        datasets: Of a table of one metric on several datasets the columns: how a dataset is headed, and
            the end of the names of its stages. ``columns`` has the metric then, and a row's stage
            ``person`` stands for ``person_cmu`` and those of the other datasets, as far as they are
            measured.
    """

    name: str
    average: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    cases: bool = False
    datasets: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The columns that are metrics."""
        return tuple(column for column in self.columns if column not in FACTS)


def read_tables(path: Path = TABLES) -> dict[str, Table]:
    """Return the tables by their names.

    Raises:
        InputError: If one of them is not as it should be.
    """
    content = read_yaml(path)
    refuse_doubled_keys(path)
    tables = {}
    for name, keys in content.items():
        with located(path), located(f"table {name}"):
            tables[name] = _table(name, keys)
    return tables


def _table(name: str, keys: Any) -> Table:
    if not isinstance(keys, dict):
        raise InputError("holds no keys", remedy=f"the keys are {', '.join(_KEYS)}.")
    check_keys(keys, _KEYS)
    registry = keys.get("registry", name)
    cases = keys.get("cases")
    rows = [{"label": "", "stage": cases}] if cases else keys.get("rows")
    if not isinstance(rows, list) or not rows or not all(isinstance(r, dict) for r in rows):
        raise InputError("has no rows", remedy="give 'rows', or of 'cases' the stage.")
    made = []
    for row in rows:
        check_keys(row, _ROW_KEYS)
        stage = row.get("stage")
        stages = [stage] if isinstance(stage, str) else list_of(row, "stage")
        if not isinstance(row.get("label"), str) or not stages:
            raise InputError("a row lacks its label or its stage", remedy="give both.")
        given = tuple(list_of(row, "published"))
        of = row.get("registry", registry)
        made.append(Row(row["label"], tuple(stages), of, given, row.get("case")))
    average = str(keys.get("average", "frame"))
    columns = tuple(list_of(keys, "columns"))
    datasets = {str(head): str(end) for head, end in mapping_of(keys, "datasets").items()}
    table = Table(name, average, columns, tuple(made), bool(cases), datasets)
    if datasets and (cases or len(columns) != 1 or len(table.metrics) != 1):
        raise InputError("has datasets and not one metric", remedy="give 'columns' one metric.")
    return table


def rows_on(table: Table, dataset: str) -> list[Row]:
    """Return the rows of one column of a table of datasets, each with the stages of that dataset."""
    end = table.datasets[dataset]
    return [replace(r, stages=tuple(f"{stage}_{end}" for stage in r.stages)) for r in table.rows]


def measured(row: Row, registries: Mapping[str, Registry]) -> list[Record]:
    """Return the records of a row, none where it is not measured."""
    registry = registries.get(row.registry)
    some = registry is not None and any(registry.of_stage(stage) for stage in row.stages)
    return records_of(row, registries) if some else []


def records_of(row: Row, registries: Mapping[str, Registry]) -> list[Record]:
    """Return the records of a row, at least one.

    Raises:
        InputError: If there is none.
    """
    registry = registries.get(row.registry)
    records = []
    for stage in row.stages:
        found = registry.of_stage(stage) if registry else []
        if not found:
            where = registry.path if registry else FOLDER / f"{row.registry}.json"
            add = f"measure it and add it: lifting results add EXPERIMENT --stages {stage}"
            raise InputError(f"holds no result of stage {stage}", where, add)
        records += found
    return records


def values_of(
    table: Table, records: Sequence[Record], metric: str, case: str | None = None
) -> list[float]:
    """Return what each record measured of a metric, or of one case; nothing where not all did."""
    found = [
        (r.averages.get(table.average, {}) if case is None else r.rows.get(case, {})).get(metric)
        for r in records
    ]
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else []


def protocol(record: Record, case: str | None = None) -> dict[str, str]:
    """Return what the rows of a table have in common, so that their numbers compare."""
    options = record.options
    frames = record.frames if case is None else record.rows.get(case, {}).get("frames")
    facts = {
        "frames": f"{frames or 0:,.0f}",
        "subjects": listed(options.get("data.test_subjects")),
        "rule for frames": str(options.get("data.test_frames", "all")),
        "joint set": str(
            options.get("data.test_skeleton") or options.get("model.skeleton", "h36m17")
        ),
        "dataset": str(options.get("data", "")).rpartition(".")[2],
    }
    return {name: fact for name, fact in facts.items() if fact}


def listed(value: Any) -> str:
    """Return a list of names as text."""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def unique(values: Iterable[str]) -> list[str]:
    """Return different texts in their order, without empty ones."""
    return [value for value in dict.fromkeys(values) if value]
