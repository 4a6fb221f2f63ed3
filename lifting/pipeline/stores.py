"""Stores that a stage lacks, and the commands that make them."""

from pathlib import Path
from pydoc import locate
from typing import Any

from lifting.extensions import DATASETS, load_extension
from lifting.pipeline.plan import Stage
from lifting.pipeline.yaml_files import read_yaml


def how_to_make(stage: Stage, path: Path) -> str:
    """Return what to do about a file that a stage needs and that is not there.

    Args:
        stage: The stage; its data say which command makes their store.
        path: The file.
    """
    # The packages that these names may be in are no part of a pipeline, and slow to import.
    name = _data(stage) if path.suffix == ".h5" else None
    kind: Any = name and (
        locate(f"datamodules.{name}") or locate(name) or load_extension(DATASETS, name, object)
    )
    remedy = getattr(kind, "how_to_make", None)
    return "check the path." if remedy is None else str(remedy(path))


def _data(stage: Stage) -> str | None:
    """Return the class of the data of a stage, where its configuration names one."""
    name = None
    for config in stage.configs:
        data = read_yaml(config).get("data")
        name = data.get("class_path", name) if isinstance(data, dict) else name
    name = stage.options.get("data", stage.options.get("data.class_path", name))
    return name if isinstance(name, str) else None
