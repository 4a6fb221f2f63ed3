import errno
import subprocess

import pytest

from lifting.pipeline import process


def test_a_command_ends_with_a_supervisor_that_fails(monkeypatch):
    monkeypatch.setattr(process, "_LOOK_EVERY", 0.01)
    monkeypatch.setattr(process, "_NOTE_EVERY", 0.0)
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        process.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[0]
    )

    def note(seconds: float) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "stage.json")

    with pytest.raises(OSError, match="No space"), process.Supervisor() as supervisor:
        supervisor.run(["sleep", "60"], note)
    assert started[0].returncode == -15
