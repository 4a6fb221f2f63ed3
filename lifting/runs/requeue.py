"""Notice of SLURM that the time of a job is nearly up, and its place in the queue for more."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from lifting.errors import InputError, warn


class TimeNotice:
    """The notice, a signal that SLURM sends to all processes of a job (``sbatch --signal``).

    A training saves at the next step that it can go on from, in all processes at once, and then has the
    job queued again; whoever lets the notice wait asks for :attr:`is_due` and calls :meth:`obey`.
    Everything else would begin again anyhow, and has it queued at once.

    Attributes:
        is_due: Whether it has come, and nobody has obeyed it.
        since: When it came, in seconds of the monotonic clock.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.is_due = False
        self.since = 0.0
        self._waits = False
        self._process = os.getpid()
        # Whether this process is the one that asks; None as long as that is not known.
        self._asks: bool | None = None
        self._is_queued = False
        self._before: dict[int, signal._HANDLER] = {}

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen inside, in a job of SLURM; its signal would end the process."""
        self._forget()
        try:
            if "SLURM_JOB_ID" in os.environ:
                self.listen_to(signal.SIGUSR1)
            yield
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)
            self._before = {}

    def listen_to(self, number: int) -> None:
        """Take a signal for the notice."""
        if threading.current_thread() is threading.main_thread() and number not in self._before:
            self._before[number] = signal.signal(number, self._note)

    def asks(self, does: bool) -> None:
        """Say whether this process has the job queued again: one of a run does that fills its job."""
        self._asks = does
        self._obey_unless_it_waits()

    def wait_for_moment(self, waits: bool) -> None:
        """Let the notice wait, or obey from now on at once."""
        self._waits = waits
        self._obey_unless_it_waits()

    def _note(self, number: int, frame: FrameType | None) -> None:
        # Workers that were forked from this process have inherited the handler.
        if os.getpid() != self._process:
            return
        if not self.is_due:
            self.is_due, self.since = True, time.monotonic()
        self._obey_unless_it_waits()

    def _obey_unless_it_waits(self) -> None:
        if self.is_due and not self._waits and self._asks is not None:
            self.obey()

    def obey(self) -> None:
        """Have the job queued again, unless it is; SLURM ends it then, by SIGTERM."""
        self.is_due = False
        self.queue()

    def queue(self) -> None:
        """Have the job queued again, while the notice stays due."""
        if not self._asks or self._is_queued:
            return
        command = ["scontrol", "requeue", _job()]
        try:
            status = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
            failure = f"ended with status {status}" if status else ""
        except OSError as error:
            failure = error.strerror or str(error)
        self._is_queued = not failure
        if self._is_queued:
            print(f"The time is nearly up: job {_job()} is queued again.", file=sys.stderr)
        else:
            remedy = "submit the job again, which goes on from last.ckpt."
            warn(InputError(f"the job is not queued again ({failure})", " ".join(command), remedy))


def _job() -> str:
    """Return the number of this job, of an array with that of its task."""
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    if array is None:
        return os.environ["SLURM_JOB_ID"]
    return f"{array}_{os.environ['SLURM_ARRAY_TASK_ID']}"


#: That of this process.
TIME_NOTICE = TimeNotice()
