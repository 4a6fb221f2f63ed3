"""Reader of published weights: tensors by name, and nothing executed.

Besides tensors, old files carry what a training loop left behind, such as the state of numpy's random
numbers, arrays of statistics and objects with the options. Each callable of numpy's that those ask for
is replaced by one that does nothing but keep what it is given, and so is each class of theirs.
"""

import pickle
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lifting.containers.arrays import load_npz
from lifting.containers.limits import LimitError
from lifting.containers.pickles import array_of_state
from lifting.containers.torch_files import TensorError, load_torch
from lifting.errors import InputError, located
from lifting.models import is_named, resolve

# Keys under which a file may keep its network; otherwise it is the network itself.
NETWORKS = ("model_pos", "state_dict", "model")
# VideoPose3D's second network, which keeps this prefix here.
TRAJECTORY = "model_traj"
# Networks that lie side by side in the files of 3d-human-pose; their names are prefixes here.
SEVERAL = ("model_G", "model_G_pose", "model_G_root", "model_D")
# Classes of their own that a file may have objects of.
_MOST_CLASSES = 8
# Prefix of every name after DataParallel.
_PARALLEL = "module."
_AGAIN = "get the file again."


class _Inert:
    """Stands in for whatever lies in the file beside its tensors, and keeps what it is given."""

    state: Any = None

    def __init__(self, *arguments: object) -> None:
        self.arguments = arguments

    def __setstate__(self, state: object) -> None:
        self.state = state


class _Foreign(_Inert):
    """Stands in for an object of a class that is not here; nothing of it may be called."""

    name = ""

    def __init__(self, *_: object) -> None:
        raise pickle.UnpicklingError(f"GLOBAL {self.name}")


class PublishedArrays(Mapping[str, NDArray[Any]]):
    """The arrays of numpy's in a file, each of which is made, and checked, when it is asked for."""

    def __init__(self, kept: Mapping[str, _Inert]) -> None:
        self._kept = kept

    def __getitem__(self, name: str) -> NDArray[Any]:
        kept = self._kept[name]
        try:
            dtype = kept.state[2]
            return array_of_state(kept.state, dtype.arguments, dtype.state)
        except Exception as cause:  # There is hardly an error that a damaged file cannot cause.
            raise InputError(f"{name} is no array of numbers", remedy=_AGAIN) from cause

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


# All that random states, arrays and numbers of numpy are made of, under its historic names.
_BESIDE_TENSORS = [
    "_codecs.encode",
    "numpy.ndarray",
    "numpy.dtype",
    "numpy.random.__RandomState_ctor",
    "numpy.random.mtrand.__RandomState_ctor",
    "numpy.random._pickle.__randomstate_ctor",
    "numpy.random._pickle.__generator_ctor",
    "numpy.random._pickle.__bit_generator_ctor",
    "numpy.random._mt19937.MT19937",
    "numpy.random._pcg64.PCG64",
    "numpy.random.bit_generator.SeedSequence",
    "numpy.random.bit_generator.__pyx_unpickle_SeedSequence",
    *(
        f"{core}.{name}"
        for core in ("numpy.core.multiarray", "numpy._core.multiarray")
        for name in ("_reconstruct", "scalar")
    ),
]


@dataclass(frozen=True)
class PublishedFile:
    """Contents of a published file.

    Attributes:
        path: The file.
        tensors: Those of the network, by their name in it; where there are several networks, such as
            VideoPose3D's of the trajectory, the others' keys stand before their names.
        names: Their full names in the file.
        others: Everything else in the file, by name: a description.
        arrays: Arrays of numpy's beside the network, by name, such as ``stat_2d.mean``; whatever else
            of numpy's lies there is named as well, and refused where it is asked for.
    """

    path: Path
    tensors: dict[str, Tensor]
    names: dict[str, str]
    others: dict[str, str]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def read_published(path: str | Path) -> PublishedFile:
    """Read the weights of a ``.pt``, ``.pth``, ``.bin`` or ``.npz`` file, or a name for one, to the CPU.

    Raises:
        InputError: If the file is missing, damaged, asks to run something or holds no network.
    """
    path = resolve(path) if is_named(path) else Path(path)
    if not path.is_file():
        raise InputError("there is no such file", path, "check the path.")
    with located(path):
        return _published(path, _load(path))


