"""The errors that a user is meant to read, and the statuses that commands end with."""

import errno
import importlib
import os
import select
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any, Self, TextIO

# No space left, file larger than the limit, disk quota exceeded.
DISK_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
# Faults of a path or its disk, whatever a program does with it: no right to it, read-only, a name too
# long, links in a circle, a disk or a server that fails. A file that is missing may be a defect.
_UNUSABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP}
_UNUSABLE |= {errno.EIO, errno.ESTALE}


@dataclass(frozen=True)
class Option:
    """An option of a command that a text speaks of; whoever has no command line calls it otherwise.

    Attributes:
        name: Its name.

    Example:
        >>> print(Option("fps"))
        --fps
    """

    name: str

    def __str__(self) -> str:
        return f"--{self.name}"


class Phrase(str):
    """A text that knows which options it speaks of: as a string, that of the command line.

    Args:
        template: The text, with ``{}`` in the place of each part.
        *parts: Each an :class:`Option`, another phrase, or anything else.

    Example:
        >>> phrase = Phrase("give {} and {}.", Option("width"), Option("height"))
        >>> phrase
        'give --width and --height.'
        >>> phrase.told(lambda option: option.name.upper())
        'give WIDTH and HEIGHT.'
    """

    template: str
    parts: tuple[object, ...]

    def __new__(cls, template: str, *parts: object) -> Self:
        """Return the text with its parts in their places."""
        phrase = super().__new__(cls, template.format(*parts))
        phrase.template, phrase.parts = template, parts
        return phrase

    def __getnewargs__(self) -> tuple[object, ...]:  # type: ignore[override]
        return (self.template, *self.parts)

    def told(self, call: Callable[[Option], str]) -> str:
        """Return the text with the options called otherwise."""
        return self.template.format(*(told(part, call) for part in self.parts))

    def options(self) -> Iterator[Option]:
        """Yield the options that it speaks of."""
        for part in self.parts:
            if isinstance(part, Phrase):
                yield from part.options()
            elif isinstance(part, Option):
                yield part

    def each(self, change: Callable[[object], object]) -> Self:
        """Return the same text of changed parts; options stay."""
        parts = (p.each(change) if isinstance(p, Phrase) else p for p in self.parts)
        changed = (p if isinstance(p, (Option, Phrase)) else change(p) for p in parts)
        return type(self)(self.template, *changed)


def told(text: object, call: Callable[[Option], str]) -> str:
    """Return a text, or what stands for one, with its options called otherwise."""
    if isinstance(text, Option):
        return call(text)
    return text.told(call) if isinstance(text, Phrase) else str(text)


