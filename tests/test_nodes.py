"""Training on two nodes that share a disk, as torchrun starts it: lost, resumed, and as one process."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lifting.cli.run.world import free_port
from lifting.cli.training import run
from tests.scripts.running import wait_for

pytestmark = [
    pytest.mark.slow(reason="trains on two nodes, which are two processes with one launcher each"),
    pytest.mark.xdist_group("nodes"),
]

ROOT = Path(__file__).parent.parent
CONFIGS = ("base", "data/synthetic", "sequences/window_mlp")
# Three epochs of four steps of 48 examples. Neither dropout nor batch normalisation, which depend on
# how a batch is shared; mirroring does not.
OPTIONS = [
    *(word for c in CONFIGS for word in ("-c", str(ROOT / f"experiments/{c}.yaml"))),
    *("--model.frames", "9", "--model.width", "32", "--data.receptive_field", "9"),
    *("--data.frames_per_sequence", "6", "--data.actions", "[Walking]"),
    *("--trainer.max_epochs", "3", "--trainer.accelerator", "cpu"),
    *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
    *("--last.every_n_train_steps", "5", "--wandb", "disabled", "--pictures", "false"),
]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
SHARED = ["--data.batch_size", "24"]


def documented(**values: str) -> list[str]:
    """Return the command of torchrun in the docs, with other values, and the options of these tests."""
    text = (ROOT / "docs/running.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^torchrun (.*?[^\\])$", text, re.DOTALL | re.MULTILINE)
    words = shlex.split(command.replace("\\\n", " "))
    for option, value in values.items():
        words[words.index(f"--{option.replace('__', '.')}") + 1] = value
    kept = [
        word
        for before, word in zip(["", *words], words, strict=False)
        if "-c" not in (before, word)
    ]
    return [sys.executable, "-m", "torch.distributed.run", *kept, *OPTIONS, *SHARED]


def ended(processes: list[subprocess.Popen]) -> list[str]:
    """Wait for processes, and return what they have said; none outlives the test."""
    try:
        return ["".join(filter(None, each.communicate(timeout=200))) for each in processes]
    finally:
        for each in processes:
            each.terminate()


def two_nodes(folder: Path, name: str, *more: str) -> list[tuple[int, str]]:
    """Return the status and the messages of either node."""
    command = documented(
        nproc_per_node="1",
        rdzv_endpoint=f"127.0.0.1:{free_port()}",
        trainer__devices="1",
        run=name,
    )
    nodes = [
        subprocess.Popen(
            [*command, *more],
            cwd=folder,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    told = ended(nodes)
    return [(node.returncode, text) for node, text in zip(nodes, told, strict=True)]


def last(folder: Path, name: str) -> dict:
    return torch.load(folder / f"runs/{name}/checkpoints/last.ckpt", weights_only=True)


def assert_close(one: dict, other: dict) -> None:
    assert one["global_step"] == other["global_step"] == 12
    assert one["state_dict"].keys() == other["state_dict"].keys()
    for name, value in one["state_dict"].items():
        torch.testing.assert_close(value, other["state_dict"][name], rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("nodes")


@pytest.fixture(scope="module")
def nodes(folder) -> dict:
    """The last checkpoint of a run on two nodes, one of which was lost on the way."""
    lost = "--trainer.callbacks+=tests.made_lost_node.LostNode --trainer.callbacks.rank 1"
    more = [*lost.split(), "--trainer.callbacks.step", "7"]
    done = two_nodes(folder, "nodes", *more)
    assert all(status for status, _ in done), done
    # Neither had found data: one made them, the other found them made.
    assert sum(text.count("Generating subjects") for _, text in done) == 1
    assert last(folder, "nodes")["global_step"] == 5
    done = two_nodes(folder, "nodes", *more)
    assert [status for status, _ in done] == [0, 0], done
    return last(folder, "nodes")


@pytest.fixture(scope="module")
def whole(folder, nodes) -> dict:
    """The last checkpoint of one process that saw the same batches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run(["fit", *OPTIONS, "--data.batch_size", "48", "--run", "whole"])
    return last(folder, "whole")


