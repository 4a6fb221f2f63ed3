"""The one kind of error a user is meant to read."""

import errno
import sys
from collections.abc import Callable
from typing import ClassVar

# No space left, file larger than the limit, disk quota exceeded.
DISK_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class InputError(Exception):
    """Something given from outside is wrong.

    The message is one sentence that names the file or the option, what is wrong with it and what to
    do. Commands print it without a traceback and exit with status 2.
    """

    latest: "ClassVar[InputError | None]" = None

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        InputError.latest = self


def explain(error: BaseException) -> str | None:
    """Return the sentence to print for an error that is not a defect of this program.

    Args:
        error: Any exception that reached the top of a command.

    Returns:
        One sentence, or None where the traceback is what is needed.
    """
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError) and (error.errno in DISK_FULL or _names_disk_full(error)):
        where = f" while writing {error.filename}" if error.filename else ""
        return f"The disk is full{where}: free some space and run the same command again."
    return None


def _names_disk_full(error: OSError) -> bool:
    # HDF5 raises a bare OSError whose text carries the number of the system's error.
    return any(f"errno = {number}," in str(error) for number in DISK_FULL)


def guarded(command: Callable[[], object]) -> None:
    """Run a command; end it with one sentence and a status where the fault is the user's to mend.

    Status 2 is a wrong input or a full disk, 130 an interruption by Ctrl-C.
    """
    try:
        command()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        print(f"Error: {sentence}", file=sys.stderr)
        sys.exit(2)
