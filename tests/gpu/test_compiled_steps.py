"""Compiled steps, in a process of their own; of all methods with ``LIFTING_TESTS=all``."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKS = Path(__file__).with_name("compiled_step_checks.py")


@pytest.mark.slow(reason="compiles the steps of many methods")
def test_compiled_steps(synthetic_folder):
    command = [sys.executable, "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, str(CHECKS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LIFTING_SYNTHETIC": str(synthetic_folder)},
    )
    assert done.returncode == 0, done.stdout[-5000:]
