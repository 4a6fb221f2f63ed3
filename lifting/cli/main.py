"""Entrance of the command line: ``lifting COMMAND [OPTIONS]``."""

import io
import sys
import warnings
from importlib import import_module
from itertools import groupby
from typing import TextIO

from lifting.cli.commands import COMMANDS, DEFAULTS, FAMILIES, Command
from lifting.cli.options.parsing import call
from lifting.errors import InputError, InputWarning, did_you_mean, guarded
from lifting.runs.code_version import version_line

_HELP = ("--help", "-h")
_VERSION = "--version"


def main(*words: str) -> None:
    """Run the command line; status 2 where it is wrong.

    Args:
        words: Words that stand before those of the command line.
    """
    warnings.showwarning = _show
    for stream in (sys.stdout, sys.stderr):
        # A terminal that has no such letter shows its number.
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(errors="backslashreplace")
    guarded(lambda: run([*words, *sys.argv[1:]]))


def _show(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning; of one that a user is meant to read, not where in the program it is from."""
    told = f"Warning: {message}\n"
    if not issubclass(category, InputWarning):
        told = warnings.formatwarning(message, category, filename, lineno, line)
    (file or sys.stderr).write(told)


def run(words: list[str]) -> None:
    """Run one command.

    Args:
        words: Its name and its options.

    Raises:
        InputError: If something given from outside is wrong.
    """
    _refuse_empty(words)
    if len(words) == 1 and words[0] in DEFAULTS:
        words = [*words, DEFAULTS[words[0]]]
    if not words or words[0] in _HELP:
        print(overview())
    elif _VERSION in words:
        print(version_line())
    elif words[0] in FAMILIES and (not words[1:] or words[1] in _HELP):
        print(_family(words[0]))
    else:
        command = _command(words)
        module, _, function = command.target.partition(":")
        call(getattr(import_module(f"lifting.cli.{module}"), function), command.name, words)


def _refuse_empty(words: list[str]) -> None:
    """Refuse a word without a letter, such as that of a variable that is not set."""
    for before, word in zip(["", *words], words, strict=False):
        option = before if not word and before.startswith("-") else word.removesuffix("=")
        if not word or (word.startswith("--") and word.endswith("=")):
            what = "its value is empty" if option else "one of the words is empty"
            raise InputError(what, option or None, "give it, or leave it out.")


def _command(words: list[str]) -> Command:
    word, *more = words
    name = f"{word} {more[0]}" if word in FAMILIES else word
    if name in COMMANDS:
        return COMMANDS[name]
    known = {n for n in COMMANDS if n.startswith(f"{word} ")} or {n.split()[0] for n in COMMANDS}
    meant = did_you_mean(name, known, "`lifting {}`")
    listed = f"{word} --help" if word in FAMILIES else "--help"
    raise InputError(
        "there is no such command",
        f"lifting {name}",
        f"{meant} `lifting {listed}` lists them.".strip(),
    )


def overview() -> str:
    """Return the page of all commands.

    Example:
        >>> "Train" in overview()
        True
    """
    lines = [
        "usage: lifting COMMAND [OPTIONS]",
        "",
        "Lift 2D human keypoints to 3D poses: train lifters and detectors, compare them, use them.",
    ]
    for group, commands in groupby(COMMANDS.values(), lambda command: command.group):
        rows: dict[str, str] = {}
        for command in commands:
            word, _, second = command.name.partition(" ")
            if second:
                rows.setdefault(word, f"{FAMILIES[word]}:")
                rows[word] += f" {second}"
            else:
                rows[word] = command.help
        lines += ["", group, *(f"  {word:18}{text}" for word, text in rows.items())]
    lines += ["", "`lifting COMMAND --help` tells the options of a command."]
    return "\n".join(lines)


def _family(word: str) -> str:
    rows = [
        f"  {command.name.removeprefix(word).strip():18}{command.help}"
        for command in COMMANDS.values()
        if command.name.startswith(f"{word} ")
    ]
    head = [f"usage: lifting {word} WHAT [OPTIONS]", "", f"{FAMILIES[word].capitalize()}.", ""]
    return "\n".join([*head, *rows, "", f"`lifting {word} WHAT --help` tells the options."])
