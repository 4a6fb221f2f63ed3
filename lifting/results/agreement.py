"""Agreement of the registry: records with the experiments that make them, tables with records."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lifting.errors import InputError
from lifting.metrics.registry import find
from lifting.pipeline import Stage
from lifting.pipeline.matrix import SEED, SEEDS, plain_option
from lifting.pipeline.yaml_files import read_yaml
from lifting.results.published import Published
from lifting.results.record import Record
from lifting.results.registry import Registry, matters, pipeline_of
from lifting.results.tables import (
    Row,
    Table,
    measured,
    protocol,
    records_of,
    rows_on,
    values_of,
)
from lifting.runs.options import describe, differences, flat, method_of

# Options of a class, by its name as configurations have it, that it has unless they are given.
Defaults = Callable[[str, str], Mapping[str, Any]]


def disagreements(
    registries: Mapping[str, Registry],
    tables: Mapping[str, Table],
    published: Mapping[str, Published],
    defaults: Defaults,
) -> list[str]:
    """Return what does not agree, a sentence each.

    Args:
        registries: The files of the registry, by name.
        tables: The tables, by name.
        published: The published numbers, by name.
        defaults: Gives the options of a class, such as ``model`` and ``RepNet``.
    """
    found = [*_of_tables(registries, tables), *_of_published(tables, published)]
    for registry in registries.values():
        found += _of_registry(registry, defaults)
    return found


def _of_registry(registry: Registry, defaults: Defaults) -> Iterator[str]:
    try:
        stages = pipeline_of(registry).stages
    except InputError as error:
        yield str(error)
        return
    for name, record in registry.results.items():
        stage = stages.get(name)
        if stage is None or stage.command:
            yield f"{registry.path}: {registry.experiment} has no stage {name} that is tested."
        # What was written down by hand has no options to compare.
        elif record.options:
            changes = differs(stage, record, defaults)
            if changes:
                yield (
                    f"{registry.path}: {name} was measured with other options than "
                    f"{registry.experiment} has now ({'; '.join(changes)}); measure it again."
                )


def differs(stage: Stage, record: Record, defaults: Defaults) -> list[str]:
    """Return the options in which a record differs from the stage that is to make it."""
    given = given_options(stage)
    method = method_of(given) or record.method
    known: dict[str, Any] = {}
    for part in ("model", "data"):
        kind = str(given.get(part, record.options.get(part, ""))).rpartition(".")[2]
        own = {f"{part}.{name}": value for name, value in defaults(part, kind).items()}
        # Of what was given to another class before, a class keeps the options that it has itself.
        given = {
            name: value
            for name, value in given.items()
            if not own or not name.startswith(f"{part}.") or ".".join(name.split(".")[:2]) in own
        }
        known |= own
        # With its module or without.
        given[part] = kind
    measured = {n: v for n, v in record.options.items() if matters(n, method)}
    for part in ("model", "data"):
        measured[part] = str(measured.get(part, "")).rpartition(".")[2]
    # What a stage does not give is as it is by default, which may have changed.
    expected = {n: v for n, v in known.items() if n in measured} | given
    expected = {n: v for n, v in expected.items() if matters(n, method)}
    changes = differences(measured, expected)
    for option, value in given.items():
        # One that there was not yet when it was measured, with another value than by default.
        matters_here = option.startswith(("model.", "data.")) and option in expected
        if matters_here and not _is_known(option, measured) and value != known.get(option):
            changes[option] = None, value
    return describe(changes)


def _is_known(option: str, measured: Mapping[str, Any]) -> bool:
    """Return whether an option, one of its own options, or what it is one of was measured with."""
    names = measured.keys() - {"model", "data"}
    return any(f"{n}.".startswith(f"{option}.") or option.startswith(f"{n}.") for n in names)


def given_options(stage: Stage) -> dict[str, Any]:
    """Return the options that a stage is given by its files and its own, by name."""
    merged: dict[str, Any] = {}
    for path in stage.configs:
        _merge(merged, read_yaml(path))
    options = flat(merged)
    for option, value in stage.options.items():
        if option == SEED:
            options |= dict.fromkeys(SEEDS[1:], value)
        elif isinstance(value, dict):
            options |= flat({plain_option(option): value})
        else:
            options[plain_option(option)] = value
    return options


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(below.get(key), dict):
            _merge(below[key], value)
        else:
            below[key] = dict(value) if isinstance(value, Mapping) else value


def _of_tables(registries: Mapping[str, Registry], tables: Mapping[str, Table]) -> Iterator[str]:
    shown: set[int] = set()
    for table in tables.values():
        # Numbers in a column compare; of a table of datasets each column has a protocol of its own.
        columns = [rows_on(table, name) for name in table.datasets] or [list(table.rows)]
        for rows in columns:
            yield from _of_rows(table, rows, registries, shown)
        if table.datasets:
            for row, *cells in zip(table.rows, *columns, strict=True):
                if not any(measured(cell, registries) for cell in cells):
                    yield f"Table {table.name}: {row.label} is measured on none of its datasets."
    for registry in registries.values():
        for name, record in registry.results.items():
            if id(record) not in shown:
                yield f"{registry.path}: no table shows {name}; take it out, or show it."


def _of_rows(
    table: Table, rows: Iterable[Row], registries: Mapping[str, Registry], shown: set[int]
) -> Iterator[str]:
    """Yield what is wrong with rows whose numbers are to compare, and note the records they show."""
    protocols: dict[tuple[tuple[str, str], ...], str] = {}
    for row in rows:
        try:
            records = (measured if table.datasets else records_of)(row, registries)
        except InputError as error:
            yield str(error)
            continue
        shown |= {id(record) for record in records}
        protocols |= {tuple(protocol(r, row.case).items()): row.stages[0] for r in records}
        for metric in () if table.cases else table.metrics:
            if find(metric) is None:
                yield f"Table {table.name}: there is no metric {metric}."
            some = any(values_of(table, [record], metric, row.case) for record in records)
            if some and not values_of(table, records, metric, row.case):
                yield f"Table {table.name}: not all seeds of {row.label} have {metric}."
    if len(protocols) > 1:
        names = ", ".join(protocols.values())
        yield f"Table {table.name}: {names} were measured by different protocols."


def _of_published(tables: Mapping[str, Table], published: Mapping[str, Published]) -> Iterator[str]:
    for table in tables.values():
        for row in table.rows:
            for name in row.published:
                if name not in published:
                    yield f"Table {table.name}: there are no published numbers {name}."
    for number in published.values():
        for metric in number.values:
            if find(metric) is None:
                yield f"Published numbers {number.name}: there is no metric {metric}."
