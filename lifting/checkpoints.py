"""Reading checkpoints of this suite."""

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
            "get it from a source that provides a plain checkpoint."
        ) from None
    except (RuntimeError, EOFError, ValueError, KeyError):
        raise InputError(f"{path}: truncated or not a checkpoint; get or train it again.") from None
    if not isinstance(checkpoint, dict) or "lifting" not in checkpoint:
        raise InputError(f"{path}: not a checkpoint of this suite; import it first.")
    return checkpoint
