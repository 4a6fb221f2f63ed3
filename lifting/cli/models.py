"""The commands ``lifting models``: models by name, listed, fetched, shown and added."""

from typing import TYPE_CHECKING

from lifting.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from lifting.models import Model


def list_models() -> None:
    """List the models that have names, and say which are on this machine; see docs/models.md."""
    from lifting.models import registered

    head = ("name", "kind", "MB", "licence", "joint set", "where")
    rows = [head, *(_row(model) for model in registered().values())]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    for row in rows:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        cells[2] = row[2].rjust(widths[2])
        print("  ".join(cells).rstrip())
    print("\n`lifting models show NAME` tells more, `lifting models fetch NAME` gets it now.")


def _row(model: "Model") -> tuple[str, ...]:
    megabytes = f"{model.size / 1e6:.1f}" if model.files else ""
    return model.name, model.kind, megabytes, model.licence, model.joint_set, where_of(model)


def where_of(model: "Model") -> str:
    """Return in words where a model is."""
    from lifting.models.resolving import folder_of, is_here

    if model.source.startswith(("runs:", "hf:")) and not model.files:
        return model.source
    place, there = folder_of(model), is_here(model)
    if model.source == "package":
        return "comes with the suite" if there else "damaged: install the suite again"
    if model.source.startswith("path:"):
        return str(place) if there else f"gone or changed: {place}"
    return "fetched" if there else f"to be fetched from {model.source}"


def fetch(*names: str) -> None:
    """Fetch models into the cache, so that they are there without a network.

    Args:
        names: Their names, or hf:owner/repo[@revision].
    """
    from lifting.models import is_named, resolve

    if unknown := [name for name in names if not is_named(name)]:
        raise _no_such(unknown[0])
    for name in names:
        print(f"{name}: {resolve(name)}")


def show(name: str) -> None:
    """Print the card of a model, and its files.

    Args:
        name: Its name.
    """
    from lifting.models import registered

    models = registered()
    if name not in models:
        raise _no_such(name)
    model = models[name]
    print(model.read_card().rstrip())
    facts = {"kind": model.kind, "licence": model.licence, "joint set": model.joint_set}
    facts |= {"source": model.source, "where": where_of(model)}
    print()
    for key, text in facts.items():
        print(f"{key:12}{text}")
    for file in model.files:
        print(f"{file.path}  {file.size:,} bytes  SHA-256 {file.sha256}")


def add(
    name: str,
    path: str,
    *,
    kind: str | None = None,
    licence: str | None = None,
    joint_set: str | None = None,
    about: str | None = None,
    card: str | None = None,
) -> None:
    """Give a model of your own a name, in your own file of models; see docs/models.md.

    Args:
        name: The name; an earlier model of that name is replaced, one of the suite stood in for.
        path: A checkpoint, a hub folder, an ONNX model or other weights; runs:NAME for the best
            checkpoint of a run, whatever it is at the time; hf:owner/repo[@revision].
        kind: lifter, detector, boxes, prior or other; a checkpoint tells it.
        licence: The condition it is under.
        joint_set: Joints of its keypoints; a checkpoint tells them.
        about: A line about it.
        card: A Markdown file about it.
    """
    from lifting.export.registering import register
    from lifting.models.registry import user_file

    texts = {"kind": kind, "licence": licence, "joint_set": joint_set, "about": about, "card": card}
    entry = register(name, path, **{key: text for key, text in texts.items() if text is not None})
    print(f"{name}: a model of kind {entry['kind']}, {entry['source']}, in {user_file()}")


def _no_such(name: str) -> InputError:
    from lifting.models import registered

    meant = did_you_mean(name, registered())
    return InputError("there is no such model", name, meant or "`lifting models` lists them.")
