"""Every method on a pretended GPU: no mix of devices, and launches and host waits held against a table.

PyTorch must know of a device before the first gradient of a process: the trainings are processes.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gpu.budget import BUDGET, NAMED
from tests.test_experiments import LINKS

pytestmark = pytest.mark.slow(reason="trains every method for a few steps")

ROOT = Path(__file__).parents[2]
TABLE = json.loads(BUDGET.read_text("utf-8"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("pretended")


@pytest.mark.parametrize(
    "name",
    [
        # Stages that build on one another are trained by the same worker, once.
        pytest.param(name, marks=[pytest.mark.xdist_group("pretended")] if name in LINKS else [])
        for name in NAMED
    ],
)
def test_steps_ask_of_the_gpu_what_the_table_says(runs, synthetic_folder, name):
    command = [sys.executable, "-m", "tests.gpu.budget", str(synthetic_folder), str(runs), name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((runs / f"{name}.json").read_text("utf-8"))
    assert found["counts"] == TABLE[name], (
        f"{name} asks {found['counts']} of a GPU. The host waits for:\n{found['waits']}\n"
        "Where that is right, run python -m tests.gpu.budget."
    )


def test_no_step_of_training_lets_the_host_wait():
    assert {name: row["waits"] for name, row in TABLE.items() if row["waits"]} == {}


def test_the_table_has_every_method_and_no_other():
    assert list(TABLE) == list(NAMED)


def test_the_pretended_gpu_is_like_one():
    checks = str(Path(__file__).with_name("pretended_gpu_checks.py"))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--noconftest",
        "-p",
        "no:cacheprovider",
        checks,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
