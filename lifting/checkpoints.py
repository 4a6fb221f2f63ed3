"""Checkpoint files of this suite: reading them safely, their bytes and their digests."""

import hashlib
import io
import pickle
from pathlib import Path
from typing import Any

import torch

from lifting.errors import CheckpointError


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Load a checkpoint of this suite to the CPU, executing nothing it may contain.

    Raises:
        CheckpointError: If the file is missing, damaged, unsafe or of another program.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError("there is no such checkpoint", path, "check the path.")
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            "refused, because it holds more than tensors and plain values",
            path,
            "get it from a source that provides a plain checkpoint, or import published weights "
            "(`lifting import`).",
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        raise CheckpointError(
            "truncated or not a checkpoint", path, "get or train it again."
        ) from error
    if not isinstance(checkpoint, dict) or "lifting" not in checkpoint:
        raise CheckpointError(
            "not a checkpoint of this suite", path, "import it first (`lifting import`)."
        )
    return checkpoint


def checkpoint_bytes(content: Any) -> bytes:
    """Return the bytes of a file that :func:`torch.save` writes."""
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