def _published(path: Path, tree: Any) -> PublishedFile:
    if not isinstance(tree, dict):
        what = f"holds a {type(tree).__name__}, not weights by their names"
        raise InputError(what, remedy="save the network's state_dict().")
    key = next((k for k in NETWORKS if isinstance(tree.get(k), dict)), None)
    prefixed = SEVERAL if key is None else (TRAJECTORY,)
    others: dict[str | None, Any] = {k: tree[k] for k in prefixed if isinstance(tree.get(k), dict)}
    alone = key is not None or not others
    networks = ({key: tree if key is None else tree[key]} if alone else {}) | others
    tensors, names = {}, {}
    for network_key, network in networks.items():
        prefix = f"{network_key}." if network_key in others else ""
        where = "" if network_key is None else f"{network_key}."
        parallel = all(str(name).startswith(_PARALLEL) for name in network)
        for name, tensor in network.items():
            if not str(name).isprintable():
                raise InputError("has a tensor without a legible name", remedy=_AGAIN)
            _check(tensor, f"{where}{name}")
            short = prefix + str(name)[len(_PARALLEL) if parallel else 0 :]
            tensors[short] = tensor.detach()
            names[short] = f"{where}{name}"
    if not tensors:
        what = f"holds no network, neither by itself nor under {', '.join(NETWORKS)}"
        raise InputError(what, remedy="name another file.")
    beside = {} if None in networks else {k: v for k, v in tree.items() if k not in networks}
    arrays = PublishedArrays(dict(_arrays(beside, "", set())))
    return PublishedFile(path, tensors, names, dict(_describe(beside, "", 0, set())), arrays)


def _load(path: Path) -> Any:
    try:
        if _is_npz(path):
            arrays = load_npz(path)
            return {name: torch.from_numpy(np.ascontiguousarray(x)) for name, x in arrays.items()}
        return _load_torch(path)
    except pickle.UnpicklingError as error:
        callee = _callee(error)
        content = f"asks to run '{callee}'" if callee else "holds more than tensors and values"
        what = f"refused, because it {content}, which weights have no need of"
        raise InputError(what, remedy="get the file from its authors again.") from error
    except (LimitError, TensorError) as error:
        # The path is told once, by whoever asked.
        raise type(error)(error.what, remedy=error.remedy) from error
    except Exception as cause:  # There is hardly an error that a damaged file cannot cause.
        raise InputError("damaged or no file of weights", remedy=_AGAIN) from cause


def _load_torch(path: Path) -> Any:
    known: list[tuple[type[_Inert], str]] = [(_Inert, name) for name in _BESIDE_TENSORS]
    for _ in range(_MOST_CLASSES):
        try:
            return load_torch(path, known)
        except pickle.UnpicklingError as error:
            name = _callee(error)
            if name is None or name in (there for _, there in known):
                raise
        known.append((type("_Foreign", (_Foreign,), {"name": name}), name))
    return load_torch(path, known)


def _callee(error: pickle.UnpicklingError) -> str | None:
    """Return what a file asks for, by the words of the unpickler."""
    found = re.search(r"GLOBAL ([\w.]+)", str(error))
    return found[1] if found else None


def _is_npz(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return all(name.endswith(".npy") for name in archive.namelist())


def _check(value: Any, name: str) -> None:
    """Refuse all but ordinary tensors of finite numbers, which have room for what they say they hold."""
    if not isinstance(value, Tensor):
        what = f"{name} is a {type(value).__name__}, not a tensor"
        raise InputError(what, remedy="save the network's state_dict() by itself.")
    plain = (
        value.layout is torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
        and (value.is_floating_point() or value.dtype == torch.int64)
        and value.numel() > 0
        and value.numel() * value.element_size() <= value.untyped_storage().nbytes()
    )
    if not plain:
        raise InputError(f"tensor {name} is not an ordinary one of numbers", remedy=_AGAIN)
    if not value.isfinite().all():
        raise InputError(f"tensor {name} holds values that are not finite", remedy=_AGAIN)


def _describe(tree: Any, name: str, depth: int, seen: set[int]) -> Iterator[tuple[str, str]]:
    """Yield the name of every tensor and of every plain value at the top, and what it is."""
    if isinstance(tree, Tensor):
        yield name, f"tensor {tuple(tree.shape)}"
    elif isinstance(tree, (dict, list, tuple)):
        # A container may be in several places, or in itself.
        if id(tree) in seen:
            return
        seen.add(id(tree))
        items = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, value in items:
            part = str(key) if str(key).isprintable() else repr(key)
            yield from _describe(value, f"{name}.{part}" if name else part, depth + 1, seen)
    elif depth == 1 and isinstance(tree, _Foreign):
        yield name, f"an object of {tree.name}"
    elif depth == 1:
        yield name, "numpy's" if isinstance(tree, _Inert) else repr(tree)[:60]


def _arrays(tree: Any, name: str, seen: set[int]) -> Iterator[tuple[str, _Inert]]:
    """Yield what may be an array of numpy's, in dictionaries, by name."""
    if isinstance(tree, dict) and id(tree) not in seen:
        seen.add(id(tree))
        for key, value in tree.items():
            yield from _arrays(value, f"{name}.{key}" if name else str(key), seen)
    elif type(tree) is _Inert:
        yield name, tree
