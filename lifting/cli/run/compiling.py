"""Compilation of a training's step: what it needs, and what cannot be compiled."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import torch._dynamo
from lightning import Trainer
from lightning.pytorch.utilities import rank_zero_info
from torch._dynamo.exc import TorchDynamoException
from torch.nn.modules.batchnorm import _BatchNorm

from lifting.errors import InputError, Option, Phrase
from lifting.methods.bases.method import Method
from lifting.nets.fp32 import HIGHEST

OFF, GRAPHS = "off", "reduce-overhead"
MODES = (OFF, "default", GRAPHS)


def compile_step(method: Method, trainer: Trainer, mode: str) -> None:
    """Compile the step of a method, unless that is off.

    Raises:
        InputError: If there is no compiler, or the training does what compiled steps cannot.
    """
    if mode == OFF:
        return
    if not method.compiled_parts:
        rank_zero_info(f"{type(method).__name__} is not compiled, which would not make it faster.")
        return
    if torch.get_float32_matmul_precision() != HIGHEST:
        what = "Compiled, --matmul_precision would round layers that stay in float32 without"
        raise _refusal(what, mode)
    if mode == GRAPHS and trainer.accumulate_grad_batches > 1:
        what = (
            "Captured graphs overwrite the gradients that --trainer.accumulate_grad_batches adds up"
        )
        raise _refusal(what, mode, "default")
    normalises = any(isinstance(module, _BatchNorm) for module in method.modules())
    shares = trainer._accelerator_connector._layer_sync is not None and trainer.world_size > 1
    if normalises and shares:
        what = "With --trainer.sync_batchnorm processes wait for each other within a step"
        raise _refusal(what, mode)
    device = trainer.strategy.root_device.type
    if (missing := missing_compiler(device)) is not None:
        raise _refusal(f"There is no {missing} to compile with", mode)
    # What another training of this process compiled counts towards the most that torch compiles of a
    # function, which is that of all methods.
    torch.compiler.reset()
    # The networks are too small to send gradients while others are computed; one graph is enough.
    torch._dynamo.config.optimize_ddp = False
    method.compile_step(mode)


def missing_compiler(device: str) -> str | None:
    """Return what a step cannot be compiled without on a kind of device, None where it is there."""
    if device != "cpu" and importlib.util.find_spec("triton") is None:
        return "Triton"
    # Triton compiles its launchers, too.
    names = [os.environ.get("CXX") or "", "g++", "clang++", "c++", "cl"]
    return None if any(name and shutil.which(name) for name in names) else "C++ compiler"


@contextmanager
def refusals_of_compiling(mode: str) -> Iterator[None]:
    """Turn errors by which torch cannot compile a step into an InputError."""
    try:
        yield
    except Exception as error:
        if mode == OFF or not isinstance(error, TorchDynamoException):
            raise
        # What failed behind Dynamo, in a backend, is told apart from where.
        cause = getattr(error, "inner_exception", error)
        lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
        why = lines[0].rstrip(".") if lines else type(cause).__name__
        raise _refusal(f"Torch cannot compile the step: {why}", mode) from error


def _refusal(what: str, mode: str, instead: str = OFF) -> InputError:
    return InputError(Phrase("{}: set {} to {}, not {}.", what, Option("compile"), instead, mode))
