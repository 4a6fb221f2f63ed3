"""Folders of a model hub for trained methods: safetensors, options and a model card.

Nothing in such a folder is run when it is read.
"""

import json
from pathlib import Path
from typing import Any

import lifting.methods
from lifting.errors import InputError
from lifting.export.card import model_card
from lifting.export.extras import require
from lifting.export.wrapping import load_exportable, metadata
from lifting.files import folder_beside, refuse_existing
from lifting.methods import Method

WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"
_USER = "A folder of a model hub"


def to_hub(checkpoint: str | Path, folder: str | Path, licence: str | None = None) -> str:
    """Write a trained lifter or detector as a folder of a model hub; return what was written.

    The licence, for the model card, is the condition that the training data are under.

    Raises:
        InputError: If there is nothing to export, nowhere to write, or the method needs other
            checkpoints beside itself.
    """
    checkpoint, folder = Path(checkpoint), Path(folder)
    refuse_existing([folder])
    safetensors = require("safetensors.torch", _USER)
    model = load_exportable(checkpoint)
    if model.method.hparams.get("lifter_lr"):
        what = "its lifters learnt along and are looked for beside it"
        raise InputError(what, checkpoint, "export it as .onnx or .pt2.")
    facts = metadata(model, checkpoint)
    with folder_beside(folder) as partial:
        state = {name: x.contiguous() for name, x in model.method.state_dict().items()}
        (partial / WEIGHTS).write_bytes(safetensors.save(state, {"format": "pt"}))
        config = {"about": facts, "method": facts["method"], "options": _options(model.method)}
        (partial / CONFIG).write_text(json.dumps(config, indent=2) + "\n")
        (partial / CARD).write_text(model_card(model, facts, folder.name, checkpoint, licence))
    return f"{folder}: {facts['method']}, {WEIGHTS}, {CONFIG} and {CARD}"


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

    Raises:
        InputError: If the folder holds no method of this suite, or is damaged.
    """
    folder = Path(folder)
    safetensors = require("safetensors.torch", _USER)
    config = _read_config(folder / CONFIG)
    kind = getattr(lifting.methods, config["method"], None)
    if config["method"] not in lifting.methods.__all__ or not isinstance(kind, type):
        what = f"names the method {config['method']}, which this suite has not"
        raise InputError(what, folder / CONFIG, "get a newer suite, or another folder.")
    path = folder / WEIGHTS
    try:
        state = safetensors.load(path.read_bytes())
        method: Method = kind(**config["options"])
        method.load_state_dict(state)
    except OSError as error:
        raise InputError("cannot be read", path, "get the folder again.") from error
    except require("safetensors", _USER).SafetensorError as error:
        raise InputError("truncated or no safetensors", path, "get it again.") from error
    except (InputError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise InputError(f"does not fit together, {error}", folder, "get it again.") from error
    return method.eval().requires_grad_(False)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text())
    except OSError as error:
        raise InputError("there is no such file", path, "name a folder of a hub.") from error
    except ValueError as error:
        raise InputError("is no JSON", path, "get it again.") from error
    known = config if isinstance(config, dict) else {}
    if not isinstance(known.get("method"), str) or not isinstance(known.get("options"), dict):
        raise InputError("lacks method or options", path, "name a folder that this suite wrote.")
    return config


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
