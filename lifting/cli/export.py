"""The commands ``lifting export``: checkpoints written for other programs."""

from pathlib import Path

from lifting.containers.damage import DATA_ERRORS
from lifting.containers.yaml_files import load_yaml
from lifting.errors import InputError, Option, Phrase
from lifting.models import resolve


def export_model(
    checkpoint: str,
    out: str,
    *,
    one_window: bool = False,
    crop: tuple[int, int] = (192, 256),
    licence: str | None = None,
    half: bool = False,
    card: str | None = None,
    push: str | None = None,
) -> None:
    """Write a trained lifter or detector for other programs, after it was compared with the method.

    Args:
        checkpoint: The checkpoint of a lifter or a detector, or its name (docs/models.md).
        out: What to write: a name that ends in .onnx (numpy and onnxruntime run it) or .pt2
            (torch.export), or the folder of a model hub.
        one_window: Take windows of exactly as many frames as the method sees, also where it could slide
            over longer sequences; convolutions are several times faster on single windows.
        crop: Width and height of a detector's crops.
        licence: The condition of the training data, for the model card; that of the run's store where
            not given.
        half: Keep the parameters of a folder in half precision, which halves its size.
        card: A Markdown file for the model card of a folder. Its sections stand in for those of the same
            heading, such as "## Training data", or are added.
        push: Also upload the folder, to this user/name of the Hugging Face hub.
    """
    from lifting.export import export_model, push_to_hub, to_hub

    if Path(out).suffix:
        of_folders = {"push": push, "licence": licence, "half": half, "card": card}
        if given := [option for option, value in of_folders.items() if value]:
            what = f"belongs to a folder of a hub, but {out} is a file: leave it."
            raise InputError(Phrase("{} {}", Option(f"{given[0]}"), what))
        print(export_model(checkpoint, out, one_window, crop))
        return
    notes = None if card is None else _read_notes(Path(card))
    condition = licence or _licence_of_data(resolve(checkpoint))
    print(to_hub(checkpoint, out, condition, half, notes))
    if push is not None:
        print(push_to_hub(out, push))


def _read_notes(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read as text", path, "give a Markdown file.") from error


def _licence_of_data(checkpoint: Path) -> str | None:
    """Return the condition that the store of a checkpoint's run is under, if it is there."""
    from datamodules.store.clips import ClipStore

    config = checkpoint.parent.parent / "config.yaml"
    try:
        store = Path(load_yaml(config)["data"]["init_args"]["store"])
    except (InputError, OSError, *DATA_ERRORS):
        return None
    if not store.is_file():
        return None
    with ClipStore(store) as opened:
        return opened.info.licence


def export_weights(checkpoint: str, out: str) -> None:
    """Write the weights of a checkpoint under their published names, in the published shapes.

    Args:
        checkpoint: The checkpoint, or its name (docs/models.md).
        out: The file to write; OUT.report.txt goes beside it, and OUT.statistics.npz where the method
            has statistics.
    """
    from lifting.exchange import export_weights

    print(export_weights(checkpoint, out))
