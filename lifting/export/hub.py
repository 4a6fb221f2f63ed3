"""Folders of a model hub for trained methods: safetensors, options and a model card.

Nothing in such a folder is run when it is read (:mod:`lifting.models.hub_folders`).
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from lifting.checkpoints import read_checkpoint
from lifting.errors import InputError, require
from lifting.export.card import model_card
from lifting.export.wrapping import load_exportable, metadata
from lifting.files import folder_beside, refuse_existing
from lifting.methods import Method
from lifting.methods.bases.checkpointed import load_frozen
from lifting.models import resolve
from lifting.models.hub_folders import CARD, CONFIG, WEIGHTS, without_tensors


def to_hub(
    checkpoint: str | Path,
    folder: str | Path,
    licence: str | None = None,
    half: bool = False,
    notes: str | None = None,
) -> str:
    """Write a trained lifter or detector as a folder of a model hub; return what was written.

    Args:
        checkpoint: The checkpoint, a hub folder, or the name of a model.
        folder: The folder to write, where nothing is yet.
        licence: The condition that the training data are under, for the model card.
        half: Keep parameters in half precision, which halves the file; statistics keep theirs.
        notes: Markdown for the card. A section under a heading that the card has stands in for it, such
            as ``## Training data``; others are added.

    Raises:
        InputError: If there is nothing to export, nowhere to write, or the method needs other
            checkpoints beside itself.
    """
    folder = Path(folder)
    refuse_existing([folder])
    model = load_exportable(checkpoint)
    path = resolve(checkpoint)
    if model.method.hparams.get("lifter_lr"):
        what = "its lifters learnt along and are looked for beside it"
        raise InputError(what, checkpoint, "export it as .onnx or .pt2.")
    facts = metadata(model, path)
    with folder_beside(folder) as partial:
        state = _state(model.method, half)
        others = without_tensors(extras(model.method, read_checkpoint(path)), state)
        (partial / WEIGHTS).write_bytes(save(state, {"format": "pt"}))
        config = {
            "about": facts,
            "method": facts["method"],
            "options": _options(model.method),
            "extras": others,
        }
        (partial / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        card = model_card(model, facts, folder.name, path, licence, notes or "", half)
        (partial / CARD).write_text(card, encoding="utf-8")
    return f"{folder}: {facts['method']}, {WEIGHTS}, {CONFIG} and {CARD}"


def _state(method: Method, half: bool) -> dict[str, Tensor]:
    """Return parameters and buffers; in half precision, if asked, the parameters that fit it.

    Buffers are statistics, such as means in millimetres and variances, which it would round by up to a
    half of a thousandth.
    """
    state = {name: tensor.contiguous() for name, tensor in method.state_dict().items()}
    if half:
        limit = torch.finfo(torch.float16).max
        for name, parameter in method.named_parameters():
            fits = not parameter.numel() or float(parameter.detach().abs().max()) <= limit
            if parameter.dtype == torch.float32 and fits:
                state[name] = state[name].half()
    return state


class _Noting(dict[str, Any]):
    """A dictionary that notes which of its keys are asked for."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)


def extras(method: Method, checkpoint: dict[str, Any]) -> dict[str, Any]:
    """Return what a method takes from its checkpoint besides parameters, buffers and options.

    It is asked, so that this function need not know what methods keep. The checkpoint is brought up to
    date, as the parameters of the method are; asked once more, :meth:`upgrade` looks at no more than
    what tells versions apart.
    """
    method.upgrade(checkpoint)
    noting = _Noting(checkpoint)
    method.upgrade(noting)
    method.restore_extras(noting)
    return {key: checkpoint[key] for key in sorted(noting.asked) if key in checkpoint}


def _options(method: Method) -> dict[str, Any]:
    """Return the options of a method; of the paths among them the names of the files alone."""

    def without_folders(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without_folders(x) for key, x in value.items()}
        if isinstance(value, list | tuple):
            return [without_folders(x) for x in value]
        return Path(value).name if isinstance(value, str) else value

    return {key: without_folders(value) for key, value in method.hparams.items() if key[0] != "_"}


def from_hub(folder: str | Path) -> Method:
    """Load what :func:`to_hub` wrote, in evaluation mode.

    Args:
        folder: The folder, the name of a model, or ``hf:owner/repo[@revision]``.

    Raises:
        InputError: If the folder holds no method of this suite, or is damaged.
    """
    return load_frozen(folder, Method)


def push_to_hub(folder: str | Path, repository: str) -> str:
    """Upload a folder of :func:`to_hub`, with the account of ``hf auth login``; return where it is.

    The repository, ``user/name``, is made, and private, where it is not there.

    Raises:
        InputError: If huggingface_hub is not installed, or refuses.
    """
    hub = require("huggingface_hub", "Uploading", "hub")
    try:
        hub.create_repo(repository, private=True, exist_ok=True)
        return str(hub.upload_folder(repo_id=repository, folder_path=str(folder)))
    except (OSError, ValueError) as error:
        first = str(error).strip().partition("\n")[0]
        remedy = "log in with hf auth login, or choose another name."
        raise InputError(f"was not uploaded ({first})", repository, remedy) from error
