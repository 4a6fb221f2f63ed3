"""Published weights into checkpoints of this suite."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lifting.errors import InputError
from lifting.exchange.detectors import import_detector
from lifting.exchange.imported import free_places, write_imported
from lifting.exchange.lifters import import_lifter
from lifting.exchange.statistics import import_statistics
from lifting.published.detector_families import DETECTORS
from lifting.published.detectors import official
from lifting.published.families import FAMILIES
from lifting.published.reading import Published, read_published


def import_weights(
    path: str | Path,
    out: str | Path,
    family: str | None = None,
    given: Mapping[str, Any] | None = None,
    statistics: Mapping[str, Any] | None = None,
) -> str:
    """Write published weights as a checkpoint, with its configuration and a report beside it.

    Args:
        path: The published file.
        out: The checkpoint to write, ``.ckpt``; ``.yaml`` and ``.report.txt`` go beside it.
        family: A key of ``FAMILIES`` or ``DETECTORS``; by the names of the tensors where not given.
        given: Options of the method: those that the file does not tell, and the joint sets. Others are
            compared with the file.
        statistics: Arrays that belong to the weights (:mod:`lifting.exchange.statistics`).

    Returns:
        The report: what became of every tensor of the file and where every one of ours is from.

    Raises:
        InputError: If the file is unsafe, damaged, or does not fit the family or what is given.
    """
    path = Path(path)
    places = free_places(Path(out))
    published = official(read_published(path))
    try:
        family = family or _recognise(published)
        read = import_detector if family in DETECTORS else import_lifter
        imported = read(published, family, given or {})
        taken = import_statistics(imported.method, statistics)
    except InputError as error:
        raise error.at(path) from error
    for name, tensor in taken.items():
        imported.report.line("given", name, f"{tuple(tensor.shape)}, --statistics")
    imported.report.beside(published.others)
    write_imported(replace(imported, state={**imported.state, **taken}), path, places)
    return str(imported.report)


def _recognise(published: Published) -> str:
    """Return the family whose mark a file bears.

    Raises:
        InputError: If it bears none.
    """
    marks = {name: [layout.mark for layout in FAMILIES[name].layouts] for name in FAMILIES}
    marks |= {name: [DETECTORS[name].mark] for name in DETECTORS}
    for name, known in marks.items():
        if any(mark in published.tensors for mark in known):
            return name
    raise InputError(
        f"holds {next(iter(published.tensors))} and other tensors of no family that is known here",
        remedy=f"known are {', '.join(marks)}.",
    )
