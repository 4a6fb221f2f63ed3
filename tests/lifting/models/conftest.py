"""Made-up models, an empty cache and a server that counts what it is asked for."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lifting.models.registry import Model, ModelFile

CONTENT = bytes(range(256)) * 800


def made_file(path: str = "weights.onnx", content: bytes = CONTENT, at: str = "") -> ModelFile:
    return ModelFile(path, len(content), hashlib.sha256(content).hexdigest(), at)


def made_model(source: str, *files: ModelFile, kind: str = "detector") -> Model:
    return Model("made", kind, source, files=files or (made_file(),))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache and a user's file of this test alone, and no mirror."""
    for name in ("LIFTING_OFFLINE", "LIFTING_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LIFTING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LIFTING_MODELS_FILE", str(tmp_path / "models.json"))
    # What the machine sends through a proxy stays here.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache"


class FileServer(ThreadingHTTPServer):
    """A server of files by path, whose faults are set by the test.

    Attributes:
        files: Contents by path.
        asked: Path and Range of every request.
        stop_after: Bytes after which the next answer breaks off.
        ranges: Whether it knows Range.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.stop_after: int | None = None
        self.ranges = True
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.server.asked.append((self.path, wanted))
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if start and self.server.ranges and start >= len(content):
            self.send_error(416)
            return
        if not self.server.ranges:
            start = 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        stop, self.server.stop_after = self.server.stop_after, None
        self.wfile.write(content[start:][:stop])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
