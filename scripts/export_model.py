"""Export a trained lifter or detector for programs that are not this suite.

python scripts/export_model.py runs/sb_gt/checkpoints/best.ckpt sb_gt.onnx   # numpy and onnxruntime
python scripts/export_model.py runs/sb_gt/checkpoints/best.ckpt sb_gt.pt2    # torch.export
python scripts/export_model.py runs/sb_gt/checkpoints/best.ckpt sb_gt        # folder of a model hub
"""

from pathlib import Path
from typing import Any

import yaml
from jsonargparse import auto_cli

from datamodules.store.clips import ClipStore
from lifting.errors import InputError, guarded
from lifting.export import export_model, push_to_hub, to_hub


def licence_of_data(checkpoint: str) -> str | None:
    """Return the condition that the store of a checkpoint's run is under, if it is there."""
    config = Path(checkpoint).parent.parent / "config.yaml"
    if not config.is_file():
        return None
    content: Any = yaml.safe_load(config.read_text())
    try:
        store = Path(content["data"]["init_args"]["store"])
    except (KeyError, TypeError):
        return None
    if not store.is_file():
        return None
    with ClipStore(store) as opened:
        return opened.info.licence


def export(
    checkpoint: str,
    out: str,
    one_window: bool = False,
    crop: tuple[int, int] = (192, 256),
    licence: str | None = None,
    push: str | None = None,
) -> None:
    """Write what a checkpoint holds for other programs, after it was compared with the method.

    Args:
        checkpoint: The checkpoint of a lifter or a detector.
        out: What to write: a name that ends in .onnx or .pt2, or the folder of a model hub.
        one_window: Take windows of exactly as many frames as the method sees, also where it could slide
            over longer sequences; convolutions are several times faster on single windows.
        crop: Width and height of a detector's crops.
        licence: The condition of the training data, for the model card; that of the run's store where
            not given.
        push: Also upload the folder, to this user/name of the Hugging Face hub.
    """
    folder = not Path(out).suffix
    if not folder and (push or licence):
        option = "push" if push else "licence"
        raise InputError(f"--{option} belongs to a folder of a hub, but {out} is a file: leave it.")
    if not folder:
        print(export_model(checkpoint, out, one_window, crop))
        return
    print(to_hub(checkpoint, out, licence or licence_of_data(checkpoint)))
    if push is not None:
        print(push_to_hub(out, push))


if __name__ == "__main__":
    guarded(lambda: auto_cli(export))
