"""States of the random number generators, so that a resumed run continues their streams."""

import random
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from lightning import Callback, LightningModule, Trainer


class RNGState(Callback):
    """Stores every generator's state in the checkpoint and restores it at the first resumed batch.

    Not earlier, as setting up the loaders draws numbers. Every process keeps its own states, and starts
    from its own seed; so it does where the states are those of another number of processes.
    """

    def __init__(self) -> None:
        self._to_restore: dict[str, Any] | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Give every process random numbers of its own."""
        if self._to_restore is not None and len(self._to_restore["ranks"]) != trainer.world_size:
            self._to_restore = None
        if trainer.world_size > 1 and self._to_restore is None:
            torch.manual_seed(torch.initial_seed() + trainer.global_rank)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, *args: Any, **kwargs: Any
    ) -> None:
        """Restore the states, once."""
        if self._to_restore is not None:
            _restore(self._to_restore["ranks"][trainer.global_rank])
            self._to_restore = None

    def state_dict(self) -> dict[str, Any]:
        """Return the states of all processes."""
        own = _collect()
        if not (dist.is_available() and dist.is_initialized()):
            return {"ranks": [own]}
        everyone: list[Any] = [None] * dist.get_world_size()
        dist.all_gather_object(everyone, own)
        return {"ranks": everyone}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keep the states for the first batch."""
        self._to_restore = state_dict


def _collect() -> dict[str, Any]:
    # Tensors and lists only: a checkpoint must load without unpickling anything else.
    kind, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    version, internal, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        # That of the device of this process: another machine may have more of them, or fewer.
        "cuda": [torch.cuda.get_rng_state()] if torch.cuda.is_initialized() else [],
        "numpy": [
            kind,
            torch.from_numpy(np.asarray(keys).astype(np.int64)),
            position,
            has_gauss,
            cached,
        ],
        "python": [version, list(internal), gauss],
    }


def _restore(state: dict[str, Any]) -> None:
    # A checkpoint loaded for a GPU comes back with every tensor on it.
    torch.set_rng_state(state["torch"].cpu())
    devices = state["cuda"]
    if devices and torch.cuda.is_initialized():
        # Earlier versions kept those of all devices.
        own = torch.cuda.current_device() if len(devices) > 1 else 0
        torch.cuda.set_rng_state(devices[min(own, len(devices) - 1)].cpu())
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, keys.cpu().numpy().astype(np.uint32), *rest))
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
