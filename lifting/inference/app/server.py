"""Server of the app, for this machine alone."""

import sys
import traceback
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from lifting.errors import InputError, listening
from lifting.inference.app.camera import LARGEST, CameraSessions
from lifting.inference.app.job_store import JobStore
from lifting.inference.app.kept_jobs import ROOM
from lifting.inference.app.lifters import Lifters
from lifting.inference.app.page import app_page
from lifting.inference.app.playground import describe_lifter, lift_points
from lifting.inference.app.refusals import LengthError, RefusalError, TooLargeError
from lifting.inference.app.started import StartError
from lifting.inference.app.words import sentence, status, told
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.keypoint_files import FORMATS
from lifting.keypoints.threshold import LEAST_CONFIDENCE
from lifting.viz.local_server import POLICY, LocalHandler, LocalServer

_CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".npz": "application/octet-stream",
    ".bvh": "text/plain; charset=us-ascii",
}


class AppServer(LocalServer):
    """Serves the app.

    Args:
        lifters: The lifters to choose from.
        detector: How people are detected, or None.
        folder: Where files and results are kept.
        port: Port to listen on; 0 for any that is free.
        largest: Bytes of the largest file that is taken.
        least_confidence: Keypoints of files of less confidence are missing.
        room: Bytes of all that is kept.

    Raises:
        InputError: If the port is taken.
    """

    def __init__(
        self,
        lifters: Lifters,
        detector: DetectorOptions | None,
        folder: Path,
        port: int,
        largest: int,
        least_confidence: float = LEAST_CONFIDENCE,
        room: int = ROOM,
    ) -> None:
        self.lifters = lifters
        self.jobs = JobStore(folder, lifters, detector, least_confidence, room)
        self.cameras = CameraSessions(lifters, detector)
        self.largest = min(largest, room)
        self.page = app_page(lifters.paths, FORMATS, detector is not None)
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
        url = urlsplit(self.path)
        if url.path == "/":
            self.send(self.server.page, "text/html; charset=utf-8")
        elif url.path == "/play/lifter":
            name = parse_qs(url.query).get("name", [""])[0]
            self._answer(lambda: describe_lifter(self.server.lifters, name))
        else:
            self._send_result(url.path)

    def post(self) -> None:
        """Take a file, or lift what there is."""
        url = urlsplit(self.path)
        if url.path == "/files":
            self._take(parse_qs(url.query))
        elif url.path == "/lift":
            content = self.json_body()
            self._answer(lambda: self.server.jobs.lift(content))
        elif url.path == "/play/lift":
            content = self.json_body()
            self._answer(lambda: lift_points(self.server.lifters, content))
        elif url.path == "/camera/frame":
            self._take_frame(parse_qs(url.query))
        elif url.path in ("/camera/start", "/camera/stop"):
            content, cameras = self.json_body(), self.server.cameras
            work = cameras.start if url.path == "/camera/start" else cameras.stop
            self._answer(lambda: work(content))
        else:
            self.close_connection = True
            self.send_error(HTTPStatus.NOT_FOUND)

    def _take_frame(self, query: dict[str, list[str]]) -> None:
        length = self.length(LARGEST)
        plain = self.headers.get_content_type() == "image/jpeg"
        session, when = (query.get(name, [""])[0] for name in ("session", "time"))

        def work() -> dict[str, Any]:
            if length is None or not plain:
                self.close_connection = True
                raise InputError("That is no frame of a camera: load the page again.")
            return self.server.cameras.frame(session, when, self.rfile.read(length))

        self._answer(work)

    def _take(self, query: dict[str, list[str]]) -> None:
        name, job = query.get("name", [""])[0], query.get("job", [None])[0]

        def take() -> dict[str, Any]:
            # What is not read of the body must not be taken for the next request.
            self.close_connection = True
            if self.headers.get_content_type() != "application/octet-stream":
                raise RefusalError("That is no file: load the page again.")
            length = self.length()
            if length is None:
                raise LengthError("The length of the file is not told: load the page again.")
            if length > self.server.largest:
                limit = f"{self.server.largest / 1e6:,.0f} MB"
                remedy = "cut it, or start the app with a higher limit."
                raise TooLargeError(f"The file is larger than {limit}: {remedy}")
            key = self.server.jobs.take(name, self.rfile, length, job)
            self.close_connection = False
            return {"job": key}

        self._answer(take)
        if self.close_connection:
            self.drain()

    def _answer(self, work: Callable[[], dict[str, Any]]) -> None:
        """Send the answer of a piece of work, or what was wrong as one sentence."""
        code, answer = HTTPStatus.OK, dict[str, Any]()
        try:
            with listening() as warned:
                answer = work()
        except (ConnectionError, TimeoutError):
            # Whoever asked is gone, or sends no more: there is nobody to answer.
            raise
        except Exception as error:
            if self.server.ended:
                raise
            text, code = sentence(error), status(error)
            if text is None:
                traceback.print_exc()
                text = "That failed, by a fault of the app; its terminal says more."
            elif isinstance(error, StartError):
                print(f"{text}: {error.__cause__}", file=sys.stderr)
            answer = {"error": text}
        if warned:
            answer["warnings"] = told(warned)
        self.send_json(answer, code)

    def _send_result(self, path: str) -> None:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        file = None
        if len(parts) == 3 and parts[0] == "results":
            file = self.server.jobs.result(parts[1], parts[2])
        try:
            data = b"" if file is None else file.read_bytes()
        except OSError:
            file = None
        if file is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self.send(data, _CONTENT_TYPES[file.suffix])
