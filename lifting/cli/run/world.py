"""World of a run: its processes and devices, and the cluster that started them."""

import contextlib
import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.lsf import LSFEnvironment
from lightning.fabric.plugins.environments.mpi import MPIEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.accelerators import (
    Accelerator,
    AcceleratorRegistry,
    CPUAccelerator,
    CUDAAccelerator,
    MPSAccelerator,
)
from lightning.pytorch.strategies import StrategyRegistry
from lightning.pytorch.utilities import rank_zero_only

from lifting.errors import InputError, Option, Phrase, wrong_value
from lifting.runs.stopping import ORDERS

# Those that Lightning looks for, which start the processes of a run themselves.
_CLUSTERS = (LSFEnvironment, MPIEnvironment, SLURMEnvironment, TorchElasticEnvironment)
# Below those that Linux, macOS and Windows give out themselves.
_PORTS = range(20_000, 32_000)
# Libraries that refuse options as a Trainer is built.
_BUILD = ("lightning.", "lightning_utilities.", "torch.", "torchmetrics.", "importlib")
# Modules of Lightning that refuse options which do not go together, as the run begins.
_REFUSE = (
    "lightning.fabric.plugins.environments",
    "lightning.pytorch.loops.fit_loop",
    "lightning.pytorch.strategies.launchers",
    "lightning.pytorch.trainer.configuration_validator",
    "lightning.pytorch.trainer.connectors.accelerator_connector",
    "lightning.pytorch.trainer.connectors.data_connector",
)


class OneProcess(LightningEnvironment):
    """Environment of a run of one process, which may be one of many that something else started.

    It reads no variable: the process is the first of its run even if it is the third of a job.
    """

    @property
    def creates_processes_externally(self) -> bool:
        """False."""
        return False

    @property
    def main_address(self) -> str:
        """This machine."""
        return "127.0.0.1"

    @property
    def main_port(self) -> int:
        """A port that is free, as other runs of the same job may have the one they were given."""
        if self._main_port == -1:
            self._main_port = free_port()
        return self._main_port

    def local_rank(self) -> int:
        """0."""
        return 0

    def node_rank(self) -> int:
        """0."""
        return 0


class OneMachine(LightningEnvironment):
    """Environment of a run whose processes this machine starts, which meet at a port of their own.

    A port of the range that systems give to whoever asks for any may be taken again before they meet.
    """

    @property
    def main_port(self) -> int:
        """The port, which the first process tells the others."""
        if self._main_port == -1 and "MASTER_PORT" not in os.environ:
            self._main_port = free_port()
        return super().main_port


def free_port() -> int:
    """Return a port that is free, outside the range that systems choose from.

    Raises:
        InputError: If there is none.
    """
    for port in random.SystemRandom().sample(_PORTS, 100):
        with socket.socket() as trial, contextlib.suppress(OSError):
            trial.bind(("", port))
            return port
    raise InputError("No port is free for processes to meet at", remedy="set MASTER_PORT.")


def set_rank(rank: int) -> None:
    """Set the rank that decides who writes and speaks, which libraries guess from the environment."""
    rank_zero_only.rank = rank  # type: ignore[attr-defined]
    ORDERS.speaks = rank == 0


def choose_environment(options: Any) -> ClusterEnvironment | None:
    """Return the environment of a run, or None where Lightning is to choose it.

    A run of one process is on its own, whatever started it, except as the only task of a SLURM job,
    which Lightning queues again when its time is up. The processes of one on several devices of this
    machine are started from here, unless a cluster has.

    Args:
        options: Those of the Trainer, as parsed.

    Raises:
        InputError: If the machine or the job has not the devices and processes that are asked for.
    """
    accelerator = _accelerator(options.accelerator)
    _check_strategy(options.strategy)
    devices = _device_count(options.devices, accelerator)
    nodes = options.num_nodes
    if nodes < 1:
        raise wrong_value("trainer.num_nodes", nodes, "give 1 or more.")
    if accelerator is CPUAccelerator and options.precision in (16, "16", "16-mixed"):
        what: str = Phrase(
            "{} is {}, which needs a GPU", Option("trainer.precision"), options.precision
        )
        raise InputError(what, remedy="give 32-true or bf16-mixed.")
    tasks = _slurm_tasks()
    if devices * nodes > 1 and accelerator is CPUAccelerator and options.sync_batchnorm:
        what = Phrase("{} is true, which needs GPUs", Option("trainer.sync_batchnorm"))
        raise InputError(what, remedy="give false on several CPUs.")
    if devices * nodes == 1:
        alone = tasks == 1 and os.environ.get("SLURM_PROCID", "0") == "0"
        return None if alone else OneProcess()
    # Under torchrun the tasks of a SLURM job are the agents, one a node.
    if "TORCHELASTIC_RUN_ID" in os.environ:
        world = int(os.environ["WORLD_SIZE"])
        if world != devices * nodes:
            what = f"torchrun starts {world} processes, and the options make {devices * nodes}"
            remedy = "give --trainer.num_nodes, and --trainer.devices of one of them."
            raise InputError(what, remedy=remedy)
    elif tasks is not None:
        _check_slurm(tasks, devices, nodes)
    elif "LOCAL_RANK" in os.environ and "MASTER_PORT" not in os.environ:
        what = "LOCAL_RANK is in the environment, and MASTER_PORT, where all processes meet, is not"
        raise InputError(what, remedy="unset LOCAL_RANK, or set MASTER_ADDR and MASTER_PORT too.")
    return OneMachine() if nodes == 1 and not any(kind.detect() for kind in _CLUSTERS) else None


