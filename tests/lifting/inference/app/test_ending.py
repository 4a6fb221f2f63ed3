"""The end of the app as a process: what was given to it is gone, however it ends."""

import http.client
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lifting.errors import StoppedError
from lifting.inference.app.ending import ended_by_signals
from tests.lifting.made_checkpoints import make
from tests.made_lifters import save

ROOT = Path(__file__).parents[4]
REMOVED = "after removing what was given to the app; start it again.\n"
# Processes of tests are forked from one that knows its folder of temporary files already, and which may
# have been started by what ignores SIGHUP.
PROGRAM = """
import signal
import sys
import tempfile
tempfile.tempdir = None
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from lifting.cli.main import main
main("app", "--detector", "none", "--port", "0")
"""


@pytest.fixture(autouse=True)
def _heard():
    """Let signals be heard, which what runs in the background may begin without."""
    signals = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in signals.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def begun(folder, checkpoint):
    """Start an app whose folder of temporary files is ``folder``, and give it a file."""
    program = folder.parent / "program.py"
    program.write_text(PROGRAM)
    words = [sys.executable, str(program), checkpoint]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    app = subprocess.Popen(words, env=environment, cwd=folder, **pipes)
    port = int(re.findall(r":(\d+)/", app.stdout.readline())[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/octet-stream"}
    connection.request("POST", "/files?name=walk.json", b"x" * 1000, headers)
    assert b"job" in connection.getresponse().read()
    # One more, which does not arrive whole.
    connection.putrequest("POST", "/files?name=more.json")
    for name, value in (*headers.items(), ("Content-Length", "3000000")):
        connection.putheader(name, value)
    connection.endheaders(b"x" * 2_000_000)
    return app, connection


def ended(app, connection, number):
    """Return the status of an app that was sent a signal, and what it said."""
    app.send_signal(number)
    _, error = app.communicate(timeout=20)
    connection.close()
    return app.returncode, error


@pytest.mark.slow(reason="starts the app four times")
def test_files_are_gone_after_every_end(tmp_path):
    checkpoint = save(make("video_pose_3d"), tmp_path / "vp.ckpt")
    place = tmp_path / "temporary"
    place.mkdir()
    longest = begun(place, checkpoint)
    for number, answer in [
        (signal.SIGTERM, (143, f"Terminated {REMOVED}")),
        (signal.SIGKILL, (-9, "")),
        (signal.SIGINT, (0, "")),
    ]:
        before = set(place.iterdir())
        app = begun(place, checkpoint)
        (own,) = set(place.iterdir()) - before
        # What the killed one left is gone, and what another app holds is not.
        assert len(list(place.iterdir())) == 2
        assert own.stat().st_mode & 0o077 == 0
        assert any(path.is_file() for path in own.rglob("*"))
        assert ended(*app, number) == answer
        assert own.exists() == (number == signal.SIGKILL)
    assert ended(*longest, signal.SIGHUP) == (129, f"Terminated {REMOVED}")
    assert not list(place.iterdir())


def test_what_ignores_a_signal_goes_on_to_do_so():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with ended_by_signals():
        os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_nothing_ends_the_removal():
    removed = False

    def serve():
        nonlocal removed
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            removed = True

    with pytest.raises(StoppedError, match="Terminated after removing"), ended_by_signals():
        serve()
    assert removed
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
