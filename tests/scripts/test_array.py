"""The cells of a matrix as an array of SLURM, with stand-ins for Python and for SLURM."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.scripts.running import wait_for

pytestmark = pytest.mark.slow(reason="starts a shell, and waits for it")

ROOT = Path(__file__).parent.parent.parent
PYTHON = """#!/usr/bin/env bash
echo "$@" > words
trap 'exit 143' TERM
echo yes > started
[ -e hangs ] && for _ in {1..1000}; do sleep 0.02; done
exit "$(cat status)"
"""


@pytest.fixture
def array(tmp_path):
    """What starts a task of an array."""
    for name, text in (
        (".venv/bin/python", PYTHON),
        ("scontrol", '#!/bin/sh\necho "$@" > queued\n'),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "SLURM_SUBMIT_DIR": str(tmp_path),
        "SLURM_ARRAY_JOB_ID": "70",
        "SLURM_ARRAY_TASK_ID": "3",
    }

    def start():
        words = ["bash", str(ROOT / "scripts/array.sbatch"), "p.yaml", "--only", "lifter"]
        return subprocess.Popen(words, env=environment, cwd="/")

    return start


@pytest.mark.parametrize("status", [0, 2, 143])
def test_a_task_runs_its_cell_and_ends_as_it_does(array, tmp_path, status):
    (tmp_path / "status").write_text(str(status))
    assert array().wait() == status
    assert (tmp_path / "words").read_text() == "-m lifting pipeline p.yaml --only lifter --cell 3\n"
    assert not (tmp_path / "queued").exists()


@pytest.mark.parametrize(("number", "queued"), [(signal.SIGUSR1, True), (signal.SIGTERM, False)])
def test_a_task_whose_time_is_up_is_queued_again_and_a_cancelled_one_is_not(
    array, tmp_path, number, queued
):
    (tmp_path / "hangs").touch()
    task = array()
    wait_for(tmp_path / "started")
    task.send_signal(number)
    assert task.wait(timeout=60) == 143
    assert (tmp_path / "queued").exists() == queued
    if queued:
        assert (tmp_path / "queued").read_text() == "requeue 70_3\n"
