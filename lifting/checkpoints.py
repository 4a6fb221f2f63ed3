"""Checkpoint files of this suite: reading them safely, their bytes and their digests."""

import hashlib
import io
import math
import pickle
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lifting.containers.limits import check_values
from lifting.containers.torch_files import load_torch
from lifting.errors import CheckpointError, InputError
from lifting.files import beside, sha256
from lifting.models import resolve
from lifting.models.cache import cache_folder
from lifting.models.hub_folders import CONFIG, WEIGHTS, is_hub_folder, read_hub_folder
from lifting.models.resolving import no_such_model, resolve_checkpoint

# Parts of a checkpoint whose every number is finite. Scores of callbacks need not be: the best of
# nothing is infinite.
_FINITE = ("state_dict", "current_model_state", "optimizer_states")
# NaN until there are losses to compare (:mod:`lifting.methods.bases.dynamic_weight_average`).
_MAY_BE_NAN = ".history"


def read_checkpoint(name_or_path: str | Path) -> dict[str, Any]:
    """Load a checkpoint of this suite to the CPU, executing nothing it may contain.

    Args:
        name_or_path: The file, a hub folder, or what :func:`lifting.models.resolve` knows by name.

    Raises:
        CheckpointError: If the file is missing, damaged, unsafe, of another program, or holds numbers
            that are not finite.
    """
    path = resolve_checkpoint(name_or_path)
    if path.is_file():
        checkpoint = _read_file(path)
    elif is_hub_folder(path):
        checkpoint = read_hub_folder(path)
    else:
        raise no_such_model(name_or_path)
    if (name := name_not_finite(checkpoint)) is not None:
        what = f"is of a training that diverged: {name} is not finite"
        raise CheckpointError(what, path, "take another checkpoint, or train it again.")
    return checkpoint


def _read_file(path: Path) -> dict[str, Any]:
    try:
        checkpoint = load_torch(path)
        check_values(checkpoint, path)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            "refused, because it holds more than tensors and plain values",
            path,
            "get it from a source that provides a plain checkpoint, or import published weights "
            "(`lifting import`).",
        ) from error
    except InputError as error:
        raise CheckpointError(error.what, path, "get or train it again.") from error
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("lifting"), dict):
        raise CheckpointError(
            "not a checkpoint of this suite", path, "import it first (`lifting import`)."
        )
    return checkpoint


def by_name(checkpoint: Mapping[str, Any], part: str) -> dict[str, Any]:
    """Return what a checkpoint holds by name, such as its options in ``hyper_parameters``.

    Raises:
        CheckpointError: If there is no such part.
    """
    content = checkpoint.get(part)
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise CheckpointError(f"lacks its {part}", remedy="get or train it again.")
    return content


def checkpoint_file(name_or_path: str | Path) -> Path:
    """Return a file that a Trainer reads: the checkpoint, or what a hub folder holds, as one.

    That of a hub folder lies in the cache, by its content.

    Raises:
        InputError: If there is no such model, or the cache cannot be written.
    """
    path = resolve_checkpoint(name_or_path)
    if not is_hub_folder(path):
        return path
    digests = [file_digest(path / name) for name in (CONFIG, WEIGHTS) if (path / name).is_file()]
    key = hashlib.sha256("".join(digests).encode()).hexdigest()
    target = cache_folder() / "checkpoints" / f"{key}.ckpt"
    if not target.is_file():
        # What Lightning asks of every checkpoint, besides what the method reads.
        trainer = {"epoch": 0, "global_step": 0, "pytorch-lightning_version": version("lightning")}
        with beside(target, make_folder=True) as partial:
            partial.write_bytes(checkpoint_bytes(trainer | read_checkpoint(path)))
    return target


def name_not_finite(checkpoint: Mapping[str, Any]) -> str | None:
    """Return the name of a weight or a state of an optimiser that is not finite, or None.

    Args:
        checkpoint: A checkpoint, or parts of it, with tensors of any device.
    """
    parts = ((name, checkpoint.get(name, {})) for name in _FINITE)
    tensors = {name: tensor for part in parts for name, tensor in _tensors(*part)}
    # A norm of all is quick to take. It overflows before they do: then each is looked at.
    if math.isfinite(torch.nn.utils.get_total_norm(list(tensors.values()))):
        return None
    return next((n for n, tensor in tensors.items() if not torch.isfinite(tensor).all()), None)


def _tensors(name: str, content: Any) -> Iterator[tuple[str, Tensor]]:
    """Yield the floating-point tensors in nested dictionaries and lists, with their names."""
    if isinstance(content, Tensor):
        if content.is_floating_point() and not name.endswith(_MAY_BE_NAN):
            yield name.removeprefix("state_dict."), content.detach()
    elif isinstance(content, Mapping):
        for key, value in content.items():
            yield from _tensors(f"{name}.{key}", value)
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from _tensors(f"{name}.{index}", value)


def checkpoint_bytes(content: Any) -> bytes:
    """Return the bytes of a file that :func:`torch.save` writes."""
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def file_digest(name_or_path: str | Path) -> str:
    """Return the SHA-256 of a file; of a hub folder, or of a name for one, that of the weights."""
    path = resolve(name_or_path)
    return sha256(path / WEIGHTS if path.is_dir() else path)
