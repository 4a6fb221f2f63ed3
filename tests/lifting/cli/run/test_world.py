"""World of a run: which process writes, and what is refused before anything is left behind."""

import os
import socket
from pathlib import Path

import lightning.fabric.utilities.rank_zero
import lightning.pytorch.utilities
import lightning_utilities.core.rank_zero
import pytest
from jsonargparse import Namespace
from lightning import Trainer
from lightning.fabric.plugins.environments import SLURMEnvironment
from lightning.pytorch.utilities import rank_zero_only

from lifting.cli.run.world import (
    OneMachine,
    OneProcess,
    choose_environment,
    free_port,
    refusals_of_building,
    refusals_of_running,
    set_rank,
)
from lifting.cli.training import run
from lifting.errors import InputError

ROOT = Path(__file__).parents[4]
VARIABLES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "NODE_RANK")


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch):
    """No variable of a cluster from outside, and none left by a test."""
    names = (*VARIABLES, *(name for name in os.environ if name.startswith("SLURM_")))
    for name in names:
        # What a training sets is taken back too.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    yield
    set_rank(0)


def trainer_options(**changes) -> Namespace:
    usual = {"accelerator": "cpu", "devices": 1, "num_nodes": 1, "strategy": "auto"}
    usual |= {"precision": "32-true", "sync_batchnorm": False}
    return Namespace(**(usual | changes))


def environ(monkeypatch, **variables: object) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))


def test_libraries_share_the_rank_that_decides_who_writes():
    set_rank(2)
    for library in (
        lightning.fabric.utilities.rank_zero,
        lightning.pytorch.utilities,
        lightning_utilities.core.rank_zero,
    ):
        assert library.rank_zero_only.rank == 2


@pytest.mark.parametrize(
    "variables",
    [
        {"LOCAL_RANK": 1},
        {"RANK": 3, "LOCAL_RANK": 1, "WORLD_SIZE": 4, "MASTER_PORT": 1},
        {"SLURM_PROCID": 3},
        {"SLURM_NTASKS": 8, "SLURM_PROCID": 3, "SLURM_LOCALID": 3, "SLURM_NODEID": 1},
        {"SLURM_NTASKS": 1, "SLURM_PROCID": 3},
        {},
    ],
)
def test_run_of_one_process_is_on_its_own(monkeypatch, variables):
    environ(monkeypatch, **variables)
    chosen = choose_environment(trainer_options())
    assert isinstance(chosen, OneProcess)
    assert (chosen.local_rank(), chosen.node_rank(), chosen.global_rank()) == (0, 0, 0)
    assert not chosen.creates_processes_externally
    assert chosen.main_address == "127.0.0.1"
    assert chosen.main_port == chosen.main_port != 1


def test_processes_of_one_machine_meet_outside_the_ports_that_systems_give_out(monkeypatch):
    monkeypatch.setattr("lifting.cli.run.world.os.cpu_count", lambda: 2)
    chosen = [choose_environment(trainer_options(devices=2)) for _ in range(2)]
    assert all(isinstance(environment, OneMachine) for environment in chosen)
    ports = [environment.main_port for environment in chosen]
    assert ports == [environment.main_port for environment in chosen]
    assert all(20_000 <= port < 32_000 for port in ports)
    environ(monkeypatch, MASTER_PORT=2345)
    assert choose_environment(trainer_options(devices=2)).main_port == 2345


def test_a_port_that_is_taken_is_not_chosen(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("", 0))
        monkeypatch.setattr("lifting.cli.run.world._PORTS", [taken.getsockname()[1]] * 100)
        with pytest.raises(InputError, match="No port is free"):
            free_port()


def test_only_task_of_a_slurm_job_is_queued_again_by_lightning(monkeypatch):
    environ(monkeypatch, SLURM_NTASKS=1, SLURM_PROCID=0)
    assert choose_environment(trainer_options()) is None
    assert SLURMEnvironment.detect()


