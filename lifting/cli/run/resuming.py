"""Resumption of a training: what its checkpoint says of it, against what it is to go on with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning import LightningDataModule, Trainer

from lifting.checkpoints import file_digest
from lifting.errors import InputError
from lifting.runs.folder import checkpoint_to_go_on, known_config, known_provenance
from lifting.runs.options import differences, flat, method_of, option_text
from lifting.runs.resumption import Class, class_of, compare, kept, refusal, refused

# Names of what :mod:`callbacks` keeps in a checkpoint.
_RECORD, _GENERATORS = "Provenance", "RNGState"
_DIGITS = 10
# Stages that a resumed training does not read again.
_READ_ONCE = ("model.start_from", "model.weights")


class Resumption:
    """A training that goes on from a checkpoint, whose options are compared before anything is written.

    Args:
        checkpoint: Path of the checkpoint.
        content: What it holds.
        folder: Folder of the run that goes on.
        options: All options of the command, see :func:`lifting.runs.options.flat`.

    Attributes:
        reapplied: Options that differ and take effect.
        changes: These, and those that differ from the configuration in the run's folder.

    Raises:
        InputError: If an option differs that a run keeps, or it is asked for less than is done.
    """

    def __init__(
        self, checkpoint: Path, content: Mapping[str, Any], folder: Path, options: dict[str, Any]
    ) -> None:
        self.checkpoint = checkpoint
        beside = checkpoint.parent.parent if checkpoint.parent.name == "checkpoints" else None
        record = content.get("callbacks", {}).get(_RECORD) or {}
        before = record.get("options") or _options_before(content, beside)
        self._processes = record.get("processes") or _processes_before(content)
        self._data = record.get("data") or _data_before(beside)
        _check_length(checkpoint, content, options)
        self.reapplied = compare(before, kept(options), checkpoint)
        self._check_stages(content, options)
        self.changes = dict(self.reapplied)
        if config := known_config(folder):
            configured = flat(config)
            elsewhere = beside is None or beside.resolve() != folder.resolve()
            if elsewhere and checkpoint_to_go_on(folder) is not None:
                _check_other(folder, refused(kept(configured), kept(options)))
            free = differences(configured, options)
            self.changes = {n: c for n, c in free.items() if "." in n} | self.reapplied

    def _check_stages(self, content: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        """Refuse other checkpoints of earlier stages than those the run was trained with."""
        given = {n: v for n, v in options.items() if class_of(n, "") is Class.BY_CONTENT}
        hyper_parameters = flat({"model": dict(content.get("hyper_parameters", {}))})
        for option, before in (content.get("frozen") or {}).items():
            name = f"model.{option}"
            path = given.get(name)
            if not path or (name in _READ_ONCE and path == hyper_parameters.get(name)):
                continue
            try:
                now = file_digest(path)
            except (InputError, OSError):
                now = "missing"
            if now != before:
                what = f"another --{name} than {path} {_digests(before, now)}"
                raise refusal([what], self.checkpoint)

    def check(self, trainer: Trainer, data: LightningDataModule) -> None:
        """Refuse another number of processes, or other data, before the Trainer begins.

        Raises:
            InputError: If they are others.
        """
        now = trainer.world_size
        if self._processes and self._processes != now:
            counts = f"{self._processes} process{'es' if self._processes > 1 else ''}, not {now}"
            raise refusal([f"{counts} (--trainer.devices, --trainer.num_nodes)"], self.checkpoint)
        if not self._data:
            return
        # In every process: those of a job do not wait for each other before the Trainer begins, but
        # data are made by one of them, see lifting.files.turns.
        data.prepare_data()
        data.setup("fit")
        fingerprint: dict[str, str] = getattr(data, "fingerprint", {})
        differing = [
            f"another {name} {_digests(digest, fingerprint.get(name, 'missing'))}"
            for name, digest in self._data.items()
            if digest not in fingerprint.values()
        ]
        if differing:
            raise refusal(differing, self.checkpoint)


def _check_other(folder: Path, differing: list[str]) -> None:
    """Refuse to go on with a checkpoint from elsewhere in the folder of another run."""
    if differing:
        what = f"holds a run that was trained with {differing[0]}"
        raise InputError(what, folder, "choose another --run.")


def _digests(before: str, now: str) -> str:
    return f"(SHA-256 {before[:_DIGITS]}, not {now[:_DIGITS]})"


def _check_length(path: Path, content: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Refuse a training that is to be shorter than it is."""
    loop = content.get("loops", {}).get("fit_loop", {}).get("epoch_progress", {})
    epochs = loop.get("current", {}).get("processed", content.get("epoch", 0))
    for unit, done in (("epochs", epochs), ("steps", content.get("global_step", 0))):
        limit = options.get(f"trainer.max_{unit}")
        if limit is not None and 0 <= limit < done:
            what = f"has done {done} {unit} already, and max_{unit}={limit}"
            remedy = f"give more with --trainer.max_{unit}, or test it as it is."
            raise InputError(what, path, remedy)


def _options_before(content: Mapping[str, Any], folder: Path | None) -> dict[str, Any]:
    """Return the options of a checkpoint that does not keep them: those of its run's folder.

    Those of the method are in every checkpoint; a configuration may have been overwritten since.
    """
    options = flat(known_config(folder))
    model = {n: v for n, v in content.get("hyper_parameters", {}).items() if n[0] != "_"}
    own = flat({"model": model})
    if not method_of(options):
        options["model"] = content["lifting"]["method"]
    before = kept(options | own)
    # A name alone is compared where the class path is not known.
    if "." not in option_text(before["model"]):
        del before["model"]
    return before


def _processes_before(content: Mapping[str, Any]) -> int:
    """Return the number of processes by their generators; 0 where it is not known."""
    return len(content.get("callbacks", {}).get(_GENERATORS, {}).get("ranks", ()))


def _data_before(folder: Path | None) -> dict[str, str]:
    """Return the digests of the data that the last training in a folder read, by name."""
    trained = [entry for entry in known_provenance(folder) if entry["stage"] == "fit"]
    return (trained[-1].get("data") or {}) if trained else {}
