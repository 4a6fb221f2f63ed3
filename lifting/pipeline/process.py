"""Supervisor of commands run one after another, none of which outlives the order to stop."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

from lifting.errors import InputError, StoppedError

# Found without the PATH.
_PROGRAMS = {"python": [sys.executable], "lifting": [sys.executable, "-m", "lifting"]}
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Seconds between two looks at the command and the signals that have come, between two notes of the time
# that it has taken, and in which it is to end by itself.
_LOOK_EVERY, _NOTE_EVERY, _PATIENCE = 0.2, 30.0, 30.0


class Supervisor:
    """Runs commands and passes SIGTERM on to them; a terminal's Ctrl-C reaches them by itself."""

    def __init__(self) -> None:
        self._order: int | None = None

    def __enter__(self) -> "Supervisor":
        self._before = [signal.signal(number, self._note_order) for number in _SIGNALS]
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in zip(_SIGNALS, self._before, strict=True):
            signal.signal(number, handler)

    def _note_order(self, number: int, frame: FrameType | None) -> None:
        self._order = number

    def run(
        self, command: Sequence[str], note: Callable[[float], None], inherited: Sequence[int] = ()
    ) -> int:
        """Run a command and return its exit status.

        Args:
            command: Its words, of which ``python`` is this interpreter, and ``lifting`` this program.
            note: Called now and then with the seconds that it has taken.
            inherited: File descriptors that it keeps open.

        Raises:
            StoppedError: If the order to stop has come.
            InputError: If there is no such command.
        """
        if self._order is not None:
            raise StoppedError(self._order, "by an order to stop")
        words = [*_PROGRAMS.get(command[0], command[:1]), *command[1:]]
        try:
            child = subprocess.Popen(words, pass_fds=inherited)
        except OSError as error:
            raise InputError(f"cannot be run ({error.strerror})", words[0], "check it.") from error
        started = time.monotonic()
        try:
            status = self._wait(child, started, note)
        except BaseException:
            # Such as a note that a full disk does not take: nobody would watch over what goes on.
            child.terminate()
            child.wait()
            raise
        note(time.monotonic() - started)
        if self._order is not None:
            raise StoppedError(self._order, "by an order to stop")
        return status if status >= 0 else 128 - status

    def _wait(
        self, child: subprocess.Popen[bytes], started: float, note: Callable[[float], None]
    ) -> int:
        noted, stopping = started, None
        while True:
            try:
                return child.wait(_LOOK_EVERY)
            except subprocess.TimeoutExpired:
                pass
            now = time.monotonic()
            if self._order is not None and stopping is None:
                stopping = now
                if self._order == signal.SIGTERM:
                    child.terminate()
            elif stopping is not None and now - stopping > 2 * _PATIENCE:
                child.kill()
            elif stopping is not None and now - stopping > _PATIENCE:
                child.terminate()
            if now - noted > _NOTE_EVERY:
                note(now - started)
                noted = now