def test_two_nodes_that_were_lost_and_resumed_are_as_one_process(nodes, whole):
    assert_close(nodes, whole)


def script_words(folder: Path, *words: str) -> list[str]:
    """Return what the script of SLURM gives to srun, on two nodes with a task each."""
    (folder / "srun").write_text('#!/bin/sh\nprintf "%s\\n" "$@" > words\n', encoding="utf-8")
    (folder / "srun").chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "SLURM_SUBMIT_DIR": str(folder)}
    environment |= {"SLURM_NNODES": "2", "SLURM_NTASKS_PER_NODE": "1"}
    script = ["bash", str(ROOT / "scripts/train.sbatch"), *words]
    subprocess.run(script, env=environment, check=True)
    return (folder / "words").read_text(encoding="utf-8").splitlines()


# Ends when SLURM has ended the job.
SCONTROL = """#!/bin/sh
cp runs/job/checkpoints/last.ckpt left.ckpt
echo "$@" > requeued
for _ in $(seq 500); do [ -e ended ] && exit; sleep 0.02; done
"""


def job(folder: Path, words: list[str]) -> list[subprocess.Popen]:
    """Start the two tasks of a job."""
    environment = ENVIRONMENT | {"PATH": f"{folder}:{os.environ['PATH']}", "SLURM_JOB_ID": "77"}
    environment |= {"SLURM_JOB_NAME": "sb", "SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "1"}
    environment |= {"SLURM_NNODES": "2", "SLURM_LOCALID": "0", "MASTER_PORT": str(free_port())}
    return [
        subprocess.Popen(
            [sys.executable, *words],
            cwd=folder,
            env=environment | {"SLURM_PROCID": str(rank), "SLURM_NODEID": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        for rank in range(2)
    ]


@pytest.mark.exhaustive
def test_a_job_of_two_nodes_whose_time_is_up_goes_on_as_one_process(folder, whole):
    (folder / "experiments").symlink_to(ROOT / "experiments")
    (folder / "scontrol").write_text(SCONTROL, encoding="utf-8")
    (folder / "scontrol").chmod(0o755)
    more = "--trainer.callbacks+=tests.made_lost_node.LostNode --trainer.callbacks.rank 1"
    more += " --trainer.callbacks.step 6 --trainer.callbacks.signal SIGUSR1"
    # What the overlay of SLURM says of GPUs is overridden.
    more += " --trainer.precision 32-true --trainer.sync_batchnorm false"
    given = script_words(folder, *OPTIONS, *SHARED, *more.split(), "--run", "job")
    assert given[:2] == ["--kill-on-bad-exit=1", ".venv/bin/python"]
    words = given[2:]
    tasks = job(folder, words)
    wait_for(folder / "requeued")
    for task in tasks:
        task.terminate()
    (folder / "ended").touch()
    told = ended(tasks)
    assert [task.returncode for task in tasks] == [143, 0], told
    assert (folder / "requeued").read_text(encoding="utf-8") == "requeue 77\n"
    assert torch.load(folder / "left.ckpt", weights_only=True)["global_step"] == 6
    os.replace(folder / "left.ckpt", folder / "runs/job/checkpoints/last.ckpt")
    tasks = job(folder, words)
    told = ended(tasks)
    assert [task.returncode for task in tasks] == [0, 0], told
    assert_close(last(folder, "job"), whole)
    assert not [*folder.rglob("hpc_ckpt*"), *folder.rglob("*.partial")]


def test_two_processes_of_one_node_are_as_one_process(folder, whole):
    words = ["fit", *OPTIONS, *SHARED, "--trainer.devices", "2", "--run", "pair"]
    command = [sys.executable, "-m", "lifting", *words]
    done = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert_close(last(folder, "pair"), whole)


def test_nodes_leave_nothing_but_the_data_and_a_run(folder, nodes):
    assert {path.name for path in (folder / "data").iterdir()} == {
        ".synthetic_seed0_6frames.h5.lock",
        "synthetic_seed0_6frames.h5",
    }
    assert not [*folder.rglob("*.partial"), *(folder / "runs/nodes").glob(".lock")]
