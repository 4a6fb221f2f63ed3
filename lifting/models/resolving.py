"""Resolution of names: what an option that takes a checkpoint or a detector was given, as a path."""

from pathlib import Path

from lifting.errors import CheckpointError, InputError, did_you_mean
from lifting.models.cache import alone, cache_folder, missing
from lifting.models.hub_folders import CONFIG
from lifting.models.registry import HERE, REPOSITORY, Model, registered
from lifting.models.sources import fetch, hub_folder

_RUN, _HUB = "runs:", "hf:"
# Names of files that the suite reads a method from.
_CHECKPOINTS = (".ckpt", CONFIG)


def resolve(name_or_path: str | Path, kind: str | None = None) -> Path:
    """Return the file or the folder that is meant, fetched first where it is not on this machine yet.

    Args:
        name_or_path: A path, which is returned as it is; the name of a registered model;
            ``runs:NAME``, the best checkpoint of a run; ``hf:owner/repo[@revision]``, a repository of
            the Hugging Face hub.
        kind: What is needed, a kind of :data:`lifting.models.registry.KINDS`.

    Returns:
        The only file of a model that has one, else its folder.

    Raises:
        CheckpointError: If there is no such file, and no such model.
        InputError: If the model is of another kind, cannot be fetched, or is damaged.
    """
    text = str(name_or_path)
    if Path(name_or_path).exists():
        return Path(name_or_path)
    if text.startswith(_RUN):
        return _best_of_run(text)
    if text.startswith(_HUB):
        if not REPOSITORY.fullmatch(text):
            raise InputError(
                "names no repository", text, "give hf:owner/name or hf:owner/name@tag."
            )
        return hub_folder(text)
    models = registered()
    if text not in models:
        raise no_such_model(text, kind)
    model = models[text]
    if kind is not None and model.kind not in (kind, "other"):
        what = f"is a model of kind {model.kind}, and one of kind {kind} is needed"
        raise InputError(what, text, "`lifting models` lists them.")
    return local(model)


def resolve_checkpoint(name_or_path: str | Path) -> Path:
    """Return the checkpoint or the hub folder that is meant, see :func:`resolve`.

    Raises:
        CheckpointError: If the model is made of other files, which are not fetched for that.
        InputError: As :func:`resolve` does.
    """
    text = str(name_or_path)
    model = registered().get(text) if is_named(text) else None
    files = () if model is None else model.files
    if model is not None and files and not any(f.path.endswith(_CHECKPOINTS) for f in files):
        what = f"is a model of kind {model.kind}, and a checkpoint of this suite is needed"
        raise CheckpointError(what, text, "`lifting models` lists them.")
    return resolve(name_or_path)


def is_named(name_or_path: str | Path) -> bool:
    """Return whether something is the name of a model, and no path."""
    text = str(name_or_path)
    return not Path(text).exists() and (text.startswith((_RUN, _HUB)) or text in registered())


def folder_of(model: Model) -> Path:
    """Return the folder, or the file, that a model lies in on this machine, once it is there."""
    if model.source == "package":
        return HERE / "shipped" / model.name
    if model.source.startswith("path:"):
        return model.home / model.source.removeprefix("path:")
    return cache_folder() / model.name


def is_here(model: Model) -> bool:
    """Return whether a model's files are on this machine, by their sizes, which is quick to see."""
    place = folder_of(model)
    paths = [(_base(place) / file.path, file.size) for file in model.files]
    return bool(paths) and all(p.is_file() and p.stat().st_size == size for p, size in paths)


def local(model: Model) -> Path:
    """Return a model's file or folder on this machine, fetched first where it must be.

    Raises:
        InputError: If it cannot be had, or is not what the registry says.
    """
    if model.source.startswith(_RUN):
        return _best_of_run(model.source)
    if model.source.startswith(_HUB) and not model.files:
        return hub_folder(model.source)
    folder = folder_of(model)
    if model.source == "package" or model.source.startswith("path:"):
        _check_in_place(model, folder)
        return folder if folder.is_file() else _only_file(model, folder)
    if missing(model, folder):
        with alone(model.name):
            # Another process may have fetched it meanwhile.
            if files := missing(model, folder):
                for file in files:
                    (folder / file.path).unlink(missing_ok=True)
                fetch(model, files, folder)
    return _only_file(model, folder)


def _base(place: Path) -> Path:
    """Return the folder of a model's files: a file of the user's own is listed under its own name."""
    return place.parent if place.is_file() else place


def _only_file(model: Model, folder: Path) -> Path:
    return folder / model.files[0].path if len(model.files) == 1 else folder


def _check_in_place(model: Model, folder: Path) -> None:
    """Refuse a model of the package or of the user that is gone or has changed."""
    if not folder.exists():
        raise InputError(f"{folder} is not there any more", model.name, "add it again.")
    if changed := missing(model, _base(folder)):
        what = f"{_base(folder) / changed[0].path} is not the file that was registered"
        own = model.source.startswith("path:")
        add = f"add it again (`lifting models add {model.name} PATH`)."
        raise InputError(what, model.name, add if own else "install the suite again.")


def _best_of_run(name: str) -> Path:
    run = Path("runs", name.removeprefix(_RUN).removeprefix("runs/"))
    path = run / "checkpoints" / "best.ckpt"
    if not path.is_file():
        raise CheckpointError("there is no such checkpoint", path, "check the name of the run.")
    return path


def no_such_model(name_or_path: str | Path, kind: str | None = None) -> CheckpointError:
    """Return the error of what is neither a file nor a name, with what may have been meant."""
    text = str(name_or_path)
    noun = kind if kind in ("detector", "boxes") else "checkpoint"
    # That of a run, where the run was named.
    runs = [run / "checkpoints" / "best.ckpt" for run in (Path(text), Path("runs", text))]
    meant = next((f"did you mean {path}?" for path in runs if path.is_file()), "")
    names = [name for name, model in registered().items() if kind in (None, model.kind)]
    if text in names and not meant:
        what = "is a folder here that holds no such thing, and stands before the model of that name"
        return CheckpointError(what, text, "rename the folder, or work in another one.")
    meant = meant or did_you_mean(text, names)
    remedy = meant or "check the path, or name one that `lifting models` lists."
    return CheckpointError(f"there is no such {noun}", text, remedy)
