"""Reading checkpoints of this suite, and taking trained stages from them."""

import hashlib
import io
import pickle
from collections.abc import Iterator
from inspect import isabstract
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from lifting.errors import InputError

if TYPE_CHECKING:
    from lifting.methods.base import Method

Trained = TypeVar("Trained", bound="Method")


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


def subclasses(kind: type[Trained]) -> Iterator[type[Trained]]:
    """Yield a class of methods and all that build on it, also those of other packages."""
    # Whatever method a checkpoint is of, it must have been imported.
    import lifting.methods  # noqa: F401

    yield kind
    for subclass in kind.__subclasses__():
        yield from subclasses(subclass)


def load_frozen(path: str | Path, kind: type[Trained], **changed: Any) -> Trained:
    """Load a trained method for use inside another, in evaluation mode and without gradients.

    Args:
        path: The checkpoint.
        kind: The method it must be of, or a base class of it.
        **changed: Options to set otherwise than in training.

    Raises:
        InputError: If the file is no checkpoint of that method.
    """
    checkpoint = read_checkpoint(path)
    identity = checkpoint["lifting"]
    name = identity.get("method") if isinstance(identity, dict) else None
    found = next((k for k in subclasses(kind) if k.__name__ == name), None)
    if found is None:
        kinds = [k.__name__ for k in subclasses(kind) if not isabstract(k)]
        needed = f"a {kind.__name__}" if len(kinds) == 1 else f"one of {', '.join(sorted(kinds))}"
        raise InputError(f"{path}: is of a {name}, here {needed} is needed; name another.")
    try:
        # Lightning's command line notes the class beside the options.
        options = {k: v for k, v in checkpoint["hyper_parameters"].items() if k[0] != "_"}
        method = found(**options | changed)
        method.load_state_dict(checkpoint["state_dict"])
        method.recall(checkpoint)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (KeyError, TypeError, AttributeError):
        raise InputError(
            f"{path}: its options are not those of a {name} of this version; get or train it again."
        ) from None
    return method.eval().requires_grad_(False)
