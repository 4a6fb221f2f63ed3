"""Watch over a training for numbers that are not finite."""

import logging
import math
from pathlib import Path
from typing import Any, Literal

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities import rank_zero_only
from torch import Tensor

from lifting.checkpoints import name_not_finite, read_checkpoint
from lifting.errors import DivergenceError

_warn = rank_zero_only(logging.getLogger(__name__).warning)

Action = Literal["stop", "skip", "restore"]

_LOSS, _GRADIENT, _STATE, _SIZE = range(4)
_KINDS = (
    "loss is not finite",
    "norm of the gradients is not finite",
    "weights or states of the optimiser are not finite",
    "weights are beyond 1e10",
)
# The norm of all weights, which is some thousands at most. Normalised networks give finite nonsense
# for ever with weights that no step can bring back.
_LARGEST = 1e10
# Larger than any step, times the kinds.
_NEVER = 2**62
# Batches between two looks at weights where nothing is logged.
_LOOK_EVERY = 50
# Of a scaler that has halved it again and again, as no scale makes the gradients finite.
_LEAST_SCALE = 2.0**-24
# Steps left out in a row, and returns to a checkpoint, after which a training is given up.
_MOST_SKIPPED, _MOST_RESTORED = 20, 3


class Divergence(Callback):
    """Ends a training whose loss, gradients or weights are no longer finite, or gets it past that.

    Nor does it go on with weights that are finite and as good as not.

    A step does not wait for the device: losses stay there until the next look at them, which comes every
    ``log_every_n_steps`` batches (50 where that is 0), before a validation or a checkpoint, and at the
    end of an epoch. Weights, which keep what is not finite in a gradient, are looked at every so many
    batches and before a checkpoint, then with the states of the optimisers. All processes look together.

    ``skip`` leaves out a step before it is taken, and therefore waits for the device at every one.
    ``restore`` goes on with the weights and the optimiser of ``last.ckpt``, and with the data that come
    next. Both end the training in the end, if that does not help.

    In ``16-mixed`` the scaler leaves out steps whose gradients overflow, as it finds its scale: there
    losses and weights tell.

    Args:
        folder: Folder of the run.
        action: What to do: ``stop``, ``skip`` or ``restore``.
    """

    def __init__(self, folder: str | Path, action: Action = "stop") -> None:
        self.folder = Path(folder)
        self.action = action
        # What has not been looked at yet: step, kind, and value on the device.
        self._seen: list[tuple[int, int, Tensor]] = []
        # Batches since the last look at weights.
        self._batches = 0
        self._buffers: list[Tensor] = []
        self._skipped = 0
        self._restored = 0

    @property
    def last(self) -> Path:
        """The last checkpoint, in which everything is finite."""
        return self.folder / "checkpoints" / "last.ckpt"

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Keep the buffers, which a forward pass changes, where a step may be left out."""
        if self.action == "skip":
            self._buffers = [buffer.clone() for buffer in pl_module.buffers()]

    def on_before_backward(
        self, trainer: Trainer, pl_module: LightningModule, loss: Tensor
    ) -> None:
        """Note a loss: of the step, or of one of its optimisers."""
        self._seen.append((trainer.global_step, _LOSS, loss.detach()))

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Leave out a step whose loss or gradients are not finite, if that is asked for."""
        skips = self.action == "skip"
        # Steps keep in the weights what is not finite in the gradients, unless it is cut off.
        if not skips and trainer.gradient_clip_algorithm != "value":
            return
        scaled = _scaler(trainer) is not None
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        gradients = [p.grad for p in parameters if p.grad is not None]
        if gradients and not scaled:
            norm = torch.nn.utils.get_total_norm(gradients)
            self._seen.append((trainer.global_step, _GRADIENT, norm))
        if not skips:
            return
        found = self._first_seen(trainer)
        if found is None:
            self._skipped = 0
            return
        self._skip(trainer, pl_module, found)
        # A scaler has seen the gradients, and leaves out the step by itself.
        for parameter in () if scaled else parameters:
            parameter.grad = None

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look now and then."""
        self._batches += 1
        every: int = trainer.log_every_n_steps or _LOOK_EVERY  # type: ignore[attr-defined]
        if self._batches >= every:
            self.look(trainer)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at losses before a validation in the course of training."""
        if trainer.state.fn == TrainerFn.FITTING:
            self._look(trainer, self._first_seen(trainer))

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at losses at the end of an epoch."""
        self._look(trainer, self._first_seen(trainer))

    def look(self, trainer: Trainer, states: bool = False) -> None:
        """Look at losses since the last time and at weights, together with the other processes.

        Args:
            trainer: The Trainer.
            states: Look at the states of optimisers as well.

        Raises:
            DivergenceError: If something is not finite, and it cannot be helped.
        """
        found = self._first_seen(trainer)
        self._look(trainer, self._weights(trainer, states) if found is None else found)
        self._batches = 0

    def _look(self, trainer: Trainer, found: tuple[int, int] | None) -> None:
        if found is None:
            return
        may_restore = self.action == "restore" and self._restored < _MOST_RESTORED
        if not (may_restore and self.last.is_file()):
            raise self._error(trainer, *found)
        self._restore(trainer, *found)

    def explain(self, trainer: Trainer) -> DivergenceError | None:
        """Return what is not finite, where a training has failed of something else meanwhile."""
        for step, kind, value in self._seen:
            if not math.isfinite(value):
                return self._error(trainer, step, kind)
        if name_not_finite({"state_dict": trainer.lightning_module.state_dict()}) is not None:
            return self._error(trainer, trainer.global_step, _STATE)
        return None

    def _first_seen(self, trainer: Trainer) -> tuple[int, int] | None:
        """Return step and kind of the first value that is not finite in any process, and forget all."""
        first = _NEVER
        if self._seen:
            values = torch.stack([value.float() for _, _, value in self._seen]).tolist()
            for (step, kind, _), value in zip(self._seen, values, strict=True):
                if not math.isfinite(value):
                    first = len(_KINDS) * step + kind
                    break
            self._seen.clear()
        return _agreed(trainer, first)

    def _weights(self, trainer: Trainer, states: bool) -> tuple[int, int] | None:
        module, scaler, kind = trainer.lightning_module, _scaler(trainer), None
        # Weights have a norm of some thousands: most of the time this is all that is read of them.
        norm = float(torch.nn.utils.get_total_norm(list(module.parameters())))
        parts: dict[str, Any] = {"state_dict": module.state_dict()}
        if math.isfinite(norm):
            weights = {name for name, _ in module.named_parameters()}
            parts = {
                "state_dict": {n: v for n, v in parts["state_dict"].items() if n not in weights}
            }
        if states:
            # By number: the keys are the weights, whose values would be written out as names.
            states_of = [list(optimizer.state.values()) for optimizer in trainer.optimizers]
            parts |= {"optimizer_states": states_of}
        if name_not_finite(parts) is not None:
            kind = _STATE
        elif norm > _LARGEST:
            kind = _SIZE
        elif scaler is not None and scaler.get_scale() < _LEAST_SCALE:
            kind = _GRADIENT
        step = trainer.global_step
        return _agreed(trainer, _NEVER if kind is None else len(_KINDS) * step + kind)

    def _skip(self, trainer: Trainer, module: LightningModule, found: tuple[int, int]) -> None:
        self._skipped += 1
        if self._skipped > _MOST_SKIPPED:
            raise self._error(trainer, *found)
        for buffer, before in zip(module.buffers(), self._buffers, strict=True):
            buffer.copy_(before)
        _warn(f"Step {found[0]} is left out: its {_KINDS[found[1]]}.")

    def _restore(self, trainer: Trainer, step: int, kind: int) -> None:
        self._restored += 1
        checkpoint = read_checkpoint(self.last)
        module = trainer.lightning_module
        module.load_state_dict(checkpoint["state_dict"])
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            # Averages of weights are theirs.
            callback.on_load_checkpoint(trainer, module, checkpoint)
        for optimizer, saved in zip(
            trainer.optimizers, checkpoint["optimizer_states"], strict=True
        ):
            # The learning rate is that of now.
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": saved["state"], "param_groups": groups})
            optimizer.zero_grad()
        _warn(
            f"At step {step} the {_KINDS[kind]}: going on from the weights of {self.last} "
            f"(step {checkpoint['global_step']}), return {self._restored} of {_MOST_RESTORED}."
        )

    def _error(self, trainer: Trainer, step: int, kind: int) -> DivergenceError:
        """Return the sentence that a training ends with."""
        good = f"the last good checkpoint is {self.last}"
        if not self.last.is_file():
            good = "no checkpoint was saved before"
        # Weights are looked at after steps, several at a time.
        when = "by" if kind in (_STATE, _SIZE) else "at"
        automatic = trainer.lightning_module.automatic_optimization
        clip = "--trainer.gradient_clip_val" if automatic else "--model.clip"
        what = (
            f"training diverged: {when} step {step} (epoch {trainer.current_epoch}) the "
            f"{_KINDS[kind]}, {good}"
        )
        again = clip
        if str(trainer.precision) != "32-true":
            again += " or --trainer.precision 32-true"
        remedy = f"go on with a lower --model.lr, or begin a new run with {again}."
        if not self.last.is_file():
            remedy = f"begin again with a lower --model.lr, or with {again}."
        return DivergenceError(what, self.folder, remedy)


def _scaler(trainer: Trainer) -> torch.amp.GradScaler | None:
    return getattr(trainer.precision_plugin, "scaler", None)


def _agreed(trainer: Trainer, first: int) -> tuple[int, int] | None:
    """Return the first of all processes, as step and kind, or None where nothing was found."""
    if trainer.world_size > 1:
        own = torch.tensor(first, device=trainer.strategy.root_device)
        first = int(trainer.strategy.reduce(own, reduce_op="min"))
    return None if first == _NEVER else divmod(first, len(_KINDS))


def look(trainer: Trainer) -> None:
    """Let a training look at itself before something of it is saved."""
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, Divergence):
            callback.look(trainer, states=True)


def divergence_of(trainer: Trainer) -> DivergenceError | None:
    """Return what is not finite in a training that has failed, or None."""
    watchers = (c for c in trainer.callbacks if isinstance(c, Divergence))  # type: ignore[attr-defined]
    watcher = next(watchers, None) if trainer.state.fn == TrainerFn.FITTING else None
    return None if watcher is None else watcher.explain(trainer)
