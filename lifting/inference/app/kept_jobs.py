"""Jobs whose files the app keeps, within a number of bytes."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from lifting.errors import InputError
from lifting.inference.app.refusals import NoRoomError
from lifting.inference.app.results import Results

# Bytes of what is kept, and jobs.
ROOM = 20_000_000_000
_KEPT = 20


@dataclass
class Job:
    """Files that are lifted together, and their results.

    Attributes:
        key: Its name in addresses.
        folder: The folder of all that belongs to it.
        files: What was given, by name, in order.
        results: What was made of it.
        lifting: Held while it is lifted: once at a time.
    """

    key: str
    folder: Path
    files: dict[str, Path] = field(default_factory=dict)
    results: Results | None = None
    lifting: Lock = field(default_factory=Lock)
    # Of the store: names of files, in small letters, that are here or on their way; what its results
    # are called; bytes; and requests that are at work on it.
    names: set[str] = field(default_factory=set)
    title: str | None = None
    bytes: int = 0
    users: int = 0

    @property
    def given(self) -> Path:
        """The folder of the files that were given."""
        return self.folder / "files"


class KeptJobs:
    """The jobs that are kept: the last ones that were used, as many as there is room for.

    Nobody waits for another's file: what is held up is only the bookkeeping.

    Args:
        folder: Folder of their files.
        room: Bytes of all files and results together.
    """

    def __init__(self, folder: Path, room: int = ROOM) -> None:
        self._folder, self._room = folder, room
        self._jobs: dict[str, Job] = {}
        self._bytes = 0
        self._lock = Lock()

    @contextmanager
    def used(self, key: object = None) -> Iterator[Job]:
        """Yield a job, a new one where no key is given, which stays here meanwhile.

        A new one to which nothing comes is not kept.

        Raises:
            InputError: If there is no such job any more.
        """
        with self._lock:
            if key is None:
                job = self._new()
            elif isinstance(key, str) and key in self._jobs:
                # The last one that was used is the last to go.
                job = self._jobs[key] = self._jobs.pop(key)
            else:
                raise InputError("These files are not here any more: give them again.")
            job.users += 1
        try:
            yield job
        finally:
            with self._lock:
                job.users -= 1
                if not job.names and not job.users:
                    self._remove(job)

    def find(self, key: str) -> Job | None:
        """Return a job, or None where there is none of that key."""
        return self._jobs.get(key)

    def check_room(self, job: Job, count: int) -> None:
        """Refuse what will not find room, whatever else is removed.

        Raises:
            NoRoomError: If there is too little.
        """
        with self._lock:
            in_use = sum(other.bytes for other in self._jobs.values() if other.users)
            if in_use + count > self._room:
                raise self._too_little()

    def claim(self, job: Job, count: int) -> None:
        """Count bytes that a job takes up; others that nobody is using make room, the oldest first.

        Raises:
            NoRoomError: If they cannot make enough.
        """
        with self._lock:
            for other in list(self._jobs.values()):
                if self._bytes + count <= self._room:
                    break
                if not other.users:
                    self._remove(other)
            if self._bytes + count > self._room:
                raise self._too_little()
            self._count(job, count)

    def release(self, job: Job, count: int) -> None:
        """Count bytes that a job does not take up any more."""
        with self._lock:
            self._count(job, -count)

    def reserve(self, job: Job, name: str) -> None:
        """Keep a name for a file of a job.

        Raises:
            InputError: If another file has it: neither may take the other's place.
        """
        with self._lock:
            if name.casefold() in job.names:
                what = "two files have this name"
                raise InputError(what, name, "give them one by one, or rename one of them.")
            job.names.add(name.casefold())

    def give_up(self, job: Job, name: str) -> None:
        """Keep a name no longer."""
        with self._lock:
            job.names.discard(name.casefold())

    def title(self, job: Job, source: str) -> str:
        """Return what the results of a job are called after its source; those of no other are.

        The second of ``walk.json`` and ``walk.npz`` has ``walk_npz``, a second ``walk.json`` ``walk_2``.
        """
        path = Path(source)
        ending = path.suffix.replace(".", "_")
        with self._lock:
            taken = {o.title.casefold() for o in self._jobs.values() if o is not job and o.title}
            names = [path.stem, f"{path.stem}{ending}"]
            names += [f"{path.stem}_{number}" for number in range(2, len(taken) + 3)]
            free = [name for name in names if name.casefold() not in taken]
            job.title = job.title if job.title in free else free[0]
            return job.title

    def _new(self) -> Job:
        for other in list(self._jobs.values()):
            if len(self._jobs) < _KEPT:
                break
            if not other.users:
                self._remove(other)
        key = secrets.token_hex(8)
        job = Job(key, self._folder / key)
        # Not with the folders above: at the end of the app they are removed, and stay so.
        job.folder.mkdir()
        job.given.mkdir()
        self._jobs[key] = job
        return job

    def _remove(self, job: Job) -> None:
        if self._jobs.pop(job.key, None) is not None:
            self._count(job, -job.bytes)
            shutil.rmtree(job.folder, ignore_errors=True)

    def _count(self, job: Job, count: int) -> None:
        job.bytes += count
        self._bytes += count

    def _too_little(self) -> NoRoomError:
        limit = f"{self._room / 1e6:,.0f} MB"
        remedy = "give less, or start the app with more room."
        return NoRoomError(f"There is no room for it beside the rest, {limit} in all: {remedy}")
