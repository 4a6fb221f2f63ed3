"""Ranges of the numbers that options take, told before a number is used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from lifting.errors import InputError, Option, Phrase


@dataclass(frozen=True)
class _Range:
    least: float
    most: float
    given: str

    def holds(self, value: float) -> bool:
        # A value that is no number is in no range.
        return self.least <= value <= self.most and abs(value) != inf


_FROM_0 = _Range(0, inf, "0 or more")
_FROM_1 = _Range(1, inf, "1 or more")
_ABOVE_0 = _Range(5e-324, inf, "a number above 0")
_SHARE = _Range(0, 1, "a share from 0 to 1")

# Of the Trainer and of the checkpoints that are kept.
_OF_RUN = {
    "trainer.accumulate_grad_batches": _FROM_1,
    "trainer.check_val_every_n_epoch": _FROM_1,
    "trainer.gradient_clip_val": _FROM_0,
    "trainer.log_every_n_steps": _FROM_0,
    "trainer.val_check_interval": _ABOVE_0,
    "best.save_top_k": _Range(-1, inf, "0 or more, or -1 for all"),
    "last.every_n_train_steps": _FROM_1,
}
# Of any method that has an option of this name.
OF_METHODS = {
    **dict.fromkeys(("width", "critic_width", "lifter_width", "channels", "hidden"), _FROM_1),
    **dict.fromkeys(("frames", "heads", "layers", "depth", "kept", "coefficients"), _FROM_1),
    **dict.fromkeys(("blocks", "head_blocks", "lifter_head_blocks"), _FROM_0),
    **dict.fromkeys(("dropout", "drop_path", "keypoint_dropout"), _SHARE),
    **dict.fromkeys(("lifter_lr", "weight_decay", "seed"), _FROM_0),
    "lr": _ABOVE_0,
}
_MODES = ("min", "max")


def check_ranges(options: Any) -> None:
    """Refuse numbers that are out of the range of their option.

    Args:
        options: Options of the command line.

    Raises:
        InputError: With the option, its value and the range.
    """
    for option, value, known in _numbers(options):
        if not known.holds(value):
            raise InputError(Phrase("{} is {}: give {}.", Option(option), value, known.given))
    if (mode := options.get("best.mode", "min")) not in _MODES:
        raise InputError(
            Phrase("{} is {}: give {}.", Option("best.mode"), mode, " or ".join(_MODES))
        )


def _numbers(options: Any) -> Iterator[tuple[str, float, _Range]]:
    of_method: Mapping[str, Any] = options.get("model.init_args") or {}
    given = {option: options.get(option) for option in _OF_RUN}
    given |= {f"model.{name}": of_method.get(name) for name in OF_METHODS}
    ranges = _OF_RUN | {f"model.{name}": known for name, known in OF_METHODS.items()}
    for option, value in given.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield option, value, ranges[option]