class InputError(Exception):
    """Something given from outside is wrong.

    Its text is one sentence: ``where: what; remedy``. Commands print it without a traceback and exit
    with status 2.

    Each part may be a :class:`Phrase`, and the place an :class:`Option`, which says what the options are
    that it names: :meth:`told` calls them otherwise.

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
        return self.told(str)

    def told(self, call: Callable[[Option], str]) -> str:
        """Return the sentence, with options called otherwise than on the command line."""
        place = "" if self.where is None else f"{told(self.where, call)}: "
        advice = "" if self.remedy is None else f"; {told(self.remedy, call)}"
        return f"{place}{told(self.what, call)}{advice}"

    @property
    def option(self) -> Option | None:
        """The option that it is about: the one that its sentence begins with, if it does."""
        begin: object = self.what if self.where is None else self.where
        while isinstance(begin, Phrase) and begin.template.startswith("{}"):
            begin = begin.parts[0]
        return begin if isinstance(begin, Option) else None

    def at(self, where: object) -> Self:
        """Return the same error with the place that its own place is in.

        Example:
            >>> print(InputError("has no name", "person 2").at("walk.json"))
            walk.json: person 2: has no name
        """
        place = where if self.where is None else Phrase("{}: {}", where, self.where)
        return type(self)(self.what, place, self.remedy)

    def naming(self, path: Path) -> Self:
        """Return the same error with a file called by its name alone, wherever it lies."""

        def short(text: object) -> str:
            return str(text).replace(str(path), path.name)

        def shorter(text: Any) -> Any:
            if text is None or isinstance(text, Option):
                return text
            return text.each(short) if isinstance(text, Phrase) else short(text)

        return type(self)(shorter(self.what), shorter(self.where), shorter(self.remedy))


def wrong_value(option: str, value: object, wanted: str) -> InputError:
    """Return the error of an option that is given what it cannot be.

    Example:
        >>> print(wrong_value("model.sigma", -1, "give a number above 0."))
        --model.sigma is -1: give a number above 0.
    """
    return InputError(Phrase("{} is {}: {}", Option(option), value, wanted))


class UnavailableError(InputError):
    """A file is there, whole for all that is known, and cannot be read now."""


class InputWarning(UserWarning):
    """Something given from outside may not be what was meant; commands print it in one sentence."""


# Who listens to warnings of what is given from outside, in this thread.
_listener: ContextVar[list[InputError] | None] = ContextVar("listener", default=None)


@contextmanager
def listening() -> Iterator[list[InputError]]:
    """Yield a list that takes what is warned of inside by :func:`warn`, in this thread, and alone."""
    heard: list[InputError] = []
    token = _listener.set(heard)
    try:
        yield heard
    finally:
        _listener.reset(token)


def warn(about: InputError, stacklevel: int = 2) -> None:
    """Warn of what may be wrong by an :class:`InputWarning`, unless somebody is listening."""
    heard = _listener.get()
    if heard is None:
        warnings.warn(str(about), InputWarning, stacklevel=stacklevel + 1)
    else:
        heard.append(about)


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


def did_you_mean(word: str, known: Iterable[str], shown: str | Option = "{}") -> str:
    """Return the question whether a known word was meant, or nothing where none is close.

    Args:
        word: What was given.
        known: What there is.
        shown: How the word is shown, with ``{}`` in its place, or the option that it is given to.

    Example:
        >>> did_you_mean("widht", ["width", "depth"]), did_you_mean("x", ["width"])
        ('did you mean width?', '')
    """
    # Capitals are mistaken most easily, and count as other letters.
    spelled = {name.lower(): name for name in sorted(known, reverse=True)}
    close = get_close_matches(word.lower(), spelled, n=1)
    if not close:
        return ""
    meant = spelled[close[0]]
    if isinstance(shown, Option):
        return Phrase("did you mean {} {}?", shown, meant)
    return f"did you mean {shown.format(meant)}?"


def require(name: str, user: str, extra: str, package: str | None = None) -> ModuleType:
    """Import a library that an extra of the package installs.

    Raises:
        InputError: If it is not installed, or broken; ``user``, which needs it, begins the sentence.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}.")
        state = "is not installed" if missing else f"cannot be imported ({error})"
        remedy = f"{installation(extra)}."
        raise InputError(f"{user} needs {package or name}, which {state}: {remedy}") from error


def installation(extra: str) -> str:
    """Return the command that installs an extra; in a checkout, with the pinned versions."""
    if (Path(__file__).parents[1] / "constraints.txt").is_file():
        return f'pip install -c constraints.txt -e ".[{extra}]"'
    return f'pip install "lifting-suite[{extra}]"'


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
    return error.errno in DISK_FULL


def guarded(command: Callable[[], object]) -> None:
    """Run a command; end it with one sentence and a status where the fault is the user's to mend.

    Status 2 is a wrong input or a full disk, 130 an interruption by Ctrl-C, 143 one by SIGTERM, 141 a
    reader of the output, such as ``head``, that wants no more of it.
    """
    try:
        command()
        sys.stdout.flush()
    except BrokenPipeError:
        if not _has_no_reader(sys.stdout):
            raise
        sys.exit(141)
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


def _has_no_reader(stream: TextIO) -> bool:
    """Return whether nobody reads a stream; if so, what is left in it is dropped."""
    try:
        number = stream.fileno()
    except OSError:  # It is kept in memory.
        return False
    poll = select.poll()
    poll.register(number, 0)
    closed = any(event & select.POLLERR for _, event in poll.poll(0))
    if closed:
        # Python flushes it once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    return closed
