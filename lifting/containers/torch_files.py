"""Files of PyTorch: tensors and plain values, whole, and no larger than what lies on the disk."""

import io
import pickle
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lifting.containers.limits import check_unpacked
from lifting.containers.paths import existing_file
from lifting.containers.python2_pickles import translate_python2
from lifting.errors import InputError

_ZIP = b"PK\x03\x04"
_AGAIN = "get it again."


class TensorError(InputError):
    """A file is whole, and holds a tensor that is not of numbers in memory."""


def load_torch(path: str | Path, stand_ins: Sequence[Any] = ()) -> Any:
    """Load what :func:`torch.save` wrote to the CPU, executing nothing it may contain.

    Files that Python 2 wrote are read as well.

    Args:
        path: The file.
        stand_ins: Callables besides those that tensors need, as
            :func:`torch.serialization.safe_globals` takes them.

    Raises:
        InputError: If the file is missing, damaged, or unpacks to too much.
        pickle.UnpicklingError: If it asks for something else.
    """
    path = existing_file(path)
    if not _is_whole(path):
        raise InputError("truncated or damaged", path, _AGAIN)
    try:
        allowed = torch.serialization.safe_globals(list(stand_ins))
        with allowed, warnings.catch_warnings(action="ignore"):
            content = _load(path)
    except pickle.UnpicklingError:
        raise
    except Exception as cause:  # There is hardly an error that a damaged file cannot cause.
        raise InputError("truncated or damaged", path, _AGAIN) from cause
    check_tensors(content, path)
    return content


def _load(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # Among them what opcodes and strings of Python 2 cause.
        translated = _translated(path)
        if translated is None:
            raise
    return torch.load(io.BytesIO(translated), map_location="cpu", weights_only=True)


def _translated(path: Path) -> bytes | None:
    data = path.read_bytes()
    if data.startswith(_ZIP):
        return None
    try:
        return translate_python2(data)
    except Exception:  # As above: there is hardly an error that a damaged file cannot cause.
        return None


def check_tensors(content: Any, path: Path) -> None:
    """Refuse tensors that are not of numbers in memory, and those that repeat a few without end.

    Raises:
        TensorError: If there is one of the first kind.
        LimitError: If there are such as the second.
    """
    size, seen, waiting = 0, set(), [content]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Tensor):
            if each.layout is not torch.strided or each.device.type != "cpu" or each.is_quantized:
                raise TensorError("holds a tensor that is none of plain numbers", path, _AGAIN)
            size += each.numel() * each.element_size()
        elif isinstance(each, dict | list | tuple) and id(each) not in seen:
            seen.add(id(each))
            waiting.extend(each.values() if isinstance(each, dict) else each)
    check_unpacked(size, path)


def _is_whole(path: Path) -> bool:
    """Return whether a file that begins as an archive is as it was written, by its check sums.

    PyTorch compares few of them, and would load tensors that have changed on the disk.
    """
    with path.open("rb") as stream:
        if stream.read(len(_ZIP)) != _ZIP:
            return True  # PyTorch knows what it is.
    try:
        with zipfile.ZipFile(path) as archive:
            # PyTorch packs nothing, and reads what is packed all the same.
            check_unpacked(sum(info.file_size for info in archive.infolist()), path)
            return archive.testzip() is None
    except InputError:
        raise
    except Exception:  # As above.
        return False
