"""Published file as a method of ours: its checkpoint, its configuration and the report on it."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import yaml
from torch import Tensor

from lifting.checkpoints import checkpoint_bytes, file_digest
from lifting.errors import InputError
from lifting.files import refuse_existing, write_together
from lifting.methods.bases.method import Method
from lifting.published.families.base import Family
from lifting.published.report import Report


@dataclass(frozen=True)
class ImportedMethod:
    """A published file as a method of ours.

    Attributes:
        method: The method, whose options count only.
        options: Those of them that are not left at their defaults.
        data: Options of the datamodule that the method needs.
        state: The method's tensors with the values of the file.
        family: The family of the file.
        mark: The tensor that tells its layout from others.
        report: Report on every tensor.
    """

    method: Method
    options: Mapping[str, Any]
    data: Mapping[str, Any]
    state: Mapping[str, Tensor]
    family: Family
    mark: str
    report: Report


def output_paths(out: Path) -> list[Path]:
    """Return the paths of report, configuration and checkpoint.

    Raises:
        InputError: If the checkpoint is to have another name than one, or one of them is there.
    """
    if out.suffix != ".ckpt":
        raise InputError("give the checkpoint to write a name that ends in .ckpt.", out)
    paths = [out.with_suffix(".report.txt"), out.with_suffix(".yaml"), out]
    refuse_existing(paths)
    return paths


def write_imported(imported: ImportedMethod, path: Path, paths: list[Path]) -> None:
    """Write all three files of :func:`output_paths`, or none, of what the published file became."""
    checkpoint = _checkpoint(imported)
    origin = {"family": imported.family.name, "mark": imported.mark, "sha256": file_digest(path)}
    checkpoint["published"] = origin
    report = str(imported.report).encode()
    contents = report, _configuration(imported), checkpoint_bytes(checkpoint)
    write_together(dict(zip(paths, contents, strict=True)))


def _checkpoint(imported: ImportedMethod) -> dict[str, Any]:
    """Return a checkpoint that Lightning and the suite read, without state of a training."""
    method, state = imported.method, imported.state
    checkpoint: dict[str, Any] = {
        "epoch": 0,
        "global_step": 0,
        "pytorch-lightning_version": lightning.__version__,
        "state_dict": OrderedDict((name, state[name]) for name in method.state_dict()),
        "hparams_name": "kwargs",
        "hyper_parameters": dict(method.hparams),
    }
    method.on_save_checkpoint(checkpoint)
    return checkpoint


def _configuration(imported: ImportedMethod) -> bytes:
    """Return the YAML that the command line needs to build the method, and to feed it."""
    model = {"class_path": type(imported.method).__name__, "init_args": dict(imported.options)}
    content = {"model": model, "data": {"init_args": dict(imported.data)}}
    return yaml.safe_dump(content, sort_keys=False).encode()
