"""Download of one file by HTTP: it goes on where it broke off, and is verified."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

from lifting.errors import InputError
from lifting.files import unwritable
from lifting.models.cache import PARTIAL, cache_folder, check, keep
from lifting.models.registry import ModelFile

# Seconds without a byte.
_PATIENCE = 30.0
_CHUNK = 1 << 16
_NOT_FOUND = (404, 410)
_RANGE_NOT_SATISFIABLE, _PARTIAL_CONTENT = 416, 206


class _CutOffError(requests.ConnectionError):
    """A server has closed the connection before the end of a file."""


# What the libraries below raise where the other side ends a connection, which it had taken.
_CLOSED: tuple[type[BaseException], ...] = (ConnectionResetError, ConnectionAbortedError)
_CLOSED += (BrokenPipeError, _CutOffError, requests.exceptions.ChunkedEncodingError)
# X(ConnectionResetError, ConnectionAbortedError, BrokenPipeError, _CutOffError)


class UnreachableError(Exception):
    """A server does not answer, or has no such file; the text says why."""


def download(url: str, file: ModelFile, folder: Path) -> None:
    """Bring a file into the folder of a model.

    What has come of it lies in the cache under its SHA-256 until it is whole, so that the next call asks
    for the rest alone. Where the rest of a server does not fit, the whole is asked for once.

    Raises:
        UnreachableError: If the server does not answer or has no such file.
        InputError: If it is another file, which is removed, or breaks off, or cannot be written.
        OSError: If the disk is full.
    """
    partial = cache_folder() / PARTIAL / file.sha256
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        resumed = _transfer(url, file, partial)
    except requests.RequestException as error:
        have = partial.stat().st_size if partial.is_file() else 0
        if not have:
            raise UnreachableError(_cause(error)) from error
        what = f"broke off after {have:,} of {file.size:,} bytes ({_cause(error)})"
        raise InputError(what, url, "run the same command again, which goes on there.") from error
    except OSError as error:
        raise unwritable(error, partial) from error
    try:
        check(partial, file, url)
    except InputError:
        partial.unlink()
        if resumed:
            download(url, file, folder)
            return
        raise
    keep(partial, file, folder, url)
    with suppress(OSError):
        partial.unlink()


def _transfer(url: str, file: ModelFile, partial: Path) -> bool:
    """Append to a file what is missing; return whether there was something before."""
    have = partial.stat().st_size if partial.is_file() else 0
    if have == file.size:
        return True
    if have > file.size:
        have = 0
    # Bytes as they are: those of a compressed transfer could not be counted.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=_PATIENCE) as response:
        if response.status_code in _NOT_FOUND:
            raise UnreachableError(f"{url} has no such file")
        if have and response.status_code == _RANGE_NOT_SATISFIABLE:
            partial.unlink()
            return _transfer(url, file, partial)
        response.raise_for_status()
        if response.status_code != _PARTIAL_CONTENT:
            have = 0
        with partial.open("ab" if have else "wb") as stream, _bar(file, have) as progress:
            for chunk in response.iter_content(_CHUNK):
                stream.write(chunk)
                progress(len(chunk))
                if stream.tell() > file.size:
                    break
    if partial.stat().st_size < file.size:
        raise _CutOffError("the connection was closed")
    return have > 0


@contextmanager
def _bar(file: ModelFile, have: int) -> Iterator[Callable[[int], None]]:
    """Yield what moves a bar on, shown in a terminal only."""
    columns = ("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(file.path, total=file.size, completed=have)
        yield lambda steps: progress.advance(task, steps)


def _cause(error: Exception) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "the server does not answer"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if any(isinstance(each, _CLOSED) for each in _chain(error)):
        return "the connection was closed"
    return "there is no connection"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it was raised from, in turn."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
