"""The commands ``lifting results add`` and ``draw``: the registry of results and its tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lifting.errors import InputError

if TYPE_CHECKING:
    from lifting.results.published import Published
    from lifting.results.registry import Registry
    from lifting.results.tables import Table


def add(experiment: str, *, stages: str = "", name: str | None = None) -> None:
    """Put the tests of a pipeline's runs into experiments/results, which tables are drawn from.

    Args:
        experiment: The file of the pipeline, as `lifting pipeline` was given it.
        stages: Stages or cells, with commas between them; all that were tested where not given.
        name: The name that the pipeline was run by, where it was given another.
    """
    from lifting.pipeline import read_pipeline
    from lifting.results.registry import add_results

    chosen = [stage for stage in stages.split(",") if stage]
    registry = add_results(read_pipeline(experiment, name), Path(experiment), chosen)
    print(f"{registry.path} holds {', '.join(registry.results)}.")
    print("Next: make results")


def draw(*, check: bool = False) -> None:
    """Draw the tables of experiments/README.md anew, if records and experiments agree.

    Args:
        check: Write nothing, and fail where the tables are not those of the records.
    """
    from lifting.results.agreement import disagreements
    from lifting.results.drawing import PAGE, draw, write_page

    registries, tables, published = _read()
    found = disagreements(registries, tables, published, defaults)
    if found:
        print(*found, sep="\n")
        many = f"{len(found)} disagreements" if len(found) > 1 else "1 disagreement"
        raise InputError(f"{many} in the results", remedy="mend what is named above.")
    try:
        text = PAGE.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError("cannot be read", PAGE, "run this at the root of the suite.") from error
    drawn = draw(text, tables, registries, published)
    if check and drawn != text:
        what = "its tables are not those of the records"
        raise InputError(what, PAGE, "draw them: make results")
    if not check:
        write_page(drawn)
    print(f"{len(tables)} tables, their records and experiments agree.")


def _read() -> "tuple[dict[str, Registry], dict[str, Table], dict[str, Published]]":
    from lifting.results.published import read_published
    from lifting.results.registry import read_registries
    from lifting.results.tables import read_tables

    return read_registries(), read_tables(), read_published()


def defaults(part: str, kind: str) -> Mapping[str, Any]:
    """Return the options that a method or a datamodule has unless they are given.

    Args:
        part: ``model`` or ``data``.
        kind: Name of the class; one that there is not has none.
    """
    from importlib import import_module

    from lifting.cli.options.vocabulary import PACKAGES, defaults_of

    return defaults_of(getattr(import_module(PACKAGES[part]), kind, None))
