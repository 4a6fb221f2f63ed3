"""Registry of models: the entries that come with the suite, and those of a user's own file."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from platformdirs import user_config_path

from lifting.containers.json_files import parse_json
from lifting.errors import InputError, located
from lifting.files import beside

HERE = Path(__file__).parent
REGISTRY = HERE / "registry.json"
USER_FILE = "LIFTING_MODELS_FILE"
KINDS = ("lifter", "detector", "boxes", "prior", "other")
# What the source of an entry begins with; ``package`` stands alone.
SCHEMES = ("package", "pypi:", "https://", "hf:", "path:", "runs:")
# A name is one of a folder too.
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,99}")
REPOSITORY = re.compile(r"hf:[\w.-]+/[\w.-]+(@[\w./-]+)?")
_SOURCE = re.compile(
    rf"package|pypi:[\w.-]+==[\w.+!-]+|https://[\w.\[][^\s?#]*|{REPOSITORY.pattern}|path:.+|runs:.+"
)
# A model of a tebibyte is a mistake.
_LARGEST = 1 << 40
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXTS = ("kind", "about", "source", "licence", "joint_set", "card")


@dataclass(frozen=True)
class ModelFile:
    """One file of a model.

    Attributes:
        path: Its place in the folder of the model.
        size: Bytes.
        sha256: Its SHA-256, in hexadecimal digits.
        at: Its place in the source, where that is another: in the wheel, the repository, below the URL.
    """

    path: str
    size: int
    sha256: str
    at: str = ""

    @property
    def place(self) -> str:
        """Its place in the source."""
        return self.at or self.path


@dataclass(frozen=True)
class Model:
    """One entry of the registry.

    Attributes:
        name: The name, which every option that takes a checkpoint or a detector takes.
        kind: One of :data:`KINDS`.
        source: ``package``; ``pypi:NAME==VERSION``, files inside a published wheel; ``https://…``, the
            folder of the files; ``hf:OWNER/REPO@REVISION``; of a user's own, ``path:PATH`` or
            ``runs:NAME``, the best checkpoint of a run.
        licence: SPDX name, or the condition in a few words.
        joint_set: That of the keypoints, and of the poses behind an arrow.
        about: A line on what it is.
        card: Markdown file about it, from the folder of the registry's file on.
        files: Its files.
        home: Folder of the registry's file.
    """

    name: str
    kind: str
    source: str
    licence: str = "not stated"
    joint_set: str = ""
    about: str = ""
    card: str = ""
    files: tuple[ModelFile, ...] = ()
    home: Path = HERE

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def read_card(self) -> str:
        """Return the card, Markdown, or what the entry says where there is none.

        Raises:
            InputError: If the card is not there any more.
        """
        if not self.card:
            return f"# {self.name}\n\n{self.about or self.kind}. Licence: {self.licence}.\n"
        path = self.home / self.card
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError("the card cannot be read", path, "see the model's source.") from error


def user_file() -> Path:
    """Return the file of a user's own entries: ``LIFTING_MODELS_FILE``, or one in the home folder."""
    named = os.environ.get(USER_FILE)
    return Path(named).expanduser() if named else user_config_path("lifting") / "models.json"


def registered() -> dict[str, Model]:
    """Return the models by name; those of the user's file stand in for the suite's of that name.

    Raises:
        InputError: If the user's file is damaged.
    """
    return {**_packaged(), **_read(user_file())}


@cache
def _packaged() -> dict[str, Model]:
    return _read(REGISTRY)


def read_entries(path: Path) -> dict[str, Any]:
    """Return what the file of a registry holds, as it stands there.

    Raises:
        InputError: If it is no JSON object.
    """
    try:
        content = parse_json(path.read_bytes(), path, _once)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise InputError("is no registry of models", path, "mend or remove it.") from error
    if not isinstance(content, dict):
        raise InputError("is no registry of models", path, "mend or remove it.")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, none of whose keys is there twice."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"has {twice!r} twice", remedy="see docs/models.md.")
    return content


