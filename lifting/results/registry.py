"""Registry of the results that count: files of records, one for each pipeline that made them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from lifting.containers.damage import DATA_ERRORS
from lifting.containers.json_files import parse_json
from lifting.errors import InputError, located
from lifting.files import beside
from lifting.pipeline import Pipeline, read_pipeline
from lifting.results.record import Record, read_record
from lifting.runs.options import method_of
from lifting.runs.resumption import Class, class_of

FOLDER = Path("experiments/results")

# Of the options that a resumed training may change, those that change what a test measures.
_OF_TESTS = (
    *("data.test_subjects", "data.test_frames", "data.test_skeleton", "data.boxes"),
    "trainer.limit_test_batches",
)


@dataclass(frozen=True)
class Registry:
    """The results of one pipeline.

    Attributes:
        path: The file.
        experiment: The file of the pipeline, whose stages are the commands of the results.
        results: Records by the stage, or the cell of one, that made them.
    """

    path: Path
    experiment: Path
    results: Mapping[str, Record] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the file, which is the pipeline's."""
        return self.path.stem

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file of the registry.

        Raises:
            InputError: If it is none.
        """
        try:
            content = parse_json(path.read_bytes(), path)
            experiment, results = content["experiment"], content["results"]
            with located(path):
                records = {str(n): Record.from_json(r) for n, r in results.items()}
            return cls(path, Path(experiment), records)
        except DATA_ERRORS as error:
            what, remedy = "is no file of results", "take it from the history of the code."
            raise InputError(what, path, remedy) from error

    def write(self) -> None:
        """Write the file, all of it or nothing."""
        results = {name: record.as_json() for name, record in sorted(self.results.items())}
        content = {"experiment": str(self.experiment), "results": results}
        with beside(self.path, make_folder=True) as partial:
            partial.write_text(f"{json.dumps(content, indent=1)}\n", encoding="utf-8")

    def of_stage(self, stage: str) -> list[Record]:
        """Return the records of a stage: one, or one of each of its cells."""
        return [r for n, r in self.results.items() if n == stage or n.partition("/")[0] == stage]


def read_registries(folder: Path = FOLDER) -> dict[str, Registry]:
    """Return every file of the registry by its name.

    Raises:
        InputError: If one of them is damaged.
    """
    read = (Registry.read(path) for path in sorted(folder.glob("*.json")))
    return {registry.name: registry for registry in read}


def matters(option: str, method: str) -> bool:
    """Return whether an option changes what a training or its test measures.

    Example:
        >>> matters("model.lr", "RepNet"), matters("data.workers", "RepNet")
        (True, False)
    """
    if option in _OF_TESTS or option.startswith("model."):
        return class_of(option, method) is not Class.BY_CONTENT
    return class_of(option, method) not in (Class.FREE, Class.BY_CONTENT)


def as_registered(record: Record) -> Record:
    """Return a record without what is of one machine, and without rows that its averages stand for.

    Raises:
        InputError: If changed code made it, so that no commit tells how.
    """
    if any(start.get("modified") for start in (*record.trained, record.tested)):
        what = "was made by code that differed from its commit"
        raise InputError(what, remedy="commit the changes, and train and test it again.")
    method = method_of(record.options)
    options = {n: v for n, v in record.options.items() if matters(n, method)}
    tested = {n: v for n, v in record.tested.items() if n != "command"}
    rows = {} if "action" in record.averages else record.rows
    return replace(record, options=options, tested=tested, rows=rows)


def add_results(pipeline: Pipeline, experiment: Path, stages: Iterable[str] = ()) -> Registry:
    """Put the tests of a pipeline's runs into the registry, in place of earlier ones.

    Args:
        pipeline: The pipeline.
        experiment: Its file.
        stages: Stages or cells; every tested one whose record is there where none is named.

    Raises:
        InputError: If a named one has no record, none at all has one, or one cannot be taken.
    """
    path = FOLDER / f"{pipeline.name}.json"
    before = Registry.read(path).results if path.is_file() else {}
    named = pipeline.select(stages) if stages else list(pipeline.stages.values())
    results: dict[str, Any] = {}
    for stage in named:
        if stage.command:
            continue
        try:
            record = read_record(stage.folder)
        except InputError:
            if stages:
                raise
            continue
        with located(stage.folder):
            results[stage.name] = as_registered(record)
    if not results:
        remedy = f"run it: lifting pipeline {experiment}"
        raise InputError("none of its stages has been tested", experiment, remedy)
    registry = Registry(path, experiment, {**before, **results})
    registry.write()
    return registry


def pipeline_of(registry: Registry) -> Pipeline:
    """Return the pipeline of a file of the registry.

    Raises:
        InputError: If its file is not there, or no pipeline.
    """
    return read_pipeline(registry.experiment, registry.name)
