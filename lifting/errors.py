"""The errors that a user is meant to read, and the statuses that commands end with."""

import errno
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Self

# No space left, file larger than the limit, disk quota exceeded.
DISK_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
# Faults of a path or its disk, whatever a program does with it: no right to it, read-only, a name too
# long, links in a circle, a disk or a server that fails. A file that is missing may be a defect.
_UNUSABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP}
_UNUSABLE |= {errno.EIO, errno.ESTALE}


class InputError(Exception):
    """Something given from outside is wrong.

    Its text is one sentence: ``where: what; remedy``. Commands print it without a traceback and exit
    with status 2.

    Args:
        what: What is wrong.
        where: The file, the option or the place in it that is wrong.
        remedy: What to do, with the full stop.

    Example:
        >>> print(InputError("there is no such file", "walk.json", "check the path."))
        walk.json: there is no such file; check the path.
    """

    def __init__(self, what: str, where: object = None, remedy: str | None = None) -> None:
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = "" if self.where is None else f"{self.where}: "
        advice = "" if self.remedy is None else f"; {self.remedy}"
        return f"{place}{self.what}{advice}"

    def at(self, where: object) -> Self:
        """Return the same error with the place that its own place is in.

        Example:
            >>> print(InputError("has no name", "person 2").at("walk.json"))
            walk.json: person 2: has no name
        """
        place = where if self.where is None else f"{where}: {self.where}"
        return type(self)(self.what, place, self.remedy)

    def naming(self, path: Path) -> Self:
        """Return the same error with a file called by its name alone, wherever it lies."""

        def short(text: object) -> str:
            return str(text).replace(str(path), path.name)

        where = None if self.where is None else short(self.where)
        remedy = None if self.remedy is None else short(self.remedy)
        return type(self)(short(self.what), where, remedy)


class UnavailableError(InputError):
    """A file is there, whole for all that is known, and cannot be read now."""


class InputWarning(UserWarning):
    """Something given from outside may not be what was meant; commands print it in one sentence."""


class CheckpointError(InputError):
    """A checkpoint is not the one that is needed: of another method, joint set, shape or stage."""


class DivergenceError(InputError):
    """A training has come to numbers that are not finite."""


class StoppedError(SystemExit):
    """An order to stop, SIGINT or SIGTERM, was obeyed.

    A SystemExit, so that nothing on the way up takes it for a fault; the status is as a shell counts it,
    130 or 143.

    Args:
        number: The signal.
        where: The point that was reached, as in "after step 3".
        remedy: How to go on, with the full stop; None where the command line says it.

    Example:
        >>> print(StoppedError(2, "in the test", "run it again."))
        Interrupted in the test; run it again.
    """

    def __init__(self, number: int, where: str, remedy: str | None = None) -> None:
        super().__init__(128 + number)
        self.number = number
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        word = "Interrupted" if self.number == signal.SIGINT else "Terminated"
        advice = "." if self.remedy is None else f"; {self.remedy}"
        return f"{word} {self.where}{advice}"


@contextmanager
def located(where: object) -> Iterator[None]:
    """Say of every :class:`InputError` that is raised inside where it is: see :meth:`InputError.at`."""
    try:
        yield
    except InputError as error:
        raise error.at(where) from error


def did_you_mean(word: str, known: Iterable[str], shown: str = "{}") -> str:
    """Return the question whether a known word was meant, or nothing where none is close.

    Args:
        word: What was given.
        known: What there is.
        shown: How the word is shown, with ``{}`` in its place.

    Example:
        >>> did_you_mean("widht", ["width", "depth"]), did_you_mean("x", ["width"])
        ('did you mean width?', '')
    """
    # Capitals are mistaken most easily, and count as other letters.
    spelled = {name.lower(): name for name in sorted(known, reverse=True)}
    close = get_close_matches(word.lower(), spelled, n=1)
    return f"did you mean {shown.format(spelled[close[0]])}?" if close else ""


def require(name: str, user: str, extra: str, package: str | None = None) -> ModuleType:
    """Import a library that an extra of the package installs.

    Raises:
        InputError: If it is not installed; ``user``, which needs it, begins the sentence.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        remedy = f'pip install -c constraints.txt -e ".[{extra}]".'
        raise InputError(
            f"{user} needs {package or name}, which is not installed: {remedy}"
        ) from error


def explain(error: BaseException) -> str | None:
    """Return the sentence to print for an error that is not a defect of this program.

    Args:
        error: Any exception that reached the top of a command.

    Returns:
        One sentence, or None where the traceback is what is needed.
    """
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError) and is_disk_full(error):
        where = f" while writing {error.filename}" if error.filename else ""
        return f"The disk is full{where}: free some space and run the same command again."
    if isinstance(error, OSError) and error.errno in _UNUSABLE and error.filename:
        name = error.filename if isinstance(error.filename, int) else os.fsdecode(error.filename)
        return f"{name}: cannot be used ({error.strerror}); check it and who may use it."
    return None


def is_disk_full(error: OSError) -> bool:
    """Return whether an error says that the disk is full, the quota used up or a file too large."""
    # HDF5 raises a bare OSError whose text carries the number of the system's error.
    named = any(f"errno = {number}," in str(error) for number in DISK_FULL)
    return named or error.errno in DISK_FULL


def guarded(command: Callable[[], object]) -> None:
    """Run a command; end it with one sentence and a status where the fault is the user's to mend.

    Status 2 is a wrong input or a full disk, 130 an interruption by Ctrl-C, 143 one by SIGTERM.
    """
    try:
        command()
    except StoppedError as stopped:
        # The other processes of a training end with 0, and leave the word to the first one.
        if stopped.code:
            print(stopped, file=sys.stderr)
        raise
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        print(f"Error: {sentence}", file=sys.stderr)
        sys.exit(2)
