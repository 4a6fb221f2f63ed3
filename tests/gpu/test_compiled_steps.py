"""Steps of every method as one graph, in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKS = Path(__file__).with_name("compiled_step_checks.py")
# Parts of about the same length.
FIRST = "left_right or occlusion or person or guided or learns"
PARTS = (FIRST, f"not ({FIRST})")


@pytest.mark.slow(reason="trains every method for a few steps and compiles it")
@pytest.mark.parametrize("chosen", PARTS)
def test_compiled_steps(chosen, synthetic_folder):
    command = [sys.executable, "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, str(CHECKS), "-k", chosen],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LIFTING_SYNTHETIC": str(synthetic_folder)},
    )
    assert done.returncode == 0, done.stdout[-5000:]
