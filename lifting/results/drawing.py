"""Markdown of the tables of results, and the page that has them in their places."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lifting.errors import InputError
from lifting.files import beside
from lifting.metrics.registry import title, with_unit
from lifting.results.published import Published
from lifting.results.record import Record
from lifting.results.registry import Registry
from lifting.results.tables import (
    FACTS,
    Row,
    Table,
    listed,
    measured,
    protocol,
    records_of,
    rows_on,
    unique,
    values_of,
)
from lifting.runs.spread import Spread

PAGE = Path("experiments/README.md")
NUMBERS = "published"

_NONE = "–"
_MARKS = "†‡§¶*"
_PLACE = re.compile(
    r"(?P<begin><!-- table (?P<name>[\w.-]+) -->\n).*?(?P<end><!-- end of table -->)", re.DOTALL
)
# What 2D sources are called.
_SOURCES = {"gt": "ground truth", "sh": "Stacked Hourglass"}


def draw(
    text: str,
    tables: Mapping[str, Table],
    registries: Mapping[str, Registry],
    published: Mapping[str, Published],
) -> str:
    """Return a page with every table in its place.

    Args:
        text: The page. A table's place is between ``<!-- table NAME -->`` and ``<!-- end of table -->``;
            that of ``published`` has all published numbers.
        tables: The tables by name.
        registries: The files of the registry by name.
        published: Published numbers by name.

    Raises:
        InputError: If a place has no table, or a table no place.
    """
    places = [match["name"] for match in _PLACE.finditer(text)]
    for name in [*tables, NUMBERS]:
        if places.count(name) != 1:
            what = f"has {places.count(name)} places for the table {name}"
            remedy = f"write '<!-- table {name} -->' and '<!-- end of table -->' once."
            raise InputError(what, PAGE, remedy)

    def drawn(match: re.Match[str]) -> str:
        name = match["name"]
        if name == NUMBERS:
            return f"{match['begin']}{draw_published(published)}{match['end']}"
        if name not in tables:
            raise InputError(f"has a place for a table {name}", PAGE, "describe it in tables.yaml.")
        content = draw_table(tables[name], registries, published)
        return f"{match['begin']}{content}{match['end']}"

    return _PLACE.sub(drawn, text)


def write_page(text: str, path: Path = PAGE) -> None:
    """Write the page, all of it or nothing."""
    with beside(path) as partial:
        partial.write_text(text, encoding="utf-8")


def draw_table(
    table: Table, registries: Mapping[str, Registry], published: Mapping[str, Published]
) -> str:
    """Return a table, and below it what its rows have in common."""
    if table.datasets:
        return _on_datasets(table, registries)
    found = [(row, records_of(row, registries)) for row in table.rows]
    notes = unique(record.note for _, records in found for record in records)
    marks = dict(zip(notes, _MARKS, strict=False))
    if table.cases:
        lines = _cases(table, found[0][1][0])
    else:
        heads = [FACTS.get(c) or with_unit(c, table.metrics) for c in table.columns]
        lines = [["", "stage", *heads]]
        for row, records in found:
            mark = "".join(unique(f" {marks[r.note]}" for r in records if r.note))
            facts = [_cell(table, row, records, c, published) for c in table.columns]
            lines.append([row.label + mark, " ".join(f"`{stage}`" for stage in row.stages), *facts])
    below = [
        _below(table, found),
        _commands(table, registries),
        *(f"\n{mark} {n}" for n, mark in marks.items()),
    ]
    return _markdown(lines) + "\n" + "\n".join(below) + "\n\n"


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    head, *rows = lines
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rows))


def _on_datasets(table: Table, registries: Mapping[str, Registry]) -> str:
    """Return a table of one metric on several datasets, and below it what was tested on of each."""
    (metric,) = table.metrics
    lines = [["", "stages", *table.datasets]]
    lines += [[r.label, ", ".join(f"`{stage}_*`" for stage in r.stages)] for r in table.rows]
    tested, everything = [], []
    for name in table.datasets:
        facts: dict[str, str] = {}
        for line, row in zip(lines[1:], rows_on(table, name), strict=True):
            records = measured(row, registries)
            values = values_of(table, records, metric, row.case) if records else []
            line.append(Spread.of(values).text(1) if values else _NONE)
            facts |= protocol(records[0], row.case) if records else {}
            everything += records
        if facts:
            tested.append(f"{name}: {_tested_on(facts)}")
    joints = protocol(everything[0])["joint set"]
    about = [with_unit(metric), joints, f"averaged over {table.average}s", *_machines(everything)]
    commits = ", ".join(unique(commit for r in everything for commit in r.commits))
    below = f"{'; '.join([*about, f'commit {commits}'])}. {'; '.join(tested)}."
    return f"{_markdown(lines)}\n{below}\n{_commands(table, registries)}\n\n"


def _tested_on(facts: Mapping[str, str]) -> str:
    subjects = f" of {facts['subjects']}" if "subjects" in facts else ""
    return f"{facts['frames']} frames{subjects} ({facts['rule for frames']})"


def _machines(records: Sequence[Record]) -> list[str]:
    torch = unique(str(r.tested.get("torch", "")).partition("+")[0] for r in records)
    return [*unique(h for r in records for h in r.hardware), *(f"torch {v}" for v in torch)]


def _commands(table: Table, registries: Mapping[str, Registry]) -> str:
    files = unique(row.registry for row in table.rows)
    commands = [f"lifting pipeline {registries[name].experiment}" for name in files]
    return "\n".join(["", "```bash", *commands, "```"])


def _cases(table: Table, record: Record) -> list[list[str]]:
    heads = [with_unit(metric, table.metrics) for metric in table.metrics]
    lines = [["hidden", "frames", *heads]]
    for case, row in record.rows.items():
        values = [row.get(metric) for metric in table.metrics]
        numbers = [_NONE if value is None else f"{value:.1f}" for value in values]
        lines.append([case.replace("_", " "), f"{row.get('frames'):,}", *numbers])
    return lines


def _cell(
    table: Table,
    row: Row,
    records: Sequence[Record],
    column: str,
    published: Mapping[str, Published],
) -> str:
    if column == "published":
        return _beside(table, [published[name] for name in row.published]) or ""
    if column in FACTS:
        return ", ".join(unique(_FACT_OF[column](record) for record in records))
    values = values_of(table, records, column)
    if not values:
        return _NONE
    return Spread.of(values).text(1)


def _named(values: Mapping[str, float], beside: Sequence[str]) -> str:
    return ", ".join(f"{value:g} {title(metric, beside)}" for metric, value in values.items())


def _beside(table: Table, numbers: Sequence[Published]) -> str:
    """Return published numbers of the metrics of a table, each with a link to its source."""
    texts = []
    for number in numbers:
        values = {m: v for m, v in number.values.items() if m in table.metrics} or number.values
        texts.append(f"{_named(values, table.metrics)} ([{number.name}](#published-numbers))")
    return "; ".join(texts)


def _steps(record: Record) -> str:
    count = record.batches if record.batches is not None else record.steps
    size = record.options.get("data.batch_size")
    return "" if count is None else f"{count:,}" + (f" of {size}" if size else "")


def _frames(record: Record) -> str:
    options = record.options
    lengths = [options.get(f"data.{name}") for name in ("receptive_field", "chunk")]
    return str(max([n for n in lengths if isinstance(n, int)], default=1))


_FACT_OF: dict[str, Callable[[Record], str]] = {
    "seeds": lambda r: "" if r.seed is None else str(r.seed),
    "source": lambda r: _SOURCES.get(s := str(r.options.get("data.source", "")), s),
    "frames": _frames,
    "parameters": lambda r: "" if r.parameters is None else f"{r.parameters:,}",
    "steps": _steps,
    "subjects": lambda r: listed(r.options.get("data.train_subjects")),
    "core_minutes": lambda r: "" if r.core_minutes is None else f"{r.core_minutes:.1f}",
    "commit": lambda r: " ".join(r.commits),
}


def _below(table: Table, found: Sequence[tuple[Row, list[Record]]]) -> str:
    records = [record for _, of_row in found for record in of_row]
    common = protocol(records[0])
    facts = [_tested_on(common)]
    facts += [common[name] for name in ("dataset", "joint set") if name in common]
    shown = {} if table.cases else {"average": f"averaged over {table.average}s"}
    trained = unique(listed(r.options.get("data.train_subjects")) for r in records)
    if "subjects" not in table.columns and len(trained) == 1:
        facts.append(f"trained on {trained[0]}")
    held_out = unique(listed(r.options.get("data.val_subjects")) for r in records)
    facts += [f"selected on {' or '.join(held_out)}"] if held_out else []
    if "seeds" not in table.columns:
        facts.append(f"seed {', '.join(unique(str(r.seed) for r in records))}")
    if "commit" not in table.columns:
        facts.append(f"commit {', '.join(unique(c for r in records for c in r.commits))}")
    return f"{'; '.join([*facts, *shown.values(), *_machines(records)])}."


def draw_published(published: Mapping[str, Published]) -> str:
    """Return the table of all published numbers."""
    lines = [["", "numbers", "2D", "trained on", "protocol", "source"]]
    for number in published.values():
        values = _named(number.values, list(number.values))
        source = f"[{number.who}]({number.url}), {number.where}"
        lines.append(
            [number.name, values, number.input, number.trained_on, number.protocol, source]
        )
    return _markdown(lines)
