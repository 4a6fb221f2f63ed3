"""Contract of resumption: a class for every option, and the comparison of a run with what goes on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from lifting.errors import InputError
from lifting.runs.options import CALLBACKS, Changes, differences, method_of, option_text

_MOST_NAMED = 3


class Class(StrEnum):
    """What happens to an option that a resumed run is given otherwise than before."""

    FREE = "free"
    REAPPLIED = "re-applied"
    BY_CONTENT = "refused if the content differs"
    REFUSED = "refused"


@dataclass(frozen=True)
class Rule:
    """The class of some options.

    Attributes:
        kind: The class.
        options: Names as on the command line; ``*`` stands for any characters.
        about: What they are.
        methods: The methods that it holds for; all where empty.
    """

    kind: Class
    options: tuple[str, ...]
    about: str
    methods: tuple[str, ...] = ()


# The first rule that names an option counts.
RULES = (
    Rule(
        Class.FREE,
        ("run", "test", "ckpt_path", "weights_only", "on_divergence"),
        "name of the run, what the command does besides, and where training diverges",
    ),
    Rule(
        Class.FREE,
        (
            *("wandb*", "project", "pictures", "log_model", "progress_every"),
            *("trainer.logger*", "trainer.log_every_n_steps", "trainer.enable_*"),
            *("trainer.profiler*", "trainer.barebones", "trainer.detect_anomaly"),
            "trainer.model_registry",
        ),
        "logging and display",
    ),
    Rule(
        Class.FREE,
        ("last.*", "best.verbose", "best.save_last", "best.save_on_exception"),
        "how often the run is saved",
    ),
    Rule(
        Class.FREE,
        (
            *("trainer.val_check_interval", "trainer.check_val_every_n_epoch"),
            *("trainer.num_sanity_val_steps", "trainer.limit_val_batches"),
            *("trainer.limit_test_batches", "trainer.limit_predict_batches"),
            "trainer.inference_mode",
        ),
        "how often and how much is validated, tested and predicted",
    ),
    Rule(
        Class.FREE,
        (
            *("trainer.accelerator", "trainer.devices", "trainer.num_nodes", "trainer.strategy*"),
            *("trainer.deterministic", "trainer.benchmark", "data.workers", "compile"),
        ),
        "the machine; the number of processes in all must stay",
    ),
    Rule(
        Class.FREE,
        ("trainer.min_epochs", "trainer.min_steps", "trainer.max_time"),
        "the end of training, but for the schedule's",
    ),
    Rule(
        Class.FREE,
        (
            *("data.eval_batch_size", "data.test_subjects", "data.test_frames", "data.boxes"),
            "data.test_skeleton",
        ),
        "what evaluations alone see",
    ),
    Rule(Class.FREE, ("model.flip_test", "model.sdpa"), "inference alone, or the same numbers"),
    Rule(Class.FREE, ("model.decoder",), "inference alone", ("HeatmapDetector",)),
    Rule(Class.FREE, ("model.merge",), "inference alone", ("ElePose", "LInKs")),
    Rule(
        Class.FREE,
        ("model.hypotheses", "model.keep_hypotheses", "model.steps", "model.solver"),
        "inference alone",
        ("FlowMatchingLifter",),
    ),
    Rule(Class.FREE, ("model.size",), "inference alone", ("RepNet",)),
    Rule(Class.FREE, ("model.visible",), "inference alone", ("OcclusionCompletion",)),
    Rule(
        Class.FREE,
        tuple(
            f"{CALLBACKS}.{name}*"
            for name in (
                *("ActionTable", "DetectionPictures", "MPIINF3DHPTable", "PosePage"),
                *("PosePictures", "PredictionWriter", "Provenance", "ResultRecord", "RNGState"),
                *("Throughput", "TrainingCost", "DeviceStatsMonitor", "EarlyStopping"),
                *("LearningRateMonitor", "ModelCheckpoint"),
                *("ModelSummary", "RichModelSummary", "RichProgressBar", "TQDMProgressBar"),
                "Timer",
            )
        ),
        "callbacks that watch, save or end a training",
    ),
    Rule(
        Class.REAPPLIED,
        ("model.lr", "model.*_lr", "model.weight_decay"),
        "learning rates and weight decay of every optimiser; a rate that is 0 stays 0",
    ),
    Rule(
        Class.REAPPLIED,
        ("model.schedule", "model.warmup", "model.lr_decay"),
        "the schedule, from the step that is reached",
    ),
    Rule(
        Class.REAPPLIED,
        ("trainer.max_epochs", "trainer.max_steps"),
        "the length of training and of its schedule; no shorter than what is done",
    ),
    Rule(
        Class.BY_CONTENT,
        ("data.store", "data.prior_store", "data.folder", "data.index", "data.annotations"),
        "files of data, which may lie elsewhere",
    ),
    Rule(
        Class.BY_CONTENT,
        (
            *("model.start_from", "model.weights", "model.full_flow", "model.part_flows"),
            *("model.left_right", "model.leg_torso", "model.lifters*"),
        ),
        "checkpoints of earlier stages, which may lie elsewhere",
    ),
    Rule(
        Class.REFUSED,
        ("*",),
        "everything else: data, batch size, seeds, precision, gradient clipping and accumulation, "
        "validation subjects and frames, the choice of the best checkpoint, EMA, widths, losses, …",
    ),
)


def class_of(option: str, method: str) -> Class:
    """Return the class of an option of a method.

    Example:
        >>> class_of("model.lr", "RepNet"), class_of("model.size", "RepNet")
        (<Class.REAPPLIED: 're-applied'>, <Class.FREE: 'free'>)
    """
    return next(
        rule.kind
        for rule in RULES
        if (not rule.methods or method in rule.methods)
        and any(fnmatchcase(option, pattern) for pattern in rule.options)
    )


def kept(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that matter to a resumption, as a checkpoint keeps them.

    Of files there is no more than whether they are given, since they are compared by their content.

    Args:
        options: All options, see :func:`flat`.
    """
    method = method_of(options)
    chosen: dict[str, Any] = {}
    for name, value in options.items():
        kind = class_of(name, method)
        if kind is Class.BY_CONTENT:
            chosen[name] = value is not None
        elif name == CALLBACKS:
            callbacks = (f"{CALLBACKS}.{callback}" for callback in value)
            counted = [c for c in callbacks if class_of(c, method) is not Class.FREE]
            chosen[name] = [c.removeprefix(f"{CALLBACKS}.") for c in counted]
        elif kind is not Class.FREE:
            chosen[name] = value
    return chosen


