"""The command ``lifting doctor``: what a machine has, and whether every method trains on it."""

import io
import json
import sys
import time
from pathlib import Path
from typing import Literal

from lifting.errors import InputError, Option, Phrase, did_you_mean


def doctor(
    *,
    out: str = "doctor.json",
    methods: list[str] | None = None,
    minutes: float = 9.0,
    cpu: bool = False,
    compile: Literal["off", "default", "reduce-overhead"] = "off",
) -> None:
    """Run a few steps of every method on this machine's GPU, compare them with the CPU, and time them.

    What is found goes to a file, for whoever is asked for help. Trainings are of the synthetic human,
    and removed again. Without a GPU, the CPU's bfloat16 is compared with its float32.

    Args:
        out: Write what is found there, as JSON, and what the trainings say beside it, ``doctor.log``.
        methods: Try these alone, by the names of their experiments, such as elepose.
        minutes: Begin no further method after so many.
        cpu: Leave the GPU out.
        compile: How the steps that are compared with the CPU's are compiled, as in a training; it takes
            a minute or more a method and precision.
    """
    from tempfile import TemporaryDirectory

    from lifting.cli.doctor.facts import facts, precisions
    from lifting.cli.doctor.report import printed, summary
    from lifting.cli.doctor.trials import TRIALS, Trial, try_method
    from lifting.files import write_together

    target = Path(out)
    if target.is_dir():
        raise InputError("is a folder", Phrase("{} {}", Option("out"), out), "name a file.")
    for name in methods or []:
        if name not in TRIALS:
            meant = did_you_mean(name, TRIALS, "{}")
            what = Phrase("{} {}: there is no such method", Option("methods"), name)
            raise InputError(str(what), remedy=f"{meant} Choose of {', '.join(TRIALS)}.".strip())
    machine = facts(cpu)
    printed(machine)
    until, results = time.monotonic() + 60 * minutes, dict[str, Trial]()
    log = io.StringIO()
    with TemporaryDirectory() as folder:
        for name in methods or TRIALS:
            if time.monotonic() > until:
                break
            results[name] = try_method(name, precisions(cpu), Path(folder), log, compile)
            print(summary(name, results[name]), flush=True)
    left_out = [name for name in methods or TRIALS if name not in results]
    content = {
        "machine": machine,
        "compile": compile,
        "methods": {name: trial.to_dict() for name, trial in results.items()},
        "left_out": left_out,
    }
    said = target.with_suffix(".log")
    write_together({target: json.dumps(content, indent=2).encode(), said: log.getvalue().encode()})
    if left_out:
        print(f"No time was left for {', '.join(left_out)}: give more --minutes.")
    wrong = [name for name, trial in results.items() if not trial.is_sound]
    print(f"{target}: {len(results) - len(wrong)} of {len(results)} methods are as on the CPU.")
    if wrong:
        print(f"Not so {', '.join(wrong)}; {said} has what they said.")
        sys.exit(1)
