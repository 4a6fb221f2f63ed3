"""Hub folders: the weights of a method as safetensors, its options as JSON, its card as Markdown.

:mod:`lifting.export.hub` writes them; here they are read, as what a checkpoint holds. Nothing in them is
run.
"""

from pathlib import Path
from typing import Any

from lifting.containers.damage import DATA_ERRORS
from lifting.containers.json_files import parse_json
from lifting.errors import CheckpointError, InputError

WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"
_IDENTITY = ("skeleton", "keypoint_skeleton")
# What stands in ``extras`` for a tensor, which lies among the weights under this name.
_TENSOR = "extras/"


def is_hub_folder(path: Path) -> bool:
    """Return whether a path is a folder with the options of a method."""
    return (path / CONFIG).is_file()


def read_hub_folder(folder: Path) -> dict[str, Any]:
    """Read a folder as the content of a checkpoint, with weights in single precision.

    Returns:
        ``lifting``, ``hyper_parameters``, ``state_dict``, ``frozen``, and what else the method needs to
        predict.

    Raises:
        CheckpointError: If a file is missing or damaged.
    """
    config = read_config(folder / CONFIG)
    options = config["options"]
    identity = {"method": config["method"], **{key: options.get(key) for key in _IDENTITY}}
    tensors = _read_weights(folder / WEIGHTS)
    state = {name: x for name, x in tensors.items() if not name.startswith(_TENSOR)}
    extras = with_tensors(_extras(config), tensors)
    content = {"lifting": identity, "hyper_parameters": options, "frozen": {}}
    return {**extras, **content, "state_dict": state}


def read_config(path: Path) -> dict[str, Any]:
    """Return the options of a hub folder: ``method``, ``options``, ``extras`` and ``about``.

    Raises:
        CheckpointError: If they are missing or damaged.
    """
    try:
        config = parse_json(path.read_bytes(), path)
    except OSError as error:
        raise CheckpointError("cannot be read", path, "get the folder again.") from error
    except InputError as error:
        raise CheckpointError("is no JSON", path, "get it again.") from error
    known = config if isinstance(config, dict) else {}
    if not isinstance(known.get("method"), str) or not isinstance(known.get("options"), dict):
        remedy = "name a folder that this suite wrote."
        raise CheckpointError("lacks method or options", path, remedy)
    return known


def without_tensors(tree: Any, tensors: dict[str, Any], place: str = _TENSOR) -> Any:
    """Return nested dictionaries as JSON takes them, each tensor moved to ``tensors`` by its place.

    Example:
        >>> import torch
        >>> tensors = {}
        >>> without_tensors({"a": 1, "b": {"c": torch.ones(2)}}, tensors)
        {'a': 1, 'b': {'c': 'extras/b/c'}}
        >>> list(tensors)
        ['extras/b/c']
    """
    if isinstance(tree, dict):
        within = place if place == _TENSOR else f"{place}/"
        return {key: without_tensors(x, tensors, f"{within}{key}") for key, x in tree.items()}
    if not hasattr(tree, "contiguous"):
        return tree
    # A copy, since safetensors keeps no two that share their memory.
    tensors[place] = tree.detach().cpu().clone().contiguous()
    return place


def with_tensors(tree: Any, tensors: dict[str, Any]) -> Any:
    """Return what :func:`without_tensors` took apart, as it was."""
    if isinstance(tree, dict):
        return {key: with_tensors(x, tensors) for key, x in tree.items()}
    is_place = isinstance(tree, str) and tree.startswith(_TENSOR)
    return tensors.get(tree, tree) if is_place else tree


def _extras(config: dict[str, Any]) -> dict[str, Any]:
    extras = config.get("extras")
    if isinstance(extras, dict):
        return extras
    # Earlier versions kept the size of the images among the facts, as a text.
    about = config.get("about")
    side = about.get("image_side") if isinstance(about, dict) else None
    try:
        return {} if side is None else {"image_side": float(side)}
    except DATA_ERRORS:
        return {}


def _read_weights(path: Path) -> dict[str, Any]:
    # Here, since torch takes its time to be imported.
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        state = load(path.read_bytes())
    except OSError as error:
        raise CheckpointError("cannot be read", path, "get the folder again.") from error
    except SafetensorError as error:
        raise CheckpointError("truncated or no safetensors", path, "get it again.") from error
    half = torch.float16
    return {name: x.float() if x.dtype == half else x for name, x in state.items()}
