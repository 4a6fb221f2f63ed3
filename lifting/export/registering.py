"""Registration of models: a user's own by name, and those that are to come with the suite."""

import re
import shutil
from pathlib import Path
from typing import Any

import lifting.methods
from lifting.checkpoints import read_checkpoint
from lifting.errors import CheckpointError, InputError
from lifting.files import folder_beside, refuse_existing, sha256
from lifting.methods.bases.detector import Detector
from lifting.methods.bases.lifter import Lifter
from lifting.models.hub_folders import CARD, CONFIG, WEIGHTS, is_hub_folder
from lifting.models.registry import HERE, REGISTRY, user_file, write_entry
from lifting.models.resolving import resolve

_CHECKPOINT = ".ckpt"
# Bytes of all weights that come with the suite.
MOST = 12_000_000
# What an exporter says of a licence that it cannot know, where model hubs read it.
_OTHER = "license: other\n"


def register(name: str, place: str, **texts: str) -> dict[str, Any]:
    """Add a model to the user's own file; return the entry.

    Args:
        name: Its name.
        place: A file, a folder, ``runs:NAME`` or ``hf:owner/repo[@revision]``.
        **texts: Keys of the entry in the place of those that are found out: ``kind``, ``licence``,
            ``joint_set``, ``about``, ``card``.

    Raises:
        InputError: If there is no such model, or its kind cannot be told.
    """
    path = resolve(place)
    entry: dict[str, Any] = {"source": place} | _told_by(path)
    if not place.startswith(("runs:", "hf:")):
        entry["source"] = f"path:{path.resolve()}"
        entry["files"] = rows_of(path)
        if is_hub_folder(path) and (path / CARD).is_file():
            entry["card"] = str((path / CARD).resolve())
    entry |= {key: text for key, text in texts.items() if text}
    if "kind" not in entry:
        raise InputError("does not tell what it is", place, "name it with --kind.")
    if texts.get("card"):
        entry["card"] = str(Path(texts["card"]).resolve())
        if not Path(entry["card"]).is_file():
            raise InputError("there is no such file", texts["card"], "give a Markdown file.")
    write_entry(user_file(), name, entry)
    return entry


def _told_by(path: Path) -> dict[str, Any]:
    """Return kind and joint sets of a checkpoint or a hub folder; nothing of other files."""
    if not is_hub_folder(path) and path.suffix != _CHECKPOINT:
        return {}
    identity = read_checkpoint(path)["lifting"]
    method = getattr(lifting.methods, str(identity["method"]), None)
    kind = "prior"
    if isinstance(method, type) and issubclass(method, Lifter | Detector):
        kind = "lifter" if issubclass(method, Lifter) else "detector"
    sets = [identity["keypoint_skeleton"]]
    if kind == "lifter":
        sets.append(identity["skeleton"])
    joint_set = " → ".join(dict.fromkeys(sets))
    return {"kind": kind, "joint_set": joint_set, "about": f"a {identity['method']}"}


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Return path, size and SHA-256 of a file, or of every file of a folder, as entries have them."""
    base = path if path.is_dir() else path.parent
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    if not files:
        raise InputError("holds no files", path, "name another folder.")
    return [
        {
            "path": file.relative_to(base).as_posix(),
            "size": file.stat().st_size,
            "sha256": sha256(file),
        }
        for file in files
    ]


def ship(
    name: str, hub_folder: str | Path, licence: str, about: str, package: Path = HERE
) -> dict[str, Any]:
    """Put a hub folder into the suite, under a name, and return the entry of the registry.

    A step of the suite's developers, described in CONTRIBUTING.md.

    Args:
        name: Its name.
        hub_folder: What ``lifting export model --half true`` wrote.
        licence: SPDX name, or the condition in a few words.
        about: A line on what it is.
        package: Folder of the registry.

    Raises:
        InputError: If a file is missing or too many, the name is taken, or it becomes too large.
    """
    source, target = Path(hub_folder), package / "shipped" / name
    refuse_existing([target])
    told = _told_by(source)
    if sorted(p.name for p in source.iterdir()) != sorted((CARD, CONFIG, WEIGHTS)):
        what = f"holds something else than {CARD}, {CONFIG} and {WEIGHTS}"
        raise CheckpointError(what, source, "write it with `lifting export model`.")
    shipped = sum(p.stat().st_size for p in target.parent.rglob("*") if p.is_file())
    total = shipped + sum(row["size"] for row in rows_of(source))
    if total > MOST:
        what = f"all that come with the suite would be {total:,} bytes, more than {MOST:,}"
        raise InputError(what, source, "export it with --half true, or train a smaller one.")
    with folder_beside(target) as partial:
        shutil.copytree(source, partial, dirs_exist_ok=True)
        if not re.search(r"\s", licence):
            text = (partial / CARD).read_text(encoding="utf-8")
            text = text.replace(_OTHER, f"license: {licence.lower()}\n", 1)
            (partial / CARD).write_text(text, encoding="utf-8")
    card = f"shipped/{name}/{CARD}"
    texts = {"licence": licence, "about": about, "card": card}
    entry = {**told, "source": "package", **texts, "files": rows_of(target)}
    write_entry(package / REGISTRY.name, name, entry)
    return entry
