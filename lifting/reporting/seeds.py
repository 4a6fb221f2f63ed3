"""Runs that differ in nothing but the seed, and what they measured together."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lifting.errors import InputError
from lifting.reporting.gathering import ReportedRun
from lifting.reporting.history import courses
from lifting.reporting.options import SEEDS
from lifting.reporting.protocols import method
from lifting.runs.folder import CONFIG, Row, read_config
from lifting.runs.resumption import Class, class_of
from lifting.runs.spread import Spread

# Of a name and of its record, and so are all that begin with wandb; nothing measured depends on them.
_OF_NO_CONSEQUENCE = ("run", "ckpt_path", "project", "pictures", "log_model", "progress_every")
# Stages that build on stages.
_DEPTH = 20


def seed_groups(runs: Sequence[ReportedRun]) -> list[list[ReportedRun]]:
    """Return runs that differ in nothing but the seed, their own or one of an earlier stage's.

    Runs that are alone, or that repeat a seed, make no group.
    """
    groups: dict[str, list[tuple[ReportedRun, str]]] = {}
    for run in runs:
        seeds: list[Any] = []
        beside = run.start("test").get("changes") or {}
        identity = [_seedless(run.config, seeds), beside, _reapplied(run)]
        key = json.dumps(identity, sort_keys=True, default=str)
        groups.setdefault(key, []).append((run, json.dumps(seeds)))
    return [
        [run for run, _ in group]
        for group in groups.values()
        if 1 < len(group) == len({seeds for _, seeds in group})
    ]


def _reapplied(run: ReportedRun) -> dict[str, str]:
    """Return what changed in the course of a training, and changed what was learnt."""
    return {
        name: course
        for name, course in courses(run).items()
        if class_of(name, method(run)) is Class.REAPPLIED
    }


def _seedless(config: dict[str, Any], seeds: list[Any], depth: int = 0) -> dict[str, Any]:
    """Return a configuration without its seeds, which are noted, and with those of earlier stages.

    A checkpoint is known by the configuration of its run: its path holds the seed.
    """

    def walk(value: Any, path: str) -> Any:
        if isinstance(value, dict):
            kept = {}
            for name, inner in value.items():
                place = f"{path}.{name}" if path else str(name)
                if place in SEEDS:
                    seeds.append(inner)
                elif place not in _OF_NO_CONSEQUENCE and not place.startswith("wandb"):
                    kept[name] = walk(inner, place)
            return kept
        if isinstance(value, list):
            return [walk(inner, path) for inner in value]
        earlier = _config_of(value) if depth < _DEPTH else None
        if earlier is None:
            return value
        return [Path(value).name, _seedless(earlier, seeds, depth + 1)]

    return walk(config, "")


def _config_of(value: Any) -> dict[str, Any] | None:
    """Return the configuration of the run that a checkpoint is of; None for any other value."""
    if not isinstance(value, str) or not value.endswith(".ckpt"):
        return None
    folder = Path(value).parent.parent
    try:
        return read_config(folder) if (folder / CONFIG).is_file() else None
    except InputError:
        return None


def together(group: Sequence[ReportedRun], averages: Sequence[Row]) -> Row:
    """Return the name of a group of runs and the mean ± sd of their averages, by metric."""
    labels = [run.label for run in group]
    prefix = os.path.commonprefix(labels)  # noqa: RUF071 - they are no paths
    name = f"{prefix}*" if prefix else ", ".join(labels)
    metrics = [name for name in averages[0] if all(name in row for row in averages)]
    spreads = {
        metric: Spread.of([row[metric] for row in averages]).text(1)
        for metric in metrics
        if isinstance(averages[0][metric], float)
    }
    return {"run": f"{name}, mean ± sd of {len(group)} seeds", **spreads}
