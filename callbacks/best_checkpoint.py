"""Checkpoint of the best epoch, in a folder that may be moved."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor

from callbacks.divergence import look
from callbacks.saving import write_whole
from lifting.errors import InputError, Option, Phrase, did_you_mean

_PATHS = ("best_model_path", "kth_best_model_path", "last_model_path")


class BestCheckpoint(ModelCheckpoint):
    """Lightning's checkpoint of the best epoch, whose state is that of its folder, wherever it lies.

    Lightning's keeps absolute paths, and forgets its scores where a run has been moved, so that the next
    epoch would be the best. This one names files from its folder, and knows the state of both. A file
    that is not there any more, as in a run that goes on from another one's checkpoint, is no best. A
    score that is not finite is none either, and a training that has diverged is not saved.
    """

    @property
    def state_key(self) -> str:
        """The key of Lightning's own, under which earlier versions kept their state."""
        return super().state_key.replace(type(self).__qualname__, "ModelCheckpoint", 1)

    def state_dict(self) -> dict[str, Any]:
        """Return the scores, and the files by their names in the folder."""
        state = super().state_dict()
        folder = state.pop("dirpath")
        return _renamed(state, lambda name: os.path.relpath(name, folder))

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the scores of the files that are there, from this or any earlier folder."""
        state = dict(state_dict)
        # Earlier versions kept it, and names below it.
        before = state.pop("dirpath", None)
        folder = str(self.dirpath)
        state = _renamed(state, lambda name: os.path.join(folder, _name_in(before, name)))
        for key in _PATHS:
            if not Path(state[key]).is_file():
                state[key] = ""
        files = {
            path: score for path, score in state["best_k_models"].items() if os.path.isfile(path)
        }
        if len(files) < len(state["best_k_models"]):
            # As one that has yet to find its worst; the best is that of those that are left.
            state |= {"kth_best_model_path": "", "kth_value": self.kth_value}
            choose = min if self.mode == "min" else max
            best = choose(files, key=lambda path: float(files[path]), default="")
            state |= {"best_model_path": best, "best_model_score": files.get(best)}
        super().load_state_dict(state | {"best_k_models": files})

    def check_monitor_top_k(self, trainer: Trainer, current: Tensor | None = None) -> bool:
        """Return whether a score is among the best, which one that is not finite never is."""
        if current is not None:
            finite = bool(torch.isfinite(current))
            if not trainer.strategy.reduce_boolean_decision(finite):
                return False
        return super().check_monitor_top_k(trainer, current)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save the end of a training that nothing is monitored of, wherever in an epoch it is."""
        super().on_train_end(trainer, pl_module)
        saved = self._last_global_step_saved == trainer.global_step
        if self.monitor is None and not saved and not trainer.fast_dev_run:  # type: ignore[attr-defined]
            self._save_topk_checkpoint(trainer, self._monitor_candidates(trainer))

    def _save_topk_checkpoint(
        self, trainer: Trainer, monitor_candidates: dict[str, Tensor]
    ) -> None:
        measured = [name for name in monitor_candidates if name.startswith("val/")]
        if self.monitor is not None and measured and self.monitor not in monitor_candidates:
            what = Phrase("{} is {}, which is not measured", Option("best.monitor"), self.monitor)
            meant = did_you_mean(self.monitor, measured)
            raise InputError(what, remedy=meant or f"give one of {', '.join(measured)}.")
        super()._save_topk_checkpoint(trainer, monitor_candidates)

    def _save_checkpoint(self, trainer: Trainer, filepath: str) -> None:
        look(trainer)
        write_whole(trainer)
        super()._save_checkpoint(trainer, filepath)


def _renamed(state: dict[str, Any], rename: Callable[[str], str]) -> dict[str, Any]:
    """Return a state with its paths renamed, but for those of no file."""
    paths = {key: rename(state[key]) if state[key] else "" for key in _PATHS}
    models = {rename(path): score for path, score in state["best_k_models"].items()}
    return state | paths | {"best_k_models": models}


def _name_in(folder: str | None, path: str) -> str:
    """Return the name of a file in its folder, where it is not that already."""
    if not os.path.isabs(path):
        return path
    inside = folder is not None and Path(path).is_relative_to(folder)
    return os.path.relpath(path, folder) if inside else os.path.basename(path)
