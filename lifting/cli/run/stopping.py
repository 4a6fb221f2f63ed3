"""End of a command at an order to stop: one sentence that says where it stands and how to go on."""

import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lightning import Trainer
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment

from lifting.errors import StoppedError
from lifting.runs.requeue import TIME_NOTICE
from lifting.runs.stopping import ORDERS


@contextmanager
def stoppable(words: Sequence[str]) -> Iterator[None]:
    """Obey Ctrl-C and SIGTERM inside, and complete the sentence that tells of it; hear SLURM's notice.

    Args:
        words: The command and its options.

    Raises:
        StoppedError: If an order has come. Once the Trainer knows its world the first process alone
            speaks, and the status of the others is 0: Lightning kills the first one where another fails.
    """
    with ORDERS.heard(), TIME_NOTICE.heard():
        try:
            yield
        except StoppedError as stopped:
            if stopped.remedy is None:
                stopped.remedy = f"go on with: {command_to_go_on(words)}"
            if not ORDERS.speaks:
                stopped.code = 0
            raise
        except Exception as error:
            # What another process fails with because the first one has left.
            if ORDERS.number is None or ORDERS.speaks:
                raise
            quiet = StoppedError(ORDERS.number, ORDERS.place)
            quiet.code = 0
            raise quiet from error


def listen_to_cluster(trainer: Trainer) -> None:
    """Let the first process of a run that fills a job of SLURM have it queued again in its time.

    Lightning would write a checkpoint of its own in the midst of a step; it leaves a signal alone that
    has a handler already.
    """
    environment = trainer._accelerator_connector.cluster_environment
    asks = False
    if isinstance(environment, SLURMEnvironment) and environment.auto_requeue:
        TIME_NOTICE.listen_to(environment.requeue_signal or signal.SIGUSR1)
        asks = trainer.is_global_zero
    TIME_NOTICE.asks(asks)


def command_to_go_on(words: Sequence[str]) -> str:
    """Return the command that goes on with one that was stopped.

    Example:
        >>> command_to_go_on(["fit", "-c", "a.yaml", "--ckpt_path=best", "--run", "first"])
        'lifting fit -c a.yaml --run first --ckpt_path last'
        >>> command_to_go_on(["test", "--run", "first"])
        'lifting test --run first'
    """
    if words[:1] != ["fit"]:
        return shlex.join(["lifting", *words])
    kept: list[str] = []
    is_value = False
    for word in words:
        if not (is_value or word == "--ckpt_path" or word.startswith("--ckpt_path=")):
            kept.append(word)
        is_value = word == "--ckpt_path"
    return shlex.join(["lifting", *kept, "--ckpt_path", "last"])
