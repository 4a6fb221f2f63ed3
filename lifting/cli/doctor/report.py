"""Lines that ``lifting doctor`` prints."""

from typing import Any

from lifting.cli.doctor.trials import Trial


def printed(machine: dict[str, Any]) -> None:
    """Print the facts of a machine, a line each."""
    for name, value in machine.items():
        if name == "gpus":
            value = ", ".join(
                f"{g['name']} ({g['free_gib']} of {g['memory_gib']} GiB)" for g in value
            )
        elif name == "extensions":
            value = ", ".join(
                f"{e['name']} of {e['package']}" + (f" ({e['fault']})" if e["fault"] else "")
                for e in value
            )
        print(f"{name.replace('_', ' '):>14}: {'none' if value in (None, '') else value}")


def summary(name: str, trial: Trial) -> str:
    """Return one line on a method: how far off its losses are, and how long its steps take."""
    if trial.failed:
        return f"{name}: fails, {trial.failed}"
    parts = [
        f"{mode} differs by {100 * found.first:.2g} %, then {100 * found.later:.2g} %"
        + (f", {found.milliseconds:,.1f} ms a step" if found.milliseconds is not None else "")
        + ("" if found.agrees else " (too much)")
        for mode, found in trial.modes.items()
    ]
    return f"{name}: {'; '.join(parts)}"
