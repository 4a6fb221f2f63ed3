"""The page on which an annotator answers, served to this machine alone."""

import json
import math
import sys
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Lock
from typing import Any
from urllib.parse import unquote

from datamodules.annotation.images import JudgedImage
from datamodules.annotation.session import Session
from lifting.errors import InputError
from lifting.skeletons import skeleton

HOST = "127.0.0.1"
_JOINTS = skeleton("lsp14")
_KINDS = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
_CHOICES = {"first": "first", "second": "second", "unsure": None}
# Longest request body, bytes: an answer has a hundred.
_LONGEST = 4096
# Nothing from elsewhere; style and script are in the page itself.
_POLICY = (
    "default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class AnnotationServer(ThreadingHTTPServer):
    """Serves the page of a session.

    Args:
        session: Questions and answers.
        images: The images they are about.
        port: Port to listen on; 0 for any that is free.

    Raises:
        InputError: If the port is taken.
    """

    daemon_threads = True

    def __init__(self, session: Session, images: Sequence[JudgedImage], port: int) -> None:
        self.session = session
        self.images = {image.name: image for image in images}
        self.turn = Lock()
        self.page = files("datamodules.annotation").joinpath("page.html").read_bytes()
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError):
            raise InputError(f"--port is {port}, which is not free: give another.") from None

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://{HOST}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Be quiet where the browser hung up; a page that is closed or loaded anew does."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def state(self) -> dict[str, Any]:
        """Return the progress and the current question, as the page draws it."""
        number = self.session.current()
        state: dict[str, Any] = {
            "annotator": self.session.annotator,
            "done": self.session.done,
            "total": len(self.session.questions),
            "question": None,
        }
        if number is None:
            return state
        question = self.session.questions[number]
        image = self.images[question.image]
        state["question"] = {
            "number": number,
            "image": image.name,
            "picture": image.picture is not None,
            "keypoints": image.keypoints.tolist(),
            "seen": image.seen.tolist(),
            "bones": [
                [parent, child, _JOINTS.side(child)]
                for parent, child in _JOINTS.bones
                if image.seen[[parent, child]].all()
            ],
            **{
                place: {"joint": joint, "name": _JOINTS.joints[joint].replace("_", " ")}
                for place, joint in (("first", question.first), ("second", question.second))
            },
        }
        return state


def _answer(content: object) -> tuple[int, str | None, float] | None:
    """Return the number of the question, the answer and its time, or None where it is none."""
    if not isinstance(content, dict):
        return None
    number, choice, seconds = (content.get(name) for name in ("number", "nearer", "seconds"))
    if type(number) is not int or not isinstance(choice, str) or choice not in _CHOICES:
        return None
    if not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        return None
    return number, _CHOICES[choice], float(seconds)


class _Handler(BaseHTTPRequestHandler):
    server: AnnotationServer
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """Serve the page, the state, or a picture."""
        if not self._from_here():
            return
        if self.path == "/":
            self._send(self.server.page, "text/html; charset=utf-8")
        elif self.path == "/state":
            with self.server.turn:
                self._send_state()
        elif self.path.startswith("/picture/"):
            self._send_picture(unquote(self.path.removeprefix("/picture/")))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Take an answer, or take one back."""
        if not self._from_here():
            return
        content = self._body()
        session = self.server.session
        given = _answer(content)
        with self.server.turn:
            if self.path == "/undo" and content == {}:
                self._keep(session.undo)
            elif self.path == "/answer" and given is not None:
                self._keep(lambda: session.answer(*given))
            else:
                self.send_error(HTTPStatus.BAD_REQUEST)

    def _keep(self, change: Callable[[], bool]) -> None:
        try:
            change()
        except (InputError, OSError) as error:
            message = json.dumps({"error": str(error)}).encode()
            self._send(message, "application/json", HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        self._send_state()

    def _from_here(self) -> bool:
        """Refuse other names of this machine, and what pages of other origins send."""
        hosts = {f"{name}:{self.server.server_port}" for name in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        if self.headers.get("Host") in hosts and origin in (None, *(f"http://{h}" for h in hosts)):
            return True
        self.close_connection = True
        self.send_error(HTTPStatus.FORBIDDEN)
        return False

    def _body(self) -> object:
        length = self.headers.get("Content-Length", "")
        plain = self.headers.get_content_type() == "application/json"
        if not plain or not length.isdecimal() or int(length) > _LONGEST:
            self.close_connection = True
            return None
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            return None

    def _send_state(self) -> None:
        self._send(json.dumps(self.server.state()).encode(), "application/json")

    def _send_picture(self, name: str) -> None:
        image = self.server.images.get(name)
        if image is None or image.picture is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            data = image.picture.read_bytes()
        except OSError:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._send(data, _KINDS[image.picture.suffix])

    def _send(self, data: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(data)),
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Keep the terminal quiet."""
