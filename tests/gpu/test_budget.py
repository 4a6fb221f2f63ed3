"""Every method on a pretended GPU: no mix of devices, and launches and host waits held against a table.

PyTorch must know of a device before the first gradient of a process: the trainings are processes.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gpu.budget import BUDGET, NAMED
from tests.test_experiments import LINKS, sees_images

pytestmark = pytest.mark.slow(reason="trains every method for a few steps")

ROOT = Path(__file__).parents[2]
TABLE = json.loads(BUDGET.read_text("utf-8"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("pretended")


# Stages that build on one another and those that see the same images, and the others: a process takes
# seconds to begin.
TOGETHER = [name for name, method in NAMED.items() if name in LINKS or sees_images(method)]
PARTS = [TOGETHER, [name for name in NAMED if name not in TOGETHER]]
# One step of a lifter, of two networks in turn, and of a flow.
FEW = ["simple_baseline", "repnet", "full_flow"]


@pytest.mark.parametrize(
    "names",
    [FEW, *(pytest.param(names, marks=pytest.mark.exhaustive) for names in PARTS)],
    ids=lambda names: names[0],
)
def test_steps_ask_of_the_gpu_what_the_table_says(runs, synthetic_folder, names):
    command = [sys.executable, "-m", "tests.gpu.budget", str(synthetic_folder), str(runs), *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {name: json.loads((runs / f"{name}.json").read_text("utf-8")) for name in names}
    others = {name: of for name, of in found.items() if of["counts"] != TABLE[name]}
    assert not others, "Where that is right, run python -m tests.gpu.budget.\n" + "\n".join(
        f"{name} asks {of['counts']} of a GPU; the host waits for:\n{of['waits']}"
        for name, of in others.items()
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
