"""Checkpoint files of this suite: reading them safely, their bytes and their digests."""

import hashlib
import io
import pickle
from pathlib import Path
from typing import Any

import torch

from lifting.errors import InputError


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Load a checkpoint of this suite to the CPU, executing nothing it may contain.

    Raises:
        InputError: If the file is missing, damaged, unsafe or of another program.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: there is no such checkpoint; check the path.")
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise InputError(
            f"{path}: refused, because it holds more than tensors and plain values; "
            "get it from a source that provides a plain checkpoint, or import published weights "
            "(scripts/import_weights.py)."
        ) from None
    except (RuntimeError, EOFError, ValueError, KeyError):
        raise InputError(f"{path}: truncated or not a checkpoint; get or train it again.") from None
    if not isinstance(checkpoint, dict) or "lifting" not in checkpoint:
        raise InputError(
            f"{path}: not a checkpoint of this suite; import it first (scripts/import_weights.py)."
        )
    return checkpoint


def saved(content: Any) -> bytes:
    """Return what torch saves of something."""
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
