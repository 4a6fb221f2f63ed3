"""Which runs measure the same, so that their numbers may be compared, and what sets others apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lifting.reporting.gathering import ReportedRun

Facts = Mapping[str, str]

# What the same numbers may be reached from, and is worth saying.
_INPUTS = ("source", "keypoint_skeleton", "test_noise")


@dataclass(frozen=True)
class Group:
    """Runs that measure the same.

    Attributes:
        name: A letter.
        facts: What they measure, by name.
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
    """Return runs by what they measure, in the order in which that first comes."""
    found: list[Group] = []
    for run in runs:
        theirs = facts(run)
        group = next((g for g in found if g.facts == theirs), None)
        if group is None:
            found.append(group := Group(_letter(len(found)), theirs, []))
        group.runs.append(run)
    return found


def _letter(number: int) -> str:
    return (
        chr(ord("A") + number)
        if number < 26
        else f"{_letter(number // 26 - 1)}{_letter(number % 26)}"
    )


def contrasts(found: Sequence[Group]) -> list[str]:
    """Return what sets each group apart from the others, a line per group."""
    names = dict.fromkeys(name for group in found for name in group.facts)
    apart = [n for n in names if len({group.facts.get(n) for group in found}) > 1]
    if "frames" in apart and "rows" in apart:
        # Which is a long line, and follows from the sum.
        apart.remove("rows")
    return [
        f"{group.name} ({group.labels}): "
        + "; ".join(f"{name}: {group.facts.get(name, 'none')}" for name in apart)
        for group in found
    ]


def facts_of_test(run: ReportedRun) -> Facts:
    """Return what the test of a run measures."""
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
    """Return what the validation of a run during training measures."""
    return {
        "joint set": _joint_set(run, ()),
        "data": _data(run, "fit"),
        "subjects": _listed(run.option("data.init_args.val_subjects")),
        "rule for frames": str(run.option("data.init_args.val_frames", "all")),
        "actions": _listed(run.option("data.init_args.actions", "all")),
    }


def facts_of_loss(run: ReportedRun) -> Facts:
    """Return whose loss it is: those of different methods are different things."""
    return {"method": method(run)}


def inputs(group: Group) -> str:
    """Return a line on what the runs of a group start from, where that is not the same."""
    parts = []
    for name in _INPUTS:
        values = {r.label: _listed(r.option(f"data.init_args.{name}", "none")) for r in group.runs}
        if len(set(values.values())) > 1:
            parts.append(f"{name} " + ", ".join(f"{v} ({label})" for label, v in values.items()))
    return f"The 2D keypoints differ: {'; '.join(parts)}." if parts else ""


def method(run: ReportedRun) -> str:
    """Return the name of the method."""
    return str(run.option("model.class_path", "unknown")).rpartition(".")[2]


def _measured(metrics: Sequence[str]) -> str:
    if "epe" in metrics:
        return "2D keypoints, pixels"
    if any("mpjpe" in name for name in metrics):
        return "3D poses, millimetres"
    if any(name.startswith("nll") for name in metrics):
        return "likelihood, nats"
    return ", ".join(metrics) or "nothing"


def _joint_set(run: ReportedRun, metrics: Sequence[str]) -> str:
    name = "keypoint_skeleton" if "epe" in metrics else "skeleton"
    return str(run.option(f"model.init_args.{name}", "h36m17"))


def _data(run: ReportedRun, stage: str) -> str:
    """Return the files, by content where that was written down."""
    files = run.start(stage).get("data") or {}
    if files:
        return ", ".join(f"{name} ({str(digest)[:8]})" for name, digest in files.items())
    kind = str(run.option("data.class_path", "unknown")).rpartition(".")[2]
    return f"{kind} {run.option('data.init_args.store', '')}".strip()


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
