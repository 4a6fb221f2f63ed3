"""A node that something befalls in the midst of a training."""

import os
import signal

from lightning import Callback


class LostNode(Callback):
    """Sends a signal to a process once it has done a step, unless the run was resumed.

    Args:
        rank: Rank of the process.
        step: The step.
        signal: Name of the signal.
    """

    def __init__(self, rank: int, step: int, signal: str = "SIGKILL") -> None:
        self.rank, self.step, self.signal = rank, step, signal
        self._first = 0

    def on_train_start(self, trainer, *args):
        self._first = trainer.global_step

    def on_train_batch_end(self, trainer, *args):
        if (trainer.global_rank, trainer.global_step, self._first) == (self.rank, self.step, 0):
            os.kill(os.getpid(), signal.Signals[self.signal])
