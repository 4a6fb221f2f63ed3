"""Ctrl-C: noticed once, an interruption the second time, and as before afterwards."""

import os
import signal
import threading

import pytest

from lifting.inference.video.stopping import stoppable


@pytest.fixture(autouse=True)
def _as_in_a_terminal():
    """Let Ctrl-C interrupt, which what runs in the background begins without."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press():
    os.kill(os.getpid(), signal.SIGINT)
    # Python calls handlers between its own steps.
    for _ in range(100):
        pass


def press_twice():
    with stoppable() as stopped:
        assert not stopped()
        press()
        assert stopped()
        press()


def test_the_first_press_is_noticed_and_the_second_interrupts():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        press_twice()
    assert signal.getsignal(signal.SIGINT) is before


def test_afterwards_everything_is_as_before():
    with stoppable() as stopped:
        pass
    assert not stopped()
    with pytest.raises(KeyboardInterrupt):
        press()


def test_another_thread_leaves_it_alone():
    seen = []

    def work():
        with stoppable() as stopped:
            seen.append((stopped(), signal.getsignal(signal.SIGINT)))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before)]