def write_entry(path: Path, name: str, entry: Mapping[str, Any]) -> None:
    """Add an entry to the file of a registry, or write over that of its name.

    Raises:
        InputError: If the entry or the file is wrong, or cannot be written.
    """
    with located(path):
        _model(name, entry, path.parent)
    entries = read_entries(path) | {name: dict(entry)}
    text = json.dumps(dict(sorted(entries.items())), indent=2, ensure_ascii=False) + "\n"
    with beside(path, make_folder=True) as partial:
        partial.write_text(text, encoding="utf-8")
    _packaged.cache_clear()


def _read(path: Path) -> dict[str, Model]:
    entries = read_entries(path)
    with located(path):
        return {name: _model(name, entry, path.parent) for name, entry in entries.items()}


def _model(name: str, entry: Any, home: Path) -> Model:
    """Return an entry, once it is checked.

    Raises:
        InputError: If it is not one; it names the part that is wrong.
    """
    remedy = "see docs/models.md."
    with located(name):
        if not NAME.fullmatch(name):
            what = "a name has letters, digits, dots and dashes, 100 at most"
            raise InputError(what, remedy=remedy)
        if not isinstance(entry, Mapping):
            raise InputError("is no object", remedy=remedy)
        if unknown := sorted(set(entry) - {*_TEXTS, "files"}):
            raise InputError(f"has the unknown key {unknown[0]}", remedy=remedy)
        texts = {key: entry[key] for key in _TEXTS if key in entry}
        if not all(isinstance(text, str) for text in texts.values()):
            raise InputError("holds what is no text", remedy=remedy)
        if unprintable := [key for key, text in texts.items() if not text.isprintable()]:
            what = f"its {unprintable[0]} is no line that can be printed"
            raise InputError(what, remedy=remedy)
        if texts.get("kind") not in KINDS:
            raise InputError(f"its kind is none of {', '.join(KINDS)}", remedy=remedy)
        source = texts.get("source", "")
        if not (source == "package" or source.startswith(SCHEMES[1:])):
            raise InputError(f"its source is none of {', '.join(SCHEMES)}", remedy=remedy)
        if not _SOURCE.fullmatch(source) or _is_root(source):
            raise InputError(f"its source {source} names nothing", remedy=remedy)
        rows = entry.get("files", [])
        if not isinstance(rows, list):
            raise InputError("its files are no list", remedy=remedy)
        files = tuple(_file(row) for row in rows)
        places = [PurePosixPath(file.path) for file in files]
        if twice := {p for p in places if places.count(p) > 1 or {*p.parents} & {*places}}:
            raise InputError(f"has the file {min(twice)} twice", remedy=remedy)
        if not files and not source.startswith(("path:", "runs:", "hf:")):
            raise InputError("has no files", remedy=remedy)
    return Model(name, files=files, home=home, **texts)


def _is_root(source: str) -> bool:
    """Return whether a source is the path of nothing but a disk, or of the folder of the registry."""
    path = Path(source.removeprefix("path:"))
    return source.startswith("path:") and not Path(os.path.normpath(path)).name


def _file(row: Any) -> ModelFile:
    try:
        file = ModelFile(**row)
        place = PurePosixPath(file.path)
        right = (
            type(file.size) is int
            and 0 <= file.size <= _LARGEST
            and _SHA256.fullmatch(file.sha256)
            and isinstance(file.at, str)
            # Nothing is written outside the folder of the model, or asked for outside of its source.
            and not (place.is_absolute() or ".." in place.parts)
            and ".." not in PurePosixPath(file.at).parts
            and place.parts
            and file.path.isprintable()
        )
    except TypeError:
        right = False
    if not right:
        raise InputError("a file lacks path, size or sha256", remedy="see docs/models.md.")
    return file
