"""What was brought to the app: files, by job, and what was made of them."""

import re
import secrets
import shutil
from dataclasses import dataclass, field
from io import BufferedIOBase
from pathlib import Path
from threading import Lock
from typing import Any

from lifting.errors import InputError
from lifting.inference.app.inputs import Wishes, lift_file
from lifting.inference.app.lifters import Lifters
from lifting.inference.app.results import Results, write_results
from lifting.inference.detectors.factory import Detecting

# Jobs whose files are kept.
_KEPT = 20
_PIECE = 1 << 20
_NUMBERS = ("width", "height", "fps")
_NAMES = ("skeleton", "format", "smooth")


@dataclass
class _Job:
    folder: Path
    files: list[Path] = field(default_factory=list)
    results: Results | None = None


class Desk:
    """Takes files, lifts who is in them, and hands out the results.

    Args:
        folder: Where files lie for the time being.
        lifters: What lifts.
        detecting: What sees people on pictures, if anything does.
    """

    def __init__(self, folder: Path, lifters: Lifters, detecting: Detecting | None) -> None:
        self.folder = folder
        self.lifters = lifters
        self.detecting = detecting
        self._jobs: dict[str, _Job] = {}
        self._turn = Lock()

    def take(self, name: str, stream: BufferedIOBase, length: int, job: str | None = None) -> str:
        """Take a file, and return the job it belongs to.

        Args:
            name: What it is called.
            stream: Its content.
            length: Bytes of it.
            job: The job of the files that belong together with it; a new one where not given.

        Raises:
            InputError: If it has no name, the job is not there any more, or it does not come whole.
        """
        # Of a path the last part, whatever separates them, and nothing that is not in names.
        plain = re.sub(r"[^\w. ()-]+", "_", re.split(r"[/\\]", name)[-1]).strip(". ")[-120:]
        if not plain:
            raise InputError("The file has no name: give it one.")
        with self._turn:
            mine = self._open(job)
            path = mine.folder / plain
            with path.open("wb") as target:
                while length:
                    piece = stream.read(min(length, _PIECE))
                    if not piece:
                        raise InputError("did not arrive whole", plain, "give it again.")
                    target.write(piece)
                    length -= len(piece)
            mine.files.append(path)
            return next(key for key, value in self._jobs.items() if value is mine)

    def _open(self, job: str | None) -> _Job:
        if job is not None:
            return self._job(job)
        while len(self._jobs) >= _KEPT:
            oldest = self._jobs.pop(next(iter(self._jobs)))
            shutil.rmtree(oldest.folder.parent, ignore_errors=True)
        key = secrets.token_hex(8)
        folder = self.folder / key
        (folder / "files").mkdir(parents=True)
        self._jobs[key] = _Job(folder / "files")
        return self._jobs[key]

    def _job(self, key: object) -> _Job:
        if not isinstance(key, str) or key not in self._jobs:
            raise InputError("These files are not here any more: give them again.")
        return self._jobs[key]

    def lift(self, content: object) -> dict[str, Any]:
        """Lift who is in the files of a job, and return where the results are.

        Args:
            content: ``job``, ``lifter``, and what :class:`lifting.inference.app.inputs.Wishes` has, by
                name.

        Raises:
            InputError: If something of it, or of the files, is wrong.
        """
        if not isinstance(content, dict):
            raise InputError("Nothing can be lifted of that: load the page again.")
        job, key = self._job(content.get("job")), content.get("job")
        wishes = wishes_of(content)
        if len(job.files) > 1 and any(path.suffix.lower() != ".json" for path in job.files):
            raise InputError(
                "Several files are one recording where OpenPose wrote a json per frame: give others one "
                "by one."
            )
        source = job.files[0] if len(job.files) == 1 else job.folder
        name = source.stem if source.is_file() else "poses"
        lifter = self.lifters[str(content.get("lifter"))]
        people = lift_file(source, lifter, self.detecting, wishes)
        out = job.folder.parent / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        job.results = write_results(people, out, name)
        files = [{"name": p.name, "url": f"results/{key}/{p.name}"} for p in job.results.files]
        page = f"results/{key}/{job.results.page.name}"
        return {"summary": job.results.summary, "page": page, "files": files}

    def result(self, job: str, name: str) -> Path | None:
        """Return a file of the results of a job, or None where there is none."""
        results = self._jobs[job].results if job in self._jobs else None
        return next((p for p in results.files if p.name == name), None) if results else None


def wishes_of(content: dict[str, Any]) -> Wishes:
    """Return what is wished, by name.

    Raises:
        InputError: If something of it is not what it should be.
    """
    numbers = {name: content.get(name) for name in _NUMBERS}
    for name, value in numbers.items():
        if value is not None and not (type(value) in (int, float) and 0 < value < 1e6):
            raise InputError(f"The {name} is {value}: give a number above 0, or leave it out.")
    names: dict[str, Any] = {name: content.get(name) for name in _NAMES}
    if not all(value is None or isinstance(value, str) for value in names.values()):
        raise InputError("Joint set, format and smoothing are names: load the page again.")
    width, height = numbers["width"], numbers["height"]
    if (width is None) != (height is None):
        raise InputError("Width and height go together: give both, or leave both out.")
    size = None if width is None or height is None else (float(width), float(height))
    fps = None if numbers["fps"] is None else float(numbers["fps"])
    stills, trajectory = (content.get(name) is True for name in ("stills", "trajectory"))
    return Wishes(size=size, fps=fps, stills=stills, trajectory=trajectory, **names)
