"""Partial files of processes that were killed."""

from pathlib import Path

from lifting import files

# Above the highest number that Linux gives to a process.
DEAD = 2**22 + 1


def left_over(path: Path, process: int = DEAD, host: str | None = None) -> Path:
    """Return where a process of this machine, or of another one, left what it was writing."""
    return path.with_name(f"{path.name}.{process}-{host or files._HOST}0123.partial")
