"""Running a script as a user does, within the process of the tests."""

import runpy
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def script(name, *arguments):
    """Run ``scripts/<name>.py`` with arguments."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_path(str(ROOT / f"scripts/{name}.py"), run_name="__main__")


def refused(capsys, name, *arguments):
    """Run a script that ends with a status of 2 and one sentence, and return it."""
    with pytest.raises(SystemExit) as ended:
        script(name, *arguments)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert said.count("\n") == 1
    return said


def wait_for(path):
    """Wait until a file has content."""
    for _ in range(1200):
        if path.is_file() and path.stat().st_size:
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} was not made")
