"""The option ``--seed`` of ``lifting fit``: one number for every generator of a training."""

from collections.abc import Iterable, Sequence
from typing import Any

from lifting.errors import InputError, Option, Phrase

HELP = (
    "Seed of every generator: initial weights, order of the examples, what the method draws. It wins "
    "over configurations, --seed_everything, --data.seed and --model.seed on the command line over it."
)
_EVERYTHING = "seed_everything"
_PARTS = ("data", "model")
# What Lightning can seed with.
_LARGEST = 2**32 - 1


def spread_seed(options: Any, words: Iterable[str], trains: bool = True) -> None:
    """Set every seed of a command that was not given by itself, and forget ``--seed``.

    Args:
        options: Its options, all that were parsed; changed in place.
        words: Those of the command line.
        trains: Whether seeds matter, so that half of them is refused.

    Raises:
        InputError: If a seed is out of range, or ``--seed_everything`` alone would seed half of the run.

    Example:
        >>> from jsonargparse import Namespace
        >>> data, model = (Namespace(init_args=Namespace(seed=seed)) for seed in (5, 0))
        >>> options = Namespace(seed=3, seed_everything=0, data=data, model=model)
        >>> spread_seed(options, ["--seed=3", "--data.seed=5"])
        >>> options.seed_everything, options.data.init_args.seed, options.model.init_args.seed
        (3, 5, 3)
    """
    given = _names(words)
    seed = options.pop("seed", None)
    if seed is not None:
        _check("seed", seed)
        if _EVERYTHING not in given:
            options[_EVERYTHING] = seed
    everything = options[_EVERYTHING]
    if type(everything) is int:
        _check(_EVERYTHING, everything)
    for part in _PARTS:
        of_part = options[part].get("init_args") or {}
        # A class of somebody else's may draw nothing.
        if "seed" not in of_part or not given.isdisjoint(_spellings(part)):
            continue
        if seed is not None:
            of_part["seed"] = seed
        elif trains and _EVERYTHING in given and _differ(everything, of_part["seed"]):
            raise InputError(
                f"it seeds the initial weights alone, beside a {part}.seed of {of_part['seed']}",
                Phrase("{} {}", Option(_EVERYTHING), str(everything).lower()),
                f"give --seed {_example(everything)} for every generator, or --data.seed and "
                "--model.seed as well.",
            )


def spelled_out(words: Sequence[str]) -> list[str]:
    """Return words with ``--seed`` as the options that it stands for, for configurations to be printed.

    Example:
        >>> spelled_out(["fit", "--seed", "3", "--data.seed=5", "--print_config"])
        ['fit', '--data.seed=5', '--print_config', '--seed_everything=3', '--model.seed=3']
    """
    given = _names(words)
    kept: list[str] = []
    seed = None
    rest = iter(words)
    for word in rest:
        if word == "--seed":
            seed = next(rest, "")
        elif word.startswith("--seed="):
            seed = word.partition("=")[2]
        else:
            kept.append(word)
    if seed is None:
        return kept
    options = {_EVERYTHING: {_EVERYTHING}}
    options |= {f"{part}.seed": _spellings(part) for part in _PARTS}
    return [*kept, *(f"--{o}={seed}" for o, names in options.items() if given.isdisjoint(names))]


def _names(words: Iterable[str]) -> set[str]:
    """Return the names of the options that are given by themselves."""
    return {word[2:].partition("=")[0] for word in words if word.startswith("--")}


def _spellings(part: str) -> set[str]:
    return {f"{part}.seed", f"{part}.init_args.seed"}


def _differ(everything: object, seed: object) -> bool:
    # true is a number drawn by Lightning, false none; neither is 1 or 0.
    return isinstance(everything, bool) or everything != seed


def _example(everything: object) -> object:
    return 0 if isinstance(everything, bool) else everything


def _check(option: str, seed: int) -> None:
    if not 0 <= seed <= _LARGEST:
        remedy = f"give a whole number from 0 to {_LARGEST}."
        raise InputError("is no seed", Phrase("{} {}", Option(option), seed), remedy)
