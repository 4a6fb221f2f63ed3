"""End of the app by a signal: Ctrl-C, SIGTERM, or SIGHUP of a terminal that is closed."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from lifting.errors import StoppedError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let signals end what is inside by an exception, so that what it has made is removed.

    What is ignored, as SIGHUP under nohup, stays so. Once one has come the others are ignored: nothing
    ends the removal half-way.

    Raises:
        KeyboardInterrupt: At Ctrl-C.
        StoppedError: At another signal.
    """
    before = {n: h for n in _SIGNALS if (h := signal.getsignal(n)) is not signal.SIG_IGN}

    def end(number: int, frame: FrameType | None) -> None:
        for other in before:
            signal.signal(other, signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise StoppedError(number, "after removing what was given to the app", "start it again.")

    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
