"""Store of the app's jobs: uploaded files and their results."""

import re
import secrets
import shutil
from dataclasses import dataclass, field, replace
from io import BufferedIOBase
from pathlib import Path
from threading import Lock
from typing import Any

from lifting.errors import InputError
from lifting.files import beside
from lifting.inference.app.inputs import lift_file
from lifting.inference.app.lifters import Lifters
from lifting.inference.app.results import Results, write_results
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.options import LiftOptions, ReadOptions
from lifting.keypoints.threshold import LEAST_CONFIDENCE

# Jobs whose files are kept.
_KEPT = 20
_CHUNK_BYTES = 1 << 20
# Bytes of the name of a file.
_LONGEST_NAME = 120
_NUMBERS = ("width", "height", "fps")
_NAMES = ("skeleton", "format", "smooth")


@dataclass
class _Job:
    folder: Path
    files: list[Path] = field(default_factory=list)
    results: Results | None = None


class JobStore:
    """Stores uploaded files by job in a folder, lifts the people in them, and finds the results.

    Of keypoint files those of less than ``least_confidence`` are missing.
    """

    def __init__(
        self,
        folder: Path,
        lifters: Lifters,
        detector: DetectorOptions | None,
        least_confidence: float = LEAST_CONFIDENCE,
    ) -> None:
        self.folder = folder
        self.lifters = lifters
        self.detector = detector
        self.least_confidence = least_confidence
        self._jobs: dict[str, _Job] = {}
        self._lock = Lock()

    def take(self, name: str, stream: BufferedIOBase, length: int, job: str | None = None) -> str:
        """Take a file of so many bytes, and return the job it belongs to, a new one if none is given.

        Raises:
            InputError: If it has no name, the job is gone, or it arrives incomplete.
        """
        # Of a path the last part, whatever separates them, and nothing that is not in names.
        plain = re.sub(r"[^\w. ()-]+", "_", re.split(r"[/\\]", name)[-1]).strip(". ")
        # A name of a file has 255 bytes, and the results' names are longer.
        plain = plain.encode()[-_LONGEST_NAME:].decode(errors="ignore").lstrip(". ")
        if not plain:
            raise InputError("The file has no name: give it one.")
        with self._lock:
            key = self._new_job() if job is None else job
            files, path = self._job(key).files, self._job(key).folder / plain
            with beside(path) as partial, partial.open("wb") as target:
                while length:
                    chunk = stream.read(min(length, _CHUNK_BYTES))
                    if not chunk:
                        raise InputError("did not arrive whole", plain, "give it again.")
                    target.write(chunk)
                    length -= len(chunk)
            files.append(path)
            return key

    def _new_job(self) -> str:
        """Make room for a job, and return its key."""
        while len(self._jobs) >= _KEPT:
            oldest = self._jobs.pop(next(iter(self._jobs)))
            shutil.rmtree(oldest.folder.parent, ignore_errors=True)
        key = secrets.token_hex(8)
        folder = self.folder / key
        (folder / "files").mkdir(parents=True)
        self._jobs[key] = _Job(folder / "files")
        return key

    def _job(self, key: object) -> _Job:
        if not isinstance(key, str) or key not in self._jobs:
            raise InputError("These files are not here any more: give them again.")
        return self._jobs[key]

    def lift(self, content: object) -> dict[str, Any]:
        """Lift the people in the files of a job, and return summary and URLs of the results.

        ``content`` holds ``job``, ``lifter``, and the options of the page by name.

        Raises:
            InputError: If something of it, or of the files, is wrong.
        """
        if not isinstance(content, dict):
            raise InputError("Nothing can be lifted of that: load the page again.")
        job, key = self._job(content.get("job")), content.get("job")
        read_options, options = parse_options(content)
        read_options = replace(read_options, least_confidence=self.least_confidence)
        if len(job.files) > 1 and any(path.suffix.lower() != ".json" for path in job.files):
            raise InputError(
                "Several files must be OpenPose's of one recording: give others one by one."
            )
        source = job.files[0] if len(job.files) == 1 else job.folder
        name = source.stem if source.is_file() else "poses"
        lifter = self.lifters[str(content.get("lifter"))]
        people = lift_file(source, lifter, self.detector, read_options, options)
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


def parse_options(content: dict[str, Any]) -> tuple[ReadOptions, LiftOptions]:
    """Return how to read a keypoint file and how to lift, from the options of the page by name.

    Raises:
        InputError: If one of them is not what it should be.
    """
    numbers = {name: content.get(name) for name in _NUMBERS}
    for name, value in numbers.items():
        if value is not None and not (type(value) in (int, float) and 0 < value < 1e6):
            raise InputError(f"The {name} is {value}: give a number above 0, or leave it out.")
    skeleton, format, smooth = names = tuple(content.get(name) for name in _NAMES)
    if not all(value is None or isinstance(value, str) for value in names):
        raise InputError("Joint set, format and smoothing are names: load the page again.")
    width, height, fps = (None if value is None else float(value) for value in numbers.values())
    stills, trajectory = (content.get(name) is True for name in ("stills", "trajectory"))
    return (
        ReadOptions(skeleton, width, height, stills, format=format),
        LiftOptions(fps, smooth=smooth, trajectory=trajectory),
    )
