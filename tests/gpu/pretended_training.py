"""Trainings on the pretended GPU, as the command starts them, and what each step asks of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.accelerators import Accelerator, AcceleratorRegistry
from lightning.pytorch.strategies import SingleDeviceStrategy, StrategyRegistry

from tests.gpu import pretended_gpu
from tests.gpu.pretended_gpu import GRAPH, INPUTS, NAME, Operation, in_graph

OPTIONS = (
    *("--trainer.accelerator", NAME, "--trainer.strategy", NAME, "--trainer.devices", "1"),
    # Tensors in Python cannot be told that nobody will ask for their gradients.
    *("--trainer.inference_mode", "false"),
)


class PretendedAccelerator(Accelerator):
    """The pretended GPU, for a Trainer."""

    def setup_device(self, device: torch.device) -> None:
        pass

    def teardown(self) -> None:
        pass

    def get_device_stats(self, device: Any) -> dict[str, Any]:
        return {}

    @staticmethod
    def parse_devices(devices: Any) -> int:
        return int(devices)

    @staticmethod
    def get_parallel_devices(devices: int) -> list[torch.device]:
        return [pretended_gpu.DEVICE] * devices

    @staticmethod
    def auto_device_count() -> int:
        return 1

    @staticmethod
    def is_available() -> bool:
        return True

    @staticmethod
    def name() -> str:
        return NAME


@dataclass(eq=False)
class Steps(Callback):
    """Keeps what the GPU was asked for, by step: from the end of a batch to that of the next one.

    Attributes:
        training: Of each step of training, the batch's way to the GPU included.
        evaluation: Of each batch of a test.
        compiles: Whether the method has parts to compile, which take the gradient with them.
    """

    training: list[list[Operation]] = field(default_factory=list)
    evaluation: list[list[Operation]] = field(default_factory=list)
    noted: list[Operation] = field(default_factory=list)
    compiles: bool = False

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Note which operations ``--compile`` makes graphs of."""
        self.compiles = bool(pl_module.compiled_parts)
        for name in pl_module.compiled_parts:
            setattr(pl_module, name, _as_graph(getattr(pl_module, name)))

    def _ended(self, steps: list[list[Operation]]) -> None:
        steps.append(list(self.noted))
        self.noted.clear()

    def on_train_epoch_start(self, *_: Any) -> None:
        self.noted.clear()

    def on_test_epoch_start(self, *_: Any) -> None:
        self.noted.clear()

    def on_train_batch_end(self, *_: Any) -> None:
        self._ended(self.training)

    def on_test_batch_end(self, *_: Any) -> None:
        self._ended(self.evaluation)


def _as_graph(part: Callable[..., Any]) -> Callable[..., Any]:
    """Return a part of a step whose operations are noted as those of a graph, and of its gradient."""

    def noted(*args: Any) -> Any:
        graphs = [GRAPH] * (2 if torch.is_grad_enabled() else 1)
        with in_graph(INPUTS, *graphs):
            return part(*args)

    return noted


@contextmanager
def on_a_pretended_gpu() -> Iterator[Steps]:
    """Within it, commands with :data:`OPTIONS` run on the pretended GPU; give what steps ask of it."""
    AcceleratorRegistry.register(NAME, PretendedAccelerator, override=True)
    with pretended_gpu.pretended() as device, pretended_gpu.noted() as noted:
        StrategyRegistry.register(NAME, SingleDeviceStrategy, override=True, device=device)
        steps = Steps(noted=noted)
        original = Trainer._run

        def watched(self: Trainer, *args: Any, **kwargs: Any) -> Any:
            if steps not in self.callbacks:  # type: ignore[attr-defined]
                self.callbacks.append(steps)  # type: ignore[attr-defined]
            return original(self, *args, **kwargs)

        backward = torch.Tensor.backward

        def backward_of_graph(self: torch.Tensor, *args: Any, **kwargs: Any) -> None:
            with in_graph() if steps.compiles else nullcontext():
                backward(self, *args, **kwargs)

        torch.Tensor.backward = backward_of_graph  # type: ignore[method-assign]
        Trainer._run = watched  # type: ignore[method-assign]
        try:
            yield steps
        finally:
            Trainer._run = original  # type: ignore[method-assign]
            torch.Tensor.backward = backward  # type: ignore[method-assign]
            AcceleratorRegistry.remove(NAME)
            StrategyRegistry.remove(NAME)
