"""Store of the app's jobs: uploaded files and their results."""

import re
import secrets
import shutil
from dataclasses import replace
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from lifting.errors import InputError
from lifting.files import beside
from lifting.inference.app.inputs import LiftedPerson, lift_file
from lifting.inference.app.kept_jobs import ROOM, Job, KeptJobs
from lifting.inference.app.lifters import Lifters
from lifting.inference.app.page_options import parse_options
from lifting.inference.app.results import Results, write_results
from lifting.inference.detectors.options import DetectorOptions
from lifting.keypoints.threshold import LEAST_CONFIDENCE

_CHUNK_BYTES = 1 << 20
# Bytes of the name of a file.
_LONGEST_NAME = 120
# Where the results of several files lie.
_SEVERAL = "poses"


class JobStore:
    """Stores uploaded files by job in a folder, lifts the people in them, and finds the results.

    Args:
        folder: Where.
        lifters: The lifters to choose from.
        detector: How people are detected, or None.
        least_confidence: Keypoints of files of less confidence are missing.
        room: Bytes of all files and results together; the oldest ones make room.
    """

    def __init__(
        self,
        folder: Path,
        lifters: Lifters,
        detector: DetectorOptions | None,
        least_confidence: float = LEAST_CONFIDENCE,
        room: int = ROOM,
    ) -> None:
        self.lifters = lifters
        self.detector = detector
        self.least_confidence = least_confidence
        self._jobs = KeptJobs(folder, room)

    def take(self, name: str, stream: BufferedIOBase, length: int, job: str | None = None) -> str:
        """Take a file of so many bytes, and return the job it belongs to, a new one if none is given.

        Raises:
            InputError: If it has no name or that of another, the job is gone, there is no room, or it
                arrives incomplete.
        """
        # Of a path the last part, whatever separates them, and nothing that is not in names.
        plain = re.sub(r"[^\w. ()-]+", "_", re.split(r"[/\\]", name)[-1]).strip(". ")
        # A name of a file has 255 bytes, and the results' names are longer.
        plain = plain.encode()[-_LONGEST_NAME:].decode(errors="ignore").lstrip(". ")
        if not plain:
            raise InputError("The file has no name: give it one.")
        with self._jobs.used(job) as own:
            self._jobs.check_room(own, length)
            self._jobs.reserve(own, plain)
            try:
                self._receive(own, plain, stream, length)
            except BaseException:
                self._jobs.give_up(own, plain)
                raise
            return own.key

    def _receive(self, job: Job, name: str, stream: BufferedIOBase, length: int) -> None:
        """Write what arrives, chunk by chunk, and put it beside the other files once it is whole."""
        arriving, claimed = job.folder / secrets.token_hex(8), 0
        try:
            with beside(arriving) as partial, partial.open("wb") as target:
                while claimed < length:
                    chunk = stream.read(min(length - claimed, _CHUNK_BYTES))
                    if not chunk:
                        raise InputError("did not arrive whole", name, "give it again.")
                    self._jobs.claim(job, len(chunk))
                    claimed += len(chunk)
                    target.write(chunk)
            job.files[name] = arriving.rename(job.given / name)
        except BaseException:
            self._jobs.release(job, claimed)
            raise

    def lift(self, content: object) -> dict[str, Any]:
        """Lift the people in the files of a job, and return summary and URLs of the results.

        ``content`` holds ``job``, ``lifter``, and the options of the page by name.

        Raises:
            InputError: If something of it, or of the files, is wrong, or there is no room for the
                results.
        """
        if not isinstance(content, dict):
            raise InputError("Nothing can be lifted of that: load the page again.")
        # Without a key a new job would be made.
        with self._jobs.used(content.get("job") or "") as job, job.lifting:
            read_options, options = parse_options(content)
            read_options = replace(read_options, least_confidence=self.least_confidence)
            files = list(job.files.values())
            if len(files) > 1 and any(path.suffix.lower() != ".json" for path in files):
                raise InputError(
                    "Several files must be OpenPose's of one recording: give others one by one."
                )
            source = files[0] if len(files) == 1 else job.given
            lifter = self.lifters[str(content.get("lifter"))]
            people = lift_file(source, lifter, self.detector, read_options, options)
            results = self._write(job, people, source.name if len(files) == 1 else _SEVERAL)
            written = [
                {"name": p.name, "url": f"results/{job.key}/{p.name}"} for p in results.files
            ]
            page = f"results/{job.key}/{results.page.name}"
            return {"summary": results.summary, "page": page, "files": written}

    def _write(self, job: Job, people: list[LiftedPerson], source: str) -> Results:
        """Write the results of a job in place of its earlier ones."""
        out = job.folder / "out"
        if job.results is not None:
            earlier, job.results = job.results, None
            shutil.rmtree(out)
            self._jobs.release(job, earlier.bytes)
        out.mkdir()
        try:
            results = write_results(people, out, self._jobs.title(job, source))
            self._jobs.claim(job, results.bytes)
        except BaseException:
            shutil.rmtree(out, ignore_errors=True)
            raise
        job.results = results
        return results

    def result(self, key: str, name: str) -> Path | None:
        """Return a file of the results of a job, or None where there is none."""
        job = self._jobs.find(key)
        results = None if job is None else job.results
        return next((p for p in results.files if p.name == name), None) if results else None
