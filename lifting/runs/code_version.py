"""Version of the code: the package's, and the git commit where it runs from a clone."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from lifting import __version__

_ROOT = Path(__file__).parents[2]


def code_version() -> dict[str, Any]:
    """Return the git commit of the code and whether files differ from it; empty outside a clone."""
    if not (_ROOT / ".git").exists():
        # An installed package may lie inside a repository of somebody else's.
        return {}

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(_ROOT), *arguments]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
        return done.stdout.strip()

    try:
        return {
            "commit": git("rev-parse", "HEAD"),
            "modified": bool(git("status", "--porcelain", "--untracked-files=no")),
        }
    except (OSError, subprocess.CalledProcessError):
        return {}


@cache
def running_version() -> dict[str, Any]:
    """Return :func:`code_version` as it was when this process first asked, which is what it runs."""
    return code_version()


def version_line() -> str:
    """Return name, version and commit of the program."""
    code = code_version()
    if not code:
        return f"lifting {__version__}"
    changed = ", with changes" if code["modified"] else ""
    return f"lifting {__version__} (commit {code['commit'][:10]}{changed})"
