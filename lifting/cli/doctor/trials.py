"""Trials of methods: the losses of their first steps on a device against those on the CPU, and times."""

import logging
import math
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

import torch
from lightning import Callback, LightningModule, Trainer

from lifting.cli.doctor.facts import Precision
from lifting.errors import StoppedError
from lifting.runs.experiments import EXPERIMENTS

# By name, the experiment, and the options that take checkpoints of others.
TRIALS: dict[str, tuple[str, dict[str, str]]] = {
    "full_flow": ("unsupervised/full_flow", {}),
    "part_flows": ("unsupervised/part_flows", {}),
    "elepose": ("unsupervised/elepose", {"full_flow": "full_flow"}),
    "left_right": (
        "unsupervised/left_right",
        {"part_flows": "part_flows", "full_flow": "full_flow"},
    ),
    "leg_torso": (
        "unsupervised/leg_torso",
        {"part_flows": "part_flows", "full_flow": "full_flow"},
    ),
    "occlusion": (
        "unsupervised/occlusion",
        {"left_right": "left_right", "leg_torso": "leg_torso"},
    ),
    "simple_baseline": ("supervised/simple_baseline", {}),
    "elepose_twin": ("supervised/elepose_twin", {}),
    "video_pose_3d": ("sequences/video_pose_3d_27", {}),
    "semi_supervised": ("sequences/semi_supervised", {}),
    "lstm": ("sequences/lstm", {}),
    "transformer": ("sequences/transformer", {}),
    "window_mlp": ("sequences/window_mlp", {}),
    "poseformer": ("sequences/poseformer", {}),
    "poseformer_v2": ("sequences/poseformer_v2", {}),
    "mixste": ("sequences/mixste_27", {}),
    "iganet": ("sequences/iganet", {}),
    "motion_agformer": ("sequences/motion_agformer_xs_27", {}),
    "dstformer": ("sequences/dstformer_lite_27", {}),
    "flow_matching": ("sequences/flow_matching_27", {}),
    "repnet": ("adversarial/repnet", {}),
    "temporal_gan": ("adversarial/temporal_gan", {}),
    "relative_depth": ("relative_depth/relative_depth", {}),
    "twin": ("relative_depth/twin", {}),
    "hrnet": ("detectors/hrnet_w32", {}),
    "guided": ("detectors/guided", {"lifters.sb": "simple_baseline"}),
}
# Batches of the comparison, as small as they may be, and how many; on a GPU, batches of the experiment,
# of which the first are not timed.
_SMALL, _FEW, _WARM, _TIMED = 8, 3, 10, 40
_UNLIKE = 1e9
_IMAGES = ("hrnet", "guided")
_OF_IMAGES = (
    *("--data.subjects", "[S1, S8, S9]", "--data.images_per_clip", "1"),
    *("--data.train_subjects", "[S1]", "--data.val_subjects", "[]", "--data.test_subjects", "[S9]"),
)
_OF_POSES = ("--data.frames_per_sequence", "48", "--data.val_subjects", "[]")


class Watch(Callback):
    """Keeps the losses of every step, and when the first and the last timed ones ended."""

    def __init__(self, warm: int = 0) -> None:
        self.warm = warm
        self.losses: list[dict[str, float]] = []
        self._times: list[float] = []
        self._steps = 0

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Drop nothing where losses are compared: every device draws numbers of its own."""
        if not self.warm:
            without_dropout(pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *args: Any, **kwargs: Any
    ) -> None:
        """Note a step."""
        self._steps += 1
        if not self.warm:
            values = trainer.callback_metrics.items()
            self.losses.append({n: float(v) for n, v in values if n.startswith("train/")})
        elif self._steps in (self.warm, self.warm + _TIMED):
            # What was asked of the device before is done.
            if trainer.strategy.root_device.type == "cuda":
                torch.cuda.synchronize()
            self._times.append(time.perf_counter())

    @property
    def milliseconds(self) -> float | None:
        """Time of a step; None where they were not timed."""
        first, *last = self._times or [0.0]
        return 1000 * (last[0] - first) / _TIMED if last else None


def without_dropout(module: LightningModule) -> None:
    """Let a method drop nothing in training: no values, no branches, no keypoints."""
    for part in module.modules():
        for name in ("p", "dropout"):
            if isinstance(getattr(part, name, None), float):
                setattr(part, name, 0.0)
    if "keypoint_dropout" in module.hparams:
        module.hparams["keypoint_dropout"] = 0.0


@dataclass
class Mode:
    """What one precision of a device gives.

    Attributes:
        first: The largest difference of a loss of the first step, as a share of its size on the CPU.
        later: The same of the steps that follow.
        agrees: Whether both are within what the precision may differ by.
        milliseconds: Time of a step at the experiment's batch size.
    """

    first: float
    later: float
    agrees: bool
    milliseconds: float | None = None


@dataclass
class Trial:
    """What was found of a method.

    Attributes:
        modes: By precision.
        failed: What ended it, in one line; empty where nothing did.
    """

    modes: dict[str, Mode] = field(default_factory=dict)
    failed: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether every precision ran and agrees."""
        return not self.failed and all(mode.agrees for mode in self.modes.values())

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def try_method(
    name: str, precisions: Sequence[Precision], folder: Path, log: TextIO, compile_: str = "off"
) -> Trial:
    """Train a method for a few steps in every precision, and compare its losses with the CPU's.

    Args:
        name: Of :data:`TRIALS`.
        precisions: What is compared with float32 on the CPU.
        folder: Where data and runs are kept; runs of methods that this one builds on are made there.
        log: What the trainings print.
        compile_: How the steps that are compared with the CPU's are compiled.

    Raises:
        StoppedError: At Ctrl-C or SIGTERM.
    """
    trial = Trial()
    # Lightning holds on to the streams there were when it was imported.
    logging.disable(logging.WARNING)
    with redirect_stdout(log), redirect_stderr(log):
        try:
            reference = _reference(name, folder)
            for one in precisions:
                trial.modes[one.name] = _compared(name, one, reference, folder, compile_)
        except StoppedError as stopped:
            stopped.remedy = "run it again."  # The run that could go on is removed.
            raise
        except Exception as error:  # Whatever a device is not up to is what is asked.
            print(f"{name}: {type(error).__name__}: {error}", file=log, flush=True)
            trial.failed = f"{type(error).__name__}: {error}".splitlines()[0]
        finally:
            logging.disable(logging.NOTSET)
    return trial


