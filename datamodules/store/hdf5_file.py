"""A file that HDF5 can write to when the disk is full."""

import io
from pathlib import Path
from typing import Any


class Hdf5File(io.FileIO):
    """A file that keeps its first failure to be raised later.

    HDF5 writes most of a file while it closes it, and crashes where that fails.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self.failure: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of the data, or keep the failure."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.failure = self.failure or error
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        """Set the size of the file, or keep the failure."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.failure = self.failure or error
            return self.tell()

    def check(self, path: Path) -> None:
        """Raise the failure, if there was one, under the name of the file being made."""
        if self.failure:
            raise OSError(self.failure.errno, self.failure.strerror, str(path))
