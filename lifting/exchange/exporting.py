"""Export of checkpoints as the published code of their methods reads them."""

import io
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lifting import methods
from lifting.checkpoints import checkpoint_bytes, read_checkpoint
from lifting.errors import InputError, located
from lifting.exchange.detectors import export_detector_checkpoint
from lifting.files import refuse_existing, write_together
from lifting.methods.bases.checkpointed import load_frozen
from lifting.methods.bases.detector import Detector
from lifting.published.families import family_of
from lifting.published.families.base import Layout, expand
from lifting.published.reading import TRAJECTORY
from lifting.published.report import Report


def export_weights(path: str | Path, out: str | Path) -> str:
    """Write a checkpoint of this suite as the published code of its method reads it.

    Statistics, where the method has any, go to ``<out>.statistics.npz``. The report on every tensor is
    returned, and goes to ``<out>.report.txt``.

    Raises:
        InputError: If the published code could not do what the checkpoint does.
    """
    path, out = Path(path), Path(out)
    files = {kind: out.with_name(out.name + kind) for kind in (".report.txt", ".statistics.npz")}
    refuse_existing([out, *files.values()])
    checkpoint = read_checkpoint(path)
    kind = checkpoint["lifting"]["method"]
    if issubclass(getattr(methods, kind, methods.Method), Detector):
        return export_detector_checkpoint(checkpoint, path, out)
    with located(path):
        family = family_of(kind)
    method = load_frozen(path, getattr(methods, kind))
    for option, value in family.fixed(method.hparams).items():
        own_value = method.hparams[option]
        if (list(own_value) if isinstance(own_value, tuple) else own_value) != value:
            what = f"has {option} {own_value}, but the published code knows {value} only"
            raise InputError(what, path, "it would compute something else.")
    origin = checkpoint.get("published", {}).get("mark")
    layout = next((x for x in family.layouts if x.mark == origin), family.layouts[0])
    report = Report.on_file(path, kind)
    report.add_heading("exported as", f"{family.name}, {out.name}")
    tensors: dict[str, Tensor] = {}
    own = method.state_dict()
    for ours, pair in expand(layout.pairs(method.hparams), own).items():
        tensors[pair.published] = pair.to_published(own[ours]).contiguous()
        written = tensors[pair.published]
        report.add_tensor(ours, own[ours], pair.published, written, pair.reorders(written))
    if family.writes_constants:
        tensors |= family.constants(method.hparams)
    tensors |= family.unused(method.hparams)
    contents: dict[Path, bytes] = {}
    content = _arranged(tensors, layout)
    if family.statistics is not None:
        state = {name: value.numpy() for name, value in own.items()}
        statistics = family.statistics.to_arrays(state)
        where = files[".statistics.npz"]
        if family.statistics.inside:
            content |= _nested(statistics)
            where = out
        else:
            contents[where] = _npz(statistics)
        for array in statistics:
            report.add("statistics", array, where.name)
    parts = next((p for p in family.parts if {n.partition(".")[0] for n in tensors} == set(p)), ())
    for part in parts:
        path_of_part = out.with_name(f"{out.stem}.{part}{out.suffix}")
        refuse_existing([path_of_part])
        of_part = {n: x for n, x in tensors.items() if n.startswith(f"{part}.")}
        state_dict = OrderedDict((n.removeprefix(f"{part}."), x) for n, x in of_part.items())
        contents[path_of_part] = checkpoint_bytes(state_dict)
    if not parts:
        contents[out] = checkpoint_bytes(content)
    write_together({files[".report.txt"]: str(report).encode(), **contents})
    return str(report)


def _arranged(tensors: Mapping[str, Tensor], layout: Layout) -> dict[str, Any]:
    """Put tensors where the published code looks for them."""
    if layout.keys:
        return {"iteration": 0, "best_error": 0.0} | {
            key: OrderedDict(
                (name.removeprefix(f"{key}."), tensor)
                for name, tensor in tensors.items()
                if name.startswith(f"{key}.")
            )
            for key in layout.keys
        }
    prefix = "module." if layout.parallel else ""
    networks: dict[str, OrderedDict[str, Tensor]] = {"": OrderedDict(), TRAJECTORY: OrderedDict()}
    for name, tensor in tensors.items():
        network = TRAJECTORY if name.startswith(f"{TRAJECTORY}.") else ""
        networks[network][prefix + name.removeprefix(f"{TRAJECTORY}.")] = tensor
    if layout.key is None:
        return networks[""]
    training = {"epoch": 0, "lr": 0.0, "random_state": None, "optimizer": None}
    arranged = {**training, layout.key: networks[""]}
    # The official code fails on an empty trajectory network.
    return arranged | ({TRAJECTORY: networks[TRAJECTORY]} if networks[TRAJECTORY] else {})


def _nested(arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, NDArray[Any]]]:
    """Return arrays whose names have two parts, by the first and then the second."""
    nested: dict[str, dict[str, NDArray[Any]]] = {}
    for name, values in arrays.items():
        first, _, second = name.partition(".")
        nested.setdefault(first, {})[second] = values
    return nested


def _npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **dict(arrays))  # type: ignore[arg-type]
    return stream.getvalue()