def with_environment(plugins: Any, environment: ClusterEnvironment | None) -> list[Any]:
    """Return the plugins of a Trainer, with an environment unless they bring one.

    Args:
        plugins: None, a plugin or a list of them, as Trainer takes them.
        environment: That of :func:`choose_environment`.
    """
    given = [*plugins] if isinstance(plugins, list) else [plugins] if plugins else []
    if environment and not any(isinstance(plugin, ClusterEnvironment) for plugin in given):
        given.append(environment)
    return given


def _accelerator(name: Any) -> type[Accelerator] | None:
    """Return the accelerator of a name, None for one that Lightning is left to check."""
    found: tuple[type[Accelerator], ...] = (CUDAAccelerator, MPSAccelerator)
    available = [kind for kind in found if kind.is_available()]
    if name in ("auto", "cpu"):
        return CPUAccelerator if name == "cpu" or not available else available[0]
    if name in ("gpu", "cuda", "mps"):
        fitting = [kind for kind in available if name in ("gpu", kind.name())]
        if not fitting:
            what = "{} is {}, and PyTorch finds none on this machine"
            remedy = "give --trainer.accelerator cpu, or leave out overlays for GPUs."
            raise InputError(Phrase(what, Option("trainer.accelerator"), name), remedy=remedy)
        return fitting[0]
    if isinstance(name, str) and name not in AcceleratorRegistry.available_accelerators():
        known = ", ".join(("auto", "gpu", *AcceleratorRegistry.available_accelerators()))
        raise InputError(
            Phrase("{} is {}: give one of {}.", Option("trainer.accelerator"), name, known)
        )
    return None


def _check_strategy(name: Any) -> None:
    if isinstance(name, str) and name != "auto":
        known = StrategyRegistry.available_strategies()
        if name.lower() not in known:
            what = Phrase("{} is {}: there is no such strategy", Option("trainer.strategy"), name)
            raise InputError(what, remedy="give auto, or ddp for several devices.")


def _device_count(devices: Any, accelerator: type[Accelerator] | None) -> int:
    """Return the number of devices of a node.

    Raises:
        InputError: If that is no number of devices, or the machine has fewer.
    """
    given = Phrase("{} is {}", Option("trainer.devices"), devices)
    if devices == "auto":
        return 1 if accelerator is None else int(accelerator.auto_device_count())
    try:
        if accelerator is CUDAAccelerator:
            return len(CUDAAccelerator.parse_devices(devices) or ())
        count = len(devices) if isinstance(devices, list) else int(devices)
    except MisconfigurationException as error:
        there = CUDAAccelerator.auto_device_count()
        what = Phrase("{}, and this machine has {} GPUs", given, there)
        raise InputError(what, remedy="give fewer, or auto for all.") from error
    except ValueError as error:
        raise InputError(Phrase("{}: give a number, or auto.", given)) from error
    if count < 1:
        raise InputError(Phrase("{}: give 1 or more, or auto.", given))
    cores = os.cpu_count() or 1
    if accelerator is CPUAccelerator and count > cores:
        what = Phrase("{}, a process each, and this machine has {} cores", given, cores)
        raise InputError(what, remedy=f"give {cores} or fewer.")
    return count


def _slurm_tasks() -> int | None:
    """Return the number of tasks of the SLURM job, None outside one and in an interactive one."""
    if os.environ.get("SLURM_JOB_NAME") in ("bash", "interactive"):
        return None
    tasks = os.environ.get("SLURM_NTASKS")
    return None if tasks is None else int(tasks)


def _check_slurm(tasks: int, devices: int, nodes: int) -> None:
    """Refuse a job whose tasks are not the processes of the run."""
    if tasks != devices * nodes:
        what = (
            f"the SLURM job has {tasks} tasks, and --trainer.devices {devices} on {nodes} "
            f"{'node' if nodes == 1 else 'nodes'} make {devices * nodes} processes"
        )
        remedy = f"ask for --ntasks-per-node={devices} --nodes={nodes}, and start with srun."
        raise InputError(what, remedy=remedy)
    per_node = os.environ.get("SLURM_NTASKS_PER_NODE")
    if per_node is None or int(per_node) != devices:
        what = f"the SLURM job does not say that {devices} of its {tasks} tasks run on a node"
        raise InputError(what, remedy=f"ask for --ntasks-per-node={devices}, not for --ntasks.")
    on = os.environ.get("SLURM_NNODES", str(nodes))
    if int(on) != nodes:
        what = f"the SLURM job has {on} nodes, and --trainer.num_nodes is {nodes}"
        raise InputError(what, remedy=f"give --trainer.num_nodes {on}.")


@contextmanager
def refusals_of_building() -> Iterator[None]:
    """Turn errors by which libraries refuse the options of a Trainer into an InputError.

    Errors from anywhere else, such as a callback of somebody's own, are defects, and stay as they are.
    """
    try:
        yield
    except MisconfigurationException as error:
        raise _refusal(error) from error
    except (ValueError, TypeError, RuntimeError, ImportError) as error:
        if not _module_of(error).startswith(_BUILD):
            raise
        raise _refusal(error) from error


@contextmanager
def refusals_of_running() -> Iterator[None]:
    """Turn errors by which Lightning refuses options as a run begins into an InputError.

    Errors from anywhere else are defects, and stay as they are.
    """
    try:
        yield
    except MisconfigurationException as error:
        raise _refusal(error) from error
    except (ValueError, TypeError, RuntimeError) as error:
        if not _module_of(error).startswith(_REFUSE):
            raise
        raise _refusal(error) from error


def _module_of(error: Exception) -> str:
    """Return the name of the module that has raised an error."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return "" if place is None else str(place.tb_frame.f_globals.get("__name__"))


def _refusal(error: Exception) -> InputError:
    text = " ".join(str(error).split()).rstrip(".")
    return InputError(text, remedy="change the options of --trainer.")
