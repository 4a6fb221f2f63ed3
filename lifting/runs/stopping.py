"""Orders to stop, SIGINT and SIGTERM: obeyed at once, or where a training can be resumed from."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from lifting.errors import StoppedError

# Seconds within which a second Ctrl-C is the same one: `timeout -s INT` sends two at once.
_ONE_PRESS = 0.5
_SHOW_CURSOR = "\x1b[?25h"
# Number of no signal: ends the thread that reads their numbers.
_NO_MORE = b"\0"


class Orders:
    """The orders to stop that this process was given.

    The first one raises :class:`~lifting.errors.StoppedError` in the main thread, unless
    :meth:`wait_for` lets it wait. A second Ctrl-C ends the process, whatever it is doing.

    Attributes:
        number: The signal of the first order, or None.
        since: Its time, in seconds of the monotonic clock.
        place: The point that the command has reached, for the sentence that tells of the end.
        remedy: How to go on from there, where that is known.
        speaks: Whether this process tells what happens; one of several does.
        end_others: What ends the processes that this one has started, at a second Ctrl-C.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.number: int | None = None
        self.since = 0.0
        self.place = "before the start"
        self.remedy: str | None = None
        self.speaks = True
        self.end_others: Callable[[], None] = lambda: None
        self._waits_for: str | None = None
        self._process = os.getpid()
        self._heard: list[int] = []

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen to orders; outside of the main thread, where no signal arrives, do nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._forget()
        # What a shell starts in the background ignores Ctrl-C, and goes on to do so.
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {n: h for n in signals if (h := signal.getsignal(n)) is not signal.SIG_IGN}
        self._heard = list(before)
        # The main thread may hang in a call that never ends; another one hears the second Ctrl-C.
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        previous = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        watch = threading.Thread(target=self._watch, args=(reading,), daemon=True)
        watch.start()
        try:
            self.take_over()
            yield
        finally:
            self._heard = []
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(previous)
            # Closing it would not end the thread while a worker that was forked keeps it open.
            with suppress(BlockingIOError):  # The pipe is full only if the thread has ended.
                os.write(writing, _NO_MORE)
            watch.join()
            os.close(writing)

    def take_over(self) -> None:
        """Listen again after another library has set handlers of its own."""
        for number in self._heard:
            signal.signal(number, self._note)

    def wait_for(self, moment: str | None) -> None:
        """Let an order wait for a moment to come, or, given None, raise from now on.

        Whoever lets orders wait asks for ``number`` and raises.
        """
        self._waits_for = moment

    def _note(self, number: int, frame: FrameType | None) -> None:
        # Workers that were forked from this process have inherited the handler; it will end them.
        if os.getpid() != self._process or self.number is not None:
            return
        self.number, self.since = number, time.monotonic()
        if self._waits_for is None:
            raise StoppedError(number, self.place, self.remedy)
        if self.speaks:
            more = " Ctrl-C once more ends it at once." if number == signal.SIGINT else ""
            # Printing is not safe in the midst of other printing.
            os.write(2, f"\nStopping {self._waits_for}.{more}\n".encode())

    def _watch(self, reading: int) -> None:
        first = None
        while (arrived := os.read(reading, 1)) != _NO_MORE:
            if arrived[0] not in self._heard:
                continue
            first = first or time.monotonic()
            if arrived[0] == signal.SIGINT and time.monotonic() - first > _ONE_PRESS:
                self.end_others()
                if self.speaks:
                    cursor = _SHOW_CURSOR if sys.stderr.isatty() else ""
                    os.write(2, f"{cursor}\nEnded at once.\n".encode())
                os._exit(128 + signal.SIGINT)
        os.close(reading)


def _forget_in_worker() -> None:
    # The signals that a worker is sent as well are not this process's.
    if ORDERS._heard:
        ORDERS._heard = []
        signal.set_wakeup_fd(-1)


#: Those of this process.
ORDERS = Orders()
os.register_at_fork(after_in_child=_forget_in_worker)