def test_tasks_of_slurm_are_the_processes_of_a_run_that_has_as_many(monkeypatch):
    environ(monkeypatch, SLURM_NTASKS=4, SLURM_NTASKS_PER_NODE=2, SLURM_NNODES=2)
    assert choose_environment(trainer_options(devices=2, num_nodes=2)) is None


def test_torchrun_starts_the_processes_of_a_run_also_in_a_job_with_a_task_a_node(monkeypatch):
    environ(monkeypatch, SLURM_NTASKS=2, SLURM_NTASKS_PER_NODE=1, SLURM_NNODES=2)
    environ(monkeypatch, TORCHELASTIC_RUN_ID="a", WORLD_SIZE=4)
    assert choose_environment(trainer_options(devices=2, num_nodes=2)) is None


SLURM = {"SLURM_NTASKS": 4, "SLURM_NTASKS_PER_NODE": 4, "SLURM_NNODES": 1}


@pytest.mark.parametrize(
    ("variables", "options", "told"),
    [
        (SLURM, {"devices": 2}, "has 4 tasks, and --trainer.devices 2 on 1 node make 2 processes"),
        ({"SLURM_NTASKS": 4}, {"devices": 4}, "ask for --ntasks-per-node=4, not for --ntasks"),
        (SLURM | {"SLURM_NTASKS_PER_NODE": 2}, {"devices": 4}, "ask for --ntasks-per-node=4"),
        (SLURM | {"SLURM_NNODES": 2}, {"devices": 4}, "give --trainer.num_nodes 2"),
        ({"TORCHELASTIC_RUN_ID": 1, "WORLD_SIZE": 3}, {"devices": 2}, "torchrun starts 3"),
        ({"LOCAL_RANK": 1}, {"devices": 2}, "unset LOCAL_RANK"),
        (
            {"TORCHELASTIC_RUN_ID": 1, "WORLD_SIZE": 4, "SLURM_NTASKS": 2},
            {"devices": 2},
            "torchrun starts 4 processes, and the options make 2; give --trainer.num_nodes",
        ),
        ({}, {"devices": 2, "sync_batchnorm": True}, "sync_batchnorm is true, which needs GPUs"),
        ({}, {"devices": 500}, "devices is 500, a process each, and this machine has 4 cores"),
        ({}, {"devices": "500"}, "give 4 or fewer"),
        ({}, {"devices": 0}, "give 1 or more"),
        ({}, {"devices": "many"}, "give a number, or auto"),
        ({}, {"num_nodes": 0}, "--trainer.num_nodes is 0"),
        ({}, {"accelerator": "gpu"}, "leave out overlays for GPUs"),
        ({}, {"accelerator": "mps"}, "--trainer.accelerator is mps"),
        ({}, {"accelerator": "abacus"}, "--trainer.accelerator is abacus: give one of auto"),
        ({}, {"strategy": "dpp"}, "--trainer.strategy is dpp: there is no such strategy"),
        ({}, {"precision": "16-mixed"}, "give 32-true or bf16-mixed"),
    ],
)
def test_what_machine_and_job_have_not_is_told(monkeypatch, variables, options, told):
    environ(monkeypatch, **variables)
    for kind in ("CUDA", "MPS"):
        monkeypatch.setattr(f"lifting.cli.run.world.{kind}Accelerator.is_available", lambda: False)
    with pytest.raises(InputError) as error:
        choose_environment(trainer_options(**options))
    assert told in str(error.value)


def test_graphics_cards_are_counted(monkeypatch):
    cuda = "lightning.pytorch.accelerators.cuda.num_cuda_devices"
    monkeypatch.setattr(cuda, lambda: 2)
    monkeypatch.setattr("lightning.fabric.accelerators.cuda.num_cuda_devices", lambda: 2)
    several = choose_environment(trainer_options(accelerator="gpu", devices="auto"))
    assert isinstance(several, OneMachine)
    for devices in (3, [5], "0,7"):
        with pytest.raises(InputError, match="this machine has 2 GPUs"):
            choose_environment(trainer_options(accelerator="gpu", devices=devices))


