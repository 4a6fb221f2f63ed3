"""End of a command at an order to stop: who speaks, and with which status."""

import os
import signal

import pytest

from lifting.cli.run.stopping import stoppable
from lifting.cli.run.world import set_rank
from lifting.errors import StoppedError


@pytest.fixture(autouse=True)
def _first():
    yield
    set_rank(0)


def stopped(rank: int | None) -> StoppedError:
    try:
        with stoppable(["fit", "--run", "a"]):
            if rank is not None:
                set_rank(rank)
            os.kill(os.getpid(), signal.SIGTERM)
    except StoppedError as ended:
        return ended
    raise AssertionError("was not stopped")


def test_before_the_trainer_is_built_no_variable_makes_an_order_a_success(monkeypatch):
    for name in ("LOCAL_RANK", "RANK", "SLURM_PROCID"):
        monkeypatch.setenv(name, "1")
    set_rank(1)  # As libraries guess from these.
    assert stopped(None).code == 143


def test_of_several_processes_the_first_one_has_the_status():
    first, second = stopped(0), stopped(1)
    assert (first.code, second.code) == (143, 0)
    assert str(first).endswith("go on with: lifting fit --run a --ckpt_path last")
