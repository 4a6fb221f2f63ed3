"""Notice of SLURM that the time is up: who listens, who asks, and for which job."""

import os
import signal
from pathlib import Path

import pytest

from lifting.errors import InputWarning
from lifting.runs.requeue import TimeNotice

SCONTROL = '#!/bin/sh\necho "$@" >> asked\n'


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A job with a stand-in for scontrol, and what that was asked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    monkeypatch.delenv("SLURM_ARRAY_JOB_ID", raising=False)
    Path("scontrol").write_text(SCONTROL, encoding="utf-8")
    Path("scontrol").chmod(0o755)
    asked = tmp_path / "asked"
    return lambda: asked.read_text(encoding="utf-8").splitlines() if asked.is_file() else []


def send(number: int = signal.SIGUSR1) -> None:
    os.kill(os.getpid(), number)


def test_outside_of_a_job_the_signal_is_left_alone(job, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID")
    before = signal.getsignal(signal.SIGUSR1)
    with TimeNotice().heard():
        assert signal.getsignal(signal.SIGUSR1) == before


def test_handlers_from_before_come_back(job):
    before = signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGUSR2)
    notice = TimeNotice()
    with notice.heard():
        notice.listen_to(signal.SIGUSR2)
        notice.listen_to(signal.SIGUSR2)
    assert before == (signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGUSR2))


def test_it_is_obeyed_when_it_is_known_who_asks(job, capsys):
    notice = TimeNotice()
    with notice.heard():
        send()
        assert not job()
        notice.asks(True)
        assert job() == ["requeue 77"]
        # SLURM is asked once, however often it sends the signal.
        send()
    assert job() == ["requeue 77"]
    assert "job 77 is queued again" in capsys.readouterr().err


def test_a_process_that_does_not_ask_obeys_without(job):
    notice = TimeNotice()
    with notice.heard():
        notice.asks(False)
        send()
        assert not notice.is_due
    assert not job()


def test_it_waits_for_its_moment(job):
    notice = TimeNotice()
    with notice.heard():
        notice.asks(True)
        notice.wait_for_moment(True)
        send()
        assert notice.is_due
        assert not job()
        notice.queue()
        assert notice.is_due
        notice.wait_for_moment(False)
        assert not notice.is_due
    assert job() == ["requeue 77"]


def test_another_signal_and_the_task_of_an_array(job, monkeypatch):
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "70")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    notice = TimeNotice()
    with notice.heard():
        notice.listen_to(signal.SIGUSR2)
        notice.asks(True)
        send(signal.SIGUSR2)
    assert job() == ["requeue 70_3"]


def test_a_worker_that_was_forked_does_not_ask(job):
    notice = TimeNotice()
    with notice.heard():
        notice.asks(True)
        child = os.fork()
        if not child:
            send()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert not job()


def test_what_keeps_a_job_from_the_queue_is_told_and_tried_again(job):
    content = Path("scontrol").read_text(encoding="utf-8")
    Path("scontrol").unlink()
    notice = TimeNotice()
    with notice.heard():
        notice.asks(True)
        with pytest.warns(InputWarning, match="No such file or directory.*submit the job again"):
            send()
        Path("scontrol").write_text(content, encoding="utf-8")
        Path("scontrol").chmod(0o755)
        send()
    assert job() == ["requeue 77"]
