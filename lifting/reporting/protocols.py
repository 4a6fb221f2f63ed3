"""Groups of runs that measured the same, whose numbers may be compared, and their differences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lifting.metrics.registry import find
from lifting.reporting.gathering import ReportedRun

Facts = Mapping[str, str]

# Options of the input; runs that differ in them are compared, with a note.
_INPUTS = ("source", "keypoint_skeleton", "test_noise")
# By the unit of the first metric.
_MEASURED = {
    "mm": "3D poses, millimetres",
    "pixels": "2D keypoints, pixels",
    "nats": "likelihood, nats",
}


@dataclass(frozen=True)
class Group:
    """Runs that measured the same.

    Attributes:
        name: A letter.
        facts: What they measured, by name.
        runs: The runs.
    """

    name: str
    facts: Facts
    runs: list[ReportedRun]

    @property
    def labels(self) -> str:
        """The names of its runs."""
        return ", ".join(run.label for run in self.runs)


def groups(runs: Sequence[ReportedRun], facts: Callable[[ReportedRun], Facts]) -> list[Group]:
    """Return runs in groups of the same facts, in the order of the first run of each."""
    result: list[Group] = []
    for run in runs:
        measured = facts(run)
        group = next((g for g in result if g.facts == measured), None)
        if group is None:
            result.append(group := Group(_letter(len(result)), measured, []))
        group.runs.append(run)
    return result


def _letter(number: int) -> str:
    return (
        chr(ord("A") + number)
        if number < 26
        else f"{_letter(number // 26 - 1)}{_letter(number % 26)}"
    )


def group_differences(compared: Sequence[Group]) -> list[str]:
    """Return the facts in which groups differ, a line per group."""
    names = dict.fromkeys(name for group in compared for name in group.facts)
    differing = [n for n in names if len({group.facts.get(n) for group in compared}) > 1]
    if "frames" in differing and "rows" in differing:
        # The rows are a long line; where they differ, so does their sum.
        differing.remove("rows")
    return [
        f"{group.name} ({group.labels}): "
        + "; ".join(f"{name}: {group.facts.get(name, 'none')}" for name in differing)
        for group in compared
    ]


def facts_of_test(run: ReportedRun) -> Facts:
    """Return what the test of a run measured."""
    run = run.at("test")
    kind, _, *metrics = run.table[0] if run.table else ("", "")
    counted = [row for row in run.table if not str(row[kind]).endswith(" average")]
    return {
        "measured": _measured(metrics),
        "rows": ", ".join(f"{kind} {row[kind]} ({row['frames']:,})" for row in counted),
        "joint set": _joint_set(run, metrics),
        "data": _data(run, "test"),
        "subjects": _listed(run.option("data.init_args.test_subjects")),
        "rule for frames": str(run.option("data.init_args.test_frames", "all")),
        "frames": f"{sum(row['frames'] for row in counted):,}",
    }


def facts_of_validation(run: ReportedRun) -> Facts:
    """Return what the validation of a run during training measured."""
    return {
        "joint set": _joint_set(run, ()),
        "data": _data(run, "fit"),
        "subjects": _listed(run.option("data.init_args.val_subjects")),
        "rule for frames": str(run.option("data.init_args.val_frames", "all")),
        "actions": _listed(run.option("data.init_args.actions", "all")),
    }


def facts_of_loss(run: ReportedRun) -> Facts:
    """Return the method: losses of different methods do not compare."""
    return {"method": method(run)}


def inputs(group: Group) -> str:
    """Return a line on the 2D keypoints of the runs of a group, where they differ."""
    parts = []
    for name in _INPUTS:
        option = f"data.init_args.{name}"
        values = {r.label: _listed(r.at("test").option(option, "none")) for r in group.runs}
        if len(set(values.values())) > 1:
            parts.append(f"{name} " + ", ".join(f"{v} ({label})" for label, v in values.items()))
    return f"The 2D keypoints differ: {'; '.join(parts)}." if parts else ""


def method(run: ReportedRun) -> str:
    """Return the name of the method."""
    return str(run.option("model.class_path", "unknown")).rpartition(".")[2]


def _measured(metrics: Sequence[str]) -> str:
    first = find(metrics[0]) if metrics else None
    measured = _MEASURED.get(first.unit) if first else None
    return measured or ", ".join(metrics) or "nothing"


def _joint_set(run: ReportedRun, metrics: Sequence[str]) -> str:
    name = "keypoint_skeleton" if "epe" in metrics else "skeleton"
    compared = run.option("data.init_args.test_skeleton")
    return str(compared or run.option(f"model.init_args.{name}", "h36m17"))


def _data(run: ReportedRun, stage: str) -> str:
    """Return the files, by content where that was written down."""
    files = run.start(stage).get("data") or {}
    if files:
        return ", ".join(f"{name} ({str(digest)[:8]})" for name, digest in files.items())
    kind = str(run.option("data.class_path", "unknown")).rpartition(".")[2]
    return f"{kind} {run.option('data.init_args.store', '')}".strip()


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
