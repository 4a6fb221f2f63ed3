"""Launches and host waits of a step of every method, as a pretended GPU notes them.

``python -m tests.gpu.budget`` writes ``budget.json`` anew. Launches of an LSTM are those without cuDNN,
with which they are few.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lifting.cli.training import run
from tests.gpu.pretended_gpu import GRAPH, INPUTS
from tests.gpu.pretended_training import OPTIONS, Steps, on_a_pretended_gpu
from tests.made_lifters import write_lifters
from tests.test_experiments import (
    EARLIER,
    EXPERIMENTS,
    FEW_FRAMES,
    METHODS,
    NARROW,
    class_of,
    configs,
    sees_images,
)

BUDGET = Path(__file__).parent / "budget.json"
# Launches do not depend on widths, lengths of windows or published values.
TRIED = [
    method
    for method in METHODS
    if not method.stem.endswith(("_81", "_243", "_1", "_published", "_384"))
    and method.stem != "pose_resnet_50"
]
NAMED = {method.stem: method for method in sorted(TRIED, key=lambda method: method.stem)}
IMAGES = (
    *("--data.subjects", "[S1, S8, S9]", "--data.images_per_clip", "1"),
    *("--data.train_subjects", "[S1]", "--data.val_subjects", "[S8]"),
    *("--data.test_subjects", "[S9]", "--data.width", "64", "--data.height", "64"),
    *("--data.batch_size", "2", "--data.eval_batch_size", "2", "--data.workers", "0"),
)


# What most steps of its training do.
STEPS = {"semi_supervised": ("--model.supervised_epochs", "0")}
# As many launches as of the wide one.
DETECTOR = ("--model.network", "hrnet_w4")


def options(method: Path, runs: Path) -> list[str]:
    """Return what a method needs besides its configuration, as narrow as it can be."""
    if not sees_images(method):
        stages = EARLIER.get(method.stem, {}).items()
        return [
            *(*FEW_FRAMES, "--data.batch_size", "8", "--data.eval_batch_size", "16"),
            *STEPS.get(method.stem, ()),
            *(f"--model.{k}={v}" for k, v in NARROW.get(class_of(method, "model"), {}).items()),
            *(f"--model.{o}={runs / stage / 'checkpoints/best.ckpt'}" for o, stage in stages),
        ]
    if method.stem != "guided":
        return [*IMAGES, *DETECTOR]
    lifters = write_lifters(runs)
    named = (f"--model.lifters.{name}={path}" for name, path in lifters.items())
    return [*IMAGES, *DETECTOR, *named, "--model.guides", "[sb, vp]"]


def fit(method: Path, folder: Path, runs: Path) -> Steps:
    """Train for three steps on the pretended GPU, test and predict; return what was asked of it."""
    data = "synthetic_images" if sees_images(method) else "synthetic"
    with on_a_pretended_gpu() as steps:
        run(
            [
                *("fit", "--wandb", "disabled", "--run", str(runs / method.stem)),
                *configs(*(EXPERIMENTS / n for n in ("base.yaml", f"data/{data}.yaml", method))),
                *(*OPTIONS, *options(method, runs)),
                *("--data.folder", str(folder), "--pictures", "false"),
                *("--trainer.max_epochs", "1", "--trainer.limit_train_batches", "3"),
                *("--trainer.limit_val_batches", "1", "--trainer.limit_test_batches", "2"),
                # What is read for the records is not of a step.
                *("--trainer.log_every_n_steps", "100", "--trainer.enable_progress_bar", "false"),
                *("--trainer.enable_model_summary", "false", "--test", "true"),
            ]
        )
    return steps


def counts(steps: Steps) -> dict[str, int]:
    """Return launches and host waits of a step of training and of a batch of a test, not the first."""
    training, test = steps.training[1], steps.evaluation[-1]
    graphs = training.count(GRAPH)
    return {
        "launches": len(training) - graphs - training.count(INPUTS),
        # Each of them, and what is in none.
        "graphs": graphs,
        "launches with graphs": sum(not operation.compiled for operation in training),
        "waits": sum(bool(operation.wait) for operation in training),
        "test launches": len(test),
        "test waits": sum(bool(operation.wait) for operation in test),
    }


def waits(steps: Steps) -> str:
    """Return where the host waits, a line each."""
    parts = {"training": steps.training[1], "test": steps.evaluation[-1]}
    lines = [
        f"{count} x {operation.name}, {operation.wait}, in a step of the {name}: "
        + " -> ".join(operation.place)
        for name, part in parts.items()
        for operation, count in Counter(o for o in part if o.wait).items()
    ]
    return "\n".join(lines)


def measure(method: Path, folder: Path, runs: Path) -> dict[str, Any]:
    """Return the counts of a method, and where the host waits; what it builds on is trained before.

    Both are kept beside its run, from which they are read the next time.
    """
    kept = runs / f"{method.stem}.json"
    if not kept.is_file():
        for stage in EARLIER.get(method.stem, {}).values():
            measure(method.with_name(f"{stage}.yaml"), folder, runs)
        steps = fit(method, folder, runs)
        kept.write_text(json.dumps({"counts": counts(steps), "waits": waits(steps)}))
    return dict(json.loads(kept.read_text()))


def main(folder: str | None = None, runs: str = "", *names: str) -> None:
    """Measure some methods with data and runs in given folders; without any, write the table anew."""
    if folder is not None:
        for name in names:
            measure(NAMED[name], Path(folder), Path(runs))
        return
    with TemporaryDirectory() as temporary:
        places = [Path(temporary, name) for name in ("data", "runs")]
        places[1].mkdir()
        found = {name: measure(method, *places)["counts"] for name, method in NAMED.items()}
    BUDGET.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
