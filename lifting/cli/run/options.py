"""Options of a run: its name, its records, and the checkpoints that it keeps."""

import os
from pathlib import Path
from typing import Any, Literal

from jsonargparse.typing import PositiveFloat
from lightning.pytorch.cli import LightningArgumentParser

from callbacks import BestCheckpoint, LastCheckpoint
from lifting.cli.run.compiling import MODES, OFF
from lifting.cli.run.loggers import WANDB_OPTIONS
from lifting.cli.run.seeds import HELP
from lifting.cli.run.sweep_trial import default_run
from lifting.runs.folder import run_folder

# By name: type, default and explanation of the options of a run.
_OPTIONS: dict[str, tuple[Any, Any, str]] = {
    "run": (
        str,
        "debug",
        "Name of the run: everything goes to runs/NAME. A trial of a W&B sweep has its own.",
    ),
    **WANDB_OPTIONS,
    "pictures": (
        bool,
        True,
        "Whether samples are drawn to pictures/ of the run, every few epochs and in a test.",
    ),
    "progress_every": (
        PositiveFloat,
        30.0,
        "Seconds between two lines of progress, which a run prints that is not in a terminal.",
    ),
    "compile": (
        Literal[MODES],
        OFF,
        "How the loss of a step and its gradients are compiled, which takes a minute at the begin of a "
        "training: off; default; or reduce-overhead, which captures CUDA graphs on a GPU.",
    ),
    "matmul_precision": (
        Literal["highest", "high", "medium"],
        "highest",
        "How products of float32 are computed on a GPU: highest; high, which is TF32; or medium. "
        "Geometry, and the layers that coordinates go in and out by, stay in float32.",
    ),
    "on_divergence": (
        Literal["stop", "skip", "restore"],
        "stop",
        "What a training does whose loss, gradients or weights are not finite any more: stop; skip "
        "such steps, which waits for the device at each; or restore last.ckpt, at most three times.",
    ),
}
_BEST = {
    "best.monitor": "val/mpjpe",
    "best.mode": "min",
    "best.filename": "best",
    "best.enable_version_counter": False,
}


def _checkpoint_folder(run: str) -> str:
    return str(Path(run_folder(run)) / "checkpoints")


def add_run_options(parser: LightningArgumentParser) -> None:
    """Add ``--run``, those of its records, and the checkpoints, which lie in the run's folder."""
    for name, (kind, default, text) in _OPTIONS.items():
        parser.add_argument(f"--{name}", type=kind, default=default, help=text)
    parser.set_defaults(run=default_run(os.environ))
    parser.link_arguments("run", "trainer.default_root_dir", compute_fn=run_folder)
    parser.add_lightning_class_args(BestCheckpoint, "best")
    parser.set_defaults(_BEST)
    parser.link_arguments("run", "best.dirpath", compute_fn=_checkpoint_folder)
    parser.add_lightning_class_args(LastCheckpoint, "last")
    parser.link_arguments("run", "last.dirpath", compute_fn=_checkpoint_folder)


def add_seed_and_test(parser: LightningArgumentParser, trains: bool) -> None:
    """Add ``--seed``, and to a training ``--test``."""
    if trains:
        text = "Whether to test the best checkpoint at the end, as `test --run NAME` does."
        parser.add_argument("--test", type=bool, default=False, help=text)
    parser.add_argument("--seed", type=int | None, default=None, help=HELP)