def compare(before: Mapping[str, Any], now: Mapping[str, Any], checkpoint: object) -> Changes:
    """Compare a run with the options it is to go on with.

    Args:
        before: Options of the run, see :func:`kept`.
        now: Those of the command.
        checkpoint: The checkpoint, as it is to be named.

    Returns:
        The options that are re-applied.

    Raises:
        InputError: If an option differs that a run keeps.
    """
    differing = refused(before, now)
    if differing:
        raise refusal(differing, checkpoint)
    return differences(before, now)


def refused(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the options that a run keeps and that differ, with both values; see :func:`compare`."""
    changes, method = differences(before, now), method_of(now)
    return [_sentence(n, *c) for n, c in changes.items() if _is_refused(n, *c, method)]


def refusal(differing: list[str], checkpoint: object) -> InputError:
    """Return the error to raise where a run cannot go on as it is asked to.

    Args:
        differing: What differs, as parts of one sentence.
        checkpoint: The checkpoint.
    """
    more = len(differing) - _MOST_NAMED
    named = " and ".join(differing[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    remedy = (
        "go on with what it was, or begin a new run from these weights: "
        f"--model.start_from {checkpoint} --run NEW."
    )
    return InputError(f"was trained with {named}", checkpoint, remedy)


def table() -> str:
    """Return the rules as a table of Markdown."""
    return "\n".join(["| a change of | is | options |", "|---|---|---|", *_rows()])


def _rows() -> Iterator[str]:
    for rule in RULES:
        of = f" ({', '.join(rule.methods)})" if rule.methods else ""
        names = ", ".join(f"`{name}`" for name in rule.options if name != "*")
        yield f"| {rule.about}{of} | {rule.kind} | {names} |"


def _sentence(name: str, before: Any, now: Any) -> str:
    if class_of(name, "") is Class.BY_CONTENT:
        return f"{'a' if before else 'no'} file for --{name}, not {'with' if now else 'without'}"
    return f"--{name} {option_text(before)}, not {option_text(now)}"


def _is_refused(name: str, before: Any, now: Any, method: str) -> bool:
    kind = class_of(name, method)
    # A rate of zero leaves parameters out, which have no state in the optimiser then.
    leaves_out = name.endswith("_lr") and 0 in (before, now)
    return kind is not Class.REAPPLIED or leaves_out
