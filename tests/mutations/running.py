"""A copy of the suite in which one line at a time is wrong; the working tree is never touched."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
COPIED = ("lifting", "datamodules", "callbacks", "tests")
# What pytest ends with where tests ran and some failed.
FAILED = 1
OPTIONS = ("-x", "-q", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist")


@dataclass(frozen=True)
class Mutation:
    """One wrong line.

    Attributes:
        name: What is wrong then.
        file: The file, from the root of the repository.
        text: What is there once, exactly.
        wrong: What stands there instead.
        tests: The test file that must fail.
    """

    name: str
    file: str
    text: str
    wrong: str
    tests: str

    def applied(self, content: str) -> str:
        """Return the content of the file with the mutation."""
        return content.replace(self.text, self.wrong)


def listed() -> list[Mutation]:
    """Return the mutations of ``listed.yaml``."""
    content = Path(__file__).with_name("listed.yaml").read_text("utf-8")
    return [Mutation(**entry) for entry in yaml.safe_load(content)]


class Copy:
    """A copy of the suite.

    Args:
        folder: A folder that is not there yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy(ROOT / "pyproject.toml", folder)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "LIFTING"))}
        # Nothing compiled is written, which could be taken for that of the next mutation.
        own = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        self._worker = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py"))],
            env=kept | own,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    @contextmanager
    def mutated(self, mutation: Mutation) -> Iterator[None]:
        """Let the copy have a mutation for a while."""
        path = self.folder / mutation.file
        path.write_text(mutation.applied(path.read_text("utf-8")), "utf-8")
        try:
            yield
        finally:
            # With the time of the original, whose compiled form is valid again.
            shutil.copy2(ROOT / mutation.file, path)

    def test(self, files: Sequence[str]) -> tuple[int, str]:
        """Run test files in the copy until one fails, and return pytest's status and its words."""
        words = self.folder / "words.txt"
        request = json.dumps([str(self.folder), str(words), *OPTIONS, *files])
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        print(request, file=self._worker.stdin, flush=True)
        return int(self._worker.stdout.readline()), words.read_text("utf-8")

    def close(self) -> None:
        """End the process that runs the tests."""
        assert self._worker.stdin is not None
        self._worker.stdin.close()
        self._worker.wait()
