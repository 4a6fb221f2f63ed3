"""The app, served to this machine alone."""

import traceback
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from lifting.errors import explain
from lifting.inference.app.job_store import Desk
from lifting.inference.app.lifters import Lifters
from lifting.inference.app.page import app_page
from lifting.inference.app.playground import beginning, lift_dragged
from lifting.inference.detectors.factory import Detecting
from lifting.serving import POLICY, LocalHandler, LocalServer

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".npz": "application/octet-stream",
    ".bvh": "text/plain; charset=us-ascii",
}


class AppServer(LocalServer):
    """Serves the app.

    Args:
        lifters: What lifts.
        detecting: What sees people on pictures, if anything does.
        folder: Where files lie for the time being.
        port: Port to listen on; 0 for any that is free.
        largest: Bytes of the largest file that is taken.

    Raises:
        InputError: If the port is taken.
    """

    def __init__(
        self,
        lifters: Lifters,
        detecting: Detecting | None,
        folder: Path,
        port: int,
        largest: int,
    ) -> None:
        from lifting.inference.keypoint_files import FORMATS

        self.lifters = lifters
        self.desk = Desk(folder, lifters, detecting)
        self.largest = largest
        self.page = app_page(lifters.paths, FORMATS, detecting is not None)
        super().__init__(_Handler, port)


class _Handler(LocalHandler):
    server: AppServer
    longest: ClassVar[int] = 1 << 16
    # Pictures that are laid under a skeleton, and the page of the results.
    policy: ClassVar[str] = (
        POLICY.replace("data:", "data: blob:").replace(
            "frame-ancestors 'none'", "frame-ancestors 'self'"
        )
        + "; frame-src 'self'"
    )

    def get(self) -> None:
        """Serve the page, a lifter's description, or results."""
        where = urlsplit(self.path)
        if where.path == "/":
            self.send(self.server.page, "text/html; charset=utf-8")
        elif where.path == "/play/lifter":
            name = parse_qs(where.query).get("name", [""])[0]
            self._answer(lambda: beginning(self.server.lifters, name))
        else:
            self._send_result(where.path)

    def post(self) -> None:
        """Take a file, or lift what there is."""
        where = urlsplit(self.path)
        if where.path == "/files":
            self._take(parse_qs(where.query))
        elif where.path == "/lift":
            content = self.json_body()
            self._answer(lambda: self.server.desk.lift(content))
        elif where.path == "/play/lift":
            content = self.json_body()
            self._answer(lambda: lift_dragged(self.server.lifters, content))
        else:
            self.close_connection = True
            self.send_error(HTTPStatus.NOT_FOUND)

    def _take(self, query: dict[str, list[str]]) -> None:
        length = self.length(self.server.largest)
        plain = self.headers.get_content_type() == "application/octet-stream"
        if length is None or not plain:
            self.close_connection = True
            megabytes = self.server.largest / 1e6
            self.send_json(
                {
                    "error": f"The file is larger than {megabytes:,.0f} MB: cut it, or "
                    "start the app with a larger --megabytes."
                }
            )
            return
        name, job = query.get("name", [""])[0], query.get("job", [None])[0]

        def take() -> dict[str, Any]:
            # What is not read of the body must not be taken for the next request.
            self.close_connection = True
            key = self.server.desk.take(name, self.rfile, length, job)
            self.close_connection = False
            return {"job": key}

        self._answer(take)

    def _answer(self, work: Callable[[], dict[str, Any]]) -> None:
        """Send what comes out, or what was wrong as one sentence."""
        try:
            answer = work()
        except Exception as error:
            sentence = explain(error)
            if sentence is None:
                traceback.print_exc()
                sentence = "That failed, by a fault of the app; its terminal says more."
            answer = {"error": sentence}
        self.send_json(answer)

    def _send_result(self, path: str) -> None:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        found = None
        if len(parts) == 3 and parts[0] == "results":
            found = self.server.desk.result(parts[1], parts[2])
        try:
            data = b"" if found is None else found.read_bytes()
        except OSError:
            found = None
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self.send(data, _KINDS[found.suffix])
