"""Import of published weights into checkpoints of this suite."""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from lifting.checkpoints import file_digest
from lifting.errors import InputError, located
from lifting.exchange.detectors import import_detector
from lifting.exchange.imported_method import output_paths, write_imported
from lifting.exchange.lifters import import_lifter
from lifting.exchange.parts import join_parts, refuse_single_part
from lifting.published.detectors import strip_mmpose_prefixes
from lifting.published.families import DETECTORS, FAMILIES, recognise
from lifting.published.families.base import DetectorFamily, LifterFamily
from lifting.published.reading import read_published


def import_weights(
    path: str | Path,
    out: str | Path,
    family: str | None = None,
    options: Mapping[str, Any] | None = None,
    statistics: Mapping[str, Any] | None = None,
    beside: Mapping[str, str | Path] | None = None,
) -> str:
    """Write published weights as a checkpoint, with its configuration and a report beside it.

    Args:
        path: The published file.
        out: The checkpoint to write, ``.ckpt``; ``.yaml`` and ``.report.txt`` go beside it.
        family: A key of ``FAMILIES`` or ``DETECTORS``; by the names of the tensors where not given.
        options: Options of the method: those that the file does not tell, and the joint sets. Others
            are compared with the file.
        statistics: Arrays that belong to the weights (:mod:`lifting.published.statistics`), where they
            are not in the file.
        beside: The other files of a method that is published in several, by the names of their parts.

    Returns:
        The report: what became of every tensor of the file and where every one of ours is from.

    Raises:
        InputError: If the file is unsafe, damaged, or does not fit the family or the options.
    """
    families: dict[str, LifterFamily | DetectorFamily] = {**FAMILIES, **DETECTORS}
    if family is not None and family not in families:
        remedy = f"give one of {', '.join(families)}."
        raise InputError(f"there is no '{family}'", "--family", remedy)
    path = Path(path)
    paths = output_paths(Path(out))
    published = strip_mmpose_prefixes(read_published(path))
    if beside:
        published = join_parts(published, beside)
    with located(path):
        refuse_single_part(published)
        kind = families[family or recognise(published.tensors, families)]
        if isinstance(kind, DetectorFamily):
            imported = import_detector(published, kind, options or {})
        else:
            imported = import_lifter(published, kind, options or {})
        for part, other in (beside or {}).items():
            imported.report.add_heading(part, f"{Path(other).name}, SHA-256 {file_digest(other)}")
        method, arrays = imported.method, imported.family.statistics
        if arrays is None and statistics is not None:
            what = f"a {type(method).__name__} has none"
            raise InputError(what, "--statistics", "leave them out.")
        # Those of the file are made as they are asked for.
        given = ChainMap(dict(statistics or {}), cast(dict[str, Any], published.arrays))
        buffers = {} if arrays is None else arrays.to_buffers(method.hparams, given)
    origin = "--statistics" if statistics else "of the file" if given else "as published"
    for name, tensor in buffers.items():
        imported.report.add("given", name, f"{tuple(tensor.shape)}, {origin}")
    imported.report.add_ignored(published.others)
    write_imported(replace(imported, state={**imported.state, **buffers}), path, paths)
    return str(imported.report)
