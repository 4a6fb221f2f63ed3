"""Lifters by name: the checkpoints that the app offers."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

from lifting.checkpoints import read_checkpoint
from lifting.errors import InputError
from lifting.inference.app.started import start_error
from lifting.inference.defaults import LIFTER
from lifting.inference.prediction import load_lifter
from lifting.methods.bases.checkpointed import method_named
from lifting.methods.bases.lifter import Lifter
from lifting.models import is_named, registered, resolve
from lifting.models.hub_folders import is_hub_folder
from lifting.models.resolving import is_here

# Lifters that stay in memory.
_KEPT = 4
BEST = "best.ckpt"


class Lifters:
    """Lifters by name, loaded on first use.

    Args:
        paths: Checkpoints, hub folders, names of models, and folders of runs, in which those of lifters
            are taken: the best of a run.

    Attributes:
        paths: The checkpoints, by the name of the run or of the file.

    Raises:
        InputError: If a file is no checkpoint of a lifter, or there is none.
    """

    def __init__(self, paths: Sequence[str | Path]) -> None:
        self.paths: dict[str, Path] = {}
        # Of two requests for a lifter at once the second waits: it is loaded once.
        self._lock = Lock()
        for given in paths:
            path = resolve(given, "lifter")
            if is_hub_folder(path):
                _check_lifter(path)
                self._add(path, path.parent, str(given) if is_named(given) else path.name)
            elif path.is_dir():
                for checkpoint in _lifters_in(path):
                    self._add(checkpoint, path)
            else:
                _check_lifter(path)
                self._add(path, path.parent, str(given) if is_named(given) else None)
        if not self.paths:
            names = ", ".join(map(str, paths)) or "nothing"
            raise InputError("holds no checkpoint of a lifter", names, "train one, or name others.")
        self._load = lru_cache(maxsize=_KEPT)(load_lifter)

    def _add(self, path: Path, folder: Path, own: str | None = None) -> None:
        name = str(path)
        for short in (own or _name(path, folder), path.stem):
            if short not in self.paths:
                name = short
                break
        self.paths[name] = path

    def __getitem__(self, name: str) -> Lifter:
        """Return a lifter.

        Raises:
            InputError: If there is none of that name, or it cannot be loaded any more.
        """
        if name not in self.paths:
            raise InputError(f"There is no lifter '{name}'; choose {', '.join(self.paths)}.")
        return self.load(name, self.paths[name])

    def load(self, name: str, path: str | Path) -> Lifter:
        """Return a lifter by its path or name, which need not be one of those that are offered.

        Raises:
            StartError: If it cannot be loaded.
        """
        try:
            with self._lock:
                return self._load(path)
        except InputError as error:
            raise start_error("lifter", name) from error


def models_here() -> list[str]:
    """Return the names of the lifters that are on this machine, the default one first."""
    lifters = [model for model in registered().values() if model.kind == "lifter"]
    return [LIFTER, *(m.name for m in lifters if m.name != LIFTER and is_here(m))]


def _lifters_in(folder: Path) -> list[Path]:
    """Return the checkpoints of lifters in a folder; of a run that has a best one, that one alone."""
    paths = sorted(folder.rglob("*.ckpt"))
    best = {path.parent for path in paths if path.name == BEST}
    return [p for p in paths if (p.parent not in best or p.name == BEST) and _is_lifter(p)]


def _check_lifter(path: Path) -> None:
    if not _is_lifter(path):
        raise InputError("is of a method that lifts nothing", path, "name a lifter's.")


def _is_lifter(path: Path) -> bool:
    identity = read_checkpoint(path)["lifting"]
    name = identity.get("method") if isinstance(identity, dict) else None
    return issubclass(method_named(name) or object, Lifter)


def _name(path: Path, folder: Path) -> str:
    """Return the name of a run for its best checkpoint, else that of the file."""
    if path.name == BEST and path.parent.name == "checkpoints":
        run = path.parent.parent
        inside = run.relative_to(folder).as_posix() if run.is_relative_to(folder) else "."
        return run.resolve().name if inside == "." else inside
    return path.relative_to(folder).with_suffix("").as_posix()
