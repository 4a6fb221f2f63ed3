"""Export of a checkpoint as an ONNX model, a program of torch.export or a folder of a model hub."""

import json
from collections.abc import Sequence
from pathlib import Path

from lifting.errors import InputError
from lifting.export import onnx, program
from lifting.export.hub import to_hub
from lifting.export.parity import LIMIT, parity
from lifting.export.wrapping import CROP, load_exportable, metadata
from lifting.files import refuse_existing, write_together


def export_model(
    checkpoint: str | Path, out: str | Path, one_window: bool = False, crop: Sequence[int] = CROP
) -> str:
    """Write a trained lifter or detector for other programs, after a comparison with it.

    Args:
        checkpoint: The checkpoint.
        out: The ``.onnx`` or ``.pt2`` to write, or a folder of a model hub, whose name has no ending.
        one_window: Take windows of exactly as many frames as the method sees.
        crop: Width and height of a detector's crops.

    Returns:
        What was written, and how far it is from the method.

    Raises:
        InputError: If there is nothing to export, nowhere to write, or the export computes something
            else.
    """
    out = Path(out)
    if out.suffix not in (".onnx", ".pt2", ""):
        remedy = "give a name that ends in .onnx or .pt2, or a folder."
        raise InputError("is of no known format", out, remedy)
    refuse_existing([out])
    if out.suffix == ".onnx":
        onnx.check_installed()
    if not out.suffix:
        return to_hub(checkpoint, out)
    model = load_exportable(checkpoint, one_window, crop)
    facts = metadata(model, checkpoint)
    traced = program.build_program(model)
    if out.suffix == ".onnx":
        content = onnx.saved_onnx(model, traced, facts)
        run = onnx.runner(content)
    else:
        content = program.saved_program(traced, facts)
        run = program.runner(content)
    error = parity(model, run)
    if not error <= LIMIT:
        limit = f"more than {LIMIT:.0e}, and was not written"
        what = f"its export would differ by {error:.1g} of the largest value, {limit}"
        raise InputError(what, checkpoint, "export it in the other format.")
    write_together({out: content})
    lines = [f"{out}: {facts['method']}, differs by {error:.1g} of the largest value at most"]
    for kind in ("inputs", "outputs"):
        lines += [f"  {kind[:-1]} {name}: {text}" for name, text in json.loads(facts[kind]).items()]
    return "\n".join(lines)