def _compared(
    name: str,
    precision: Precision,
    reference: list[dict[str, float]],
    folder: Path,
    compile_: str,
) -> Mode:
    run = f"{name}_{precision.name}"
    words = [
        *("--trainer.accelerator", precision.accelerator),
        *("--trainer.precision", precision.trainer, "--compile", compile_),
    ]
    losses = _fit(name, folder, run, [*words, *_few()]).losses
    first, later = (farthest(losses[n], reference[n]) for n in (slice(1), slice(1, None)))
    mode = Mode(first, later, first <= precision.first and later <= precision.later)
    if precision.accelerator == "gpu":
        steps = ("--trainer.max_steps", str(_WARM + _TIMED))
        mode.milliseconds = _fit(name, folder, f"{run}_timed", [*words, *steps], _WARM).milliseconds
    return mode


def farthest(found: list[dict[str, float]], reference: list[dict[str, float]]) -> float:
    """Return the largest difference of two lists of losses, as a share of the size of the reference.

    Where a loss is near zero its share means nothing: a thousandth of the largest of its step is added
    to its size. What is not finite differs by :data:`_UNLIKE`.
    """
    differences = [
        abs(mine[name] - theirs[name])
        / (abs(theirs[name]) + 1e-3 * max(map(abs, theirs.values())) + 1e-12)
        for mine, theirs in zip(found, reference, strict=True)
        for name in theirs
    ]
    return max(d if math.isfinite(d) else _UNLIKE for d in differences)


def _reference(name: str, folder: Path) -> list[dict[str, float]]:
    """Return the losses on the CPU, which the run of a method's name is of."""
    for stage in TRIALS[name][1].values():
        if not (folder / "runs" / stage).is_dir():
            _reference(stage, folder)
    # Made before, where another method builds on it.
    is_there = (folder / "runs" / name).is_dir()
    own = f"{name}_again" if is_there else name
    return _fit(name, folder, own, ["--trainer.accelerator", "cpu", *_few()]).losses


def _few() -> list[str]:
    return ["--trainer.max_steps", str(_FEW), "--data.batch_size", str(_SMALL)]


def _fit(name: str, folder: Path, run_name: str, options: list[str], warm: int = 0) -> Watch:
    """Train a method, and return what was watched."""
    from lifting.cli.training import run

    experiment, earlier = TRIALS[name]
    data = "synthetic_images" if name in _IMAGES else "synthetic"
    watch = f"{Watch.__module__}.{Watch.__qualname__}"
    checkpoints = {
        o: folder / "runs" / stage / "checkpoints/last.ckpt" for o, stage in earlier.items()
    }
    files = [EXPERIMENTS / f"{part}.yaml" for part in ("base", f"data/{data}", experiment)]
    words = [
        "fit",
        *(word for file in files for word in ("-c", str(file))),
        *("--data.folder", str(folder / "data"), *(_OF_IMAGES if name in _IMAGES else _OF_POSES)),
        *("--run", str(folder / "runs" / run_name), "--wandb", "disabled", "--pictures", "false"),
        *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
        *("--trainer.log_every_n_steps", "1" if not warm else "1000"),
        *("--trainer.max_epochs", "1000", "--best.monitor", "null"),
        *(f"--model.{option}={path}" for option, path in checkpoints.items()),
        *("--trainer.callbacks+", watch, f"--trainer.callbacks.warm={warm}"),
        *options,
    ]
    trainer = run(words).trainer
    return next(c for c in trainer.callbacks if isinstance(c, Watch))  # type: ignore[attr-defined]
