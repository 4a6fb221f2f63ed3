"""Orders to stop: obeyed at once or when a moment comes, and the second Ctrl-C whatever happens."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lifting.errors import StoppedError
from lifting.runs.stopping import Orders

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _interruptible():
    """Let Ctrl-C interrupt, which what runs in the background begins without."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def order(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "word"), [(signal.SIGINT, "Interrupted"), (15, "Terminated")])
def test_an_order_ends_at_once_what_does_not_wait(number, word):
    orders = Orders()
    with orders.heard():
        orders.place = "in the test"
        with pytest.raises(StoppedError) as ended:
            order(number)
    assert ended.value.code == 128 + number
    assert str(ended.value) == f"{word} in the test."


def test_an_order_waits_for_its_moment_and_says_so(capfd):
    orders = Orders()
    with orders.heard():
        orders.wait_for("after this step")
        order(signal.SIGINT)
        # `timeout` sends it to the process and to its group; SIGTERM may come from several sides.
        order(signal.SIGINT)
        order(signal.SIGTERM)
        assert orders.number == signal.SIGINT
    told = capfd.readouterr().err
    assert told == "\nStopping after this step. Ctrl-C once more ends it at once.\n"


def test_a_process_that_does_not_speak_says_nothing(capfd):
    orders = Orders()
    with orders.heard():
        orders.wait_for("after this step")
        orders.speaks = False
        order(signal.SIGTERM)
    assert not capfd.readouterr().err


def test_handlers_are_as_before_and_nothing_is_remembered():
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    orders = Orders()
    with orders.heard():
        orders.wait_for("soon")
        order(signal.SIGTERM)
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before
    assert signal.set_wakeup_fd(-1) == -1
    with orders.heard():
        assert orders.number is None
        # Waiting ended with what waited.
        with pytest.raises(StoppedError):
            order(signal.SIGTERM)


def test_handlers_that_a_library_has_set_are_taken_over():
    orders = Orders()
    with orders.heard():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        orders.take_over()
        with pytest.raises(StoppedError):
            order(signal.SIGTERM)


def test_what_ignores_ctrl_c_goes_on_to_do_so():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Orders().heard():
        order(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_outside_of_the_main_thread_nothing_is_heard():
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def run():
        with Orders().heard():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
def test_a_worker_that_was_forked_does_not_keep_the_end_waiting():
    orders, begun = Orders(), time.monotonic()
    with orders.heard():
        worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
        worker.start()
    assert time.monotonic() - begun < 30
    worker.kill()
    worker.join()


# Has its first order, and hangs in a call that no handler written in Python interrupts.
HANGS = """
import ctypes, os, signal
from lifting.runs.stopping import ORDERS
signal.signal(signal.SIGINT, signal.default_int_handler)
with ORDERS.heard():
    ORDERS.wait_for("some time")
    ORDERS.end_others = lambda: print("others ended", flush=True)
    mutex, lock = ctypes.create_string_buffer(64), ctypes.CDLL(None).pthread_mutex_lock
    lock(mutex)
    os.kill(os.getpid(), signal.SIGINT)
    print("hangs", flush=True)
    lock(mutex)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="has mutexes of another size")
@pytest.mark.slow(reason="starts a process")
def test_the_second_ctrl_c_ends_what_hangs():
    process = subprocess.Popen(
        [sys.executable, "-c", HANGS],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "hangs\n"
    # Not the same press any more.
    time.sleep(0.6)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert output == "others ended\n"
    assert errors.endswith("Ended at once.\n")