@pytest.mark.parametrize("refusals", [refusals_of_running, refusals_of_building])
@pytest.mark.parametrize("kind", [ValueError, TypeError, RuntimeError])
def test_defect_at_the_start_keeps_its_traceback(refusals, kind):
    with pytest.raises(kind, match="a defect"), refusals():
        raise kind("a defect")


@pytest.mark.parametrize("options", [{"max_time": "x"}, {"profiler": "x"}, {"unknown": 1}])
def test_what_lightning_refuses_is_told_of_the_trainer(options):
    with (
        pytest.raises(InputError, match=r"change the options of --trainer\.") as caught,
        refusals_of_building(),
    ):
        Trainer(**options, logger=False)
    assert caught.value.__cause__ is not None


def fit(data: Path, run_name: str, *more: str) -> None:
    configs = ("base", "data/synthetic", "supervised/simple_baseline")
    run(
        [
            "fit",
            *(option for c in configs for option in ("-c", str(ROOT / f"experiments/{c}.yaml"))),
            *("--data.folder", str(data), "--data.frames_per_sequence", "6", "--run", run_name),
            *("--data.batch_size", "64", "--model.width", "16", "--trainer.max_epochs", "1"),
            *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
            *("--trainer.enable_model_summary", "false", "--wandb", "disabled"),
            *("--trainer.limit_train_batches", "2", "--trainer.limit_val_batches", "1"),
            *("--trainer.limit_test_batches", "1", "--trainer.log_every_n_steps", "1"),
            *("--pictures", "false", *more),
        ]
    )


@pytest.mark.slow(reason="trains from the command line")
@pytest.mark.parametrize(
    ("rank", "variables", "more"),
    [
        pytest.param(
            3,
            {**SLURM, "SLURM_NTASKS": 8, "SLURM_PROCID": 3, "SLURM_LOCALID": 3},
            (),
            marks=pytest.mark.exhaustive,
        ),
        (1, {"LOCAL_RANK": 1, "MASTER_PORT": 1, "WORLD_SIZE": 2}, ("--trainer.strategy", "ddp")),
    ],
)
def test_run_of_one_process_leaves_all_its_results(
    tmp_path, give_synthetic, monkeypatch, rank, variables, more
):
    monkeypatch.chdir(tmp_path)
    give_synthetic(tmp_path / "data")
    environ(monkeypatch, **variables)
    # What Lightning makes of the environment when it is imported.
    rank_zero_only.rank = rank
    fit(tmp_path / "data", "one", "--test", "true", *more)
    files = {str(p.relative_to(tmp_path / "runs/one")) for p in tmp_path.glob("runs/one/**/*")}
    left = {"config.yaml", "provenance.json", "test.csv", "logs/version_0/metrics.csv"}
    assert left | {"checkpoints/best.ckpt", "checkpoints/last.ckpt"} <= files


@pytest.mark.slow(reason="reads the data of a training")
@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--trainer.gradient_clip_algorithm", "hard"), "`gradient_clip_algorithm` hard"),
        (("--trainer.strategy", "fsdp"), "requires a GPU accelerator"),
        (("--trainer.profiler", "stopwatch"), "it can only be one of"),
        (("--trainer.barebones", "true"), "barebones=True"),
        (("--trainer.max_time", "long"), "long"),
        (("--trainer.val_check_interval", "100000"), "`val_check_interval` (100000)"),
        (("--trainer.devices", "500"), "4 cores"),
    ],
)
def test_trainer_that_cannot_be_built_leaves_nothing(
    tmp_path, give_synthetic, monkeypatch, more, told
):
    monkeypatch.chdir(tmp_path)
    give_synthetic(tmp_path / "data")
    with pytest.raises(InputError) as error:
        fit(tmp_path / "data", "one", *more)
    assert told in str(error.value)
    assert not list(tmp_path.glob("runs/*"))
