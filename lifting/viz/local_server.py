"""Pages that are served to this machine alone."""

import json
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from lifting.containers.json_files import parse_json
from lifting.errors import InputError, Option, Phrase

HOST = "127.0.0.1"
# Nothing from elsewhere; style and script are in the pages themselves.
POLICY = (
    "default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Bytes of a JSON body, where a handler says nothing else.
_LONGEST = 4096
# Digits of the length of a body.
_DIGITS = 18
# Seconds that a body which is not wanted may pause, and last.
_PATIENCE, _LONGEST_DRAIN = 2.0, 60.0


class LocalServer(ThreadingHTTPServer):
    """A server that this machine alone can reach.

    Args:
        handler: What answers.
        port: Port to listen on; 0 for any that is free.

    Attributes:
        ended: Whether it serves nobody any more. What fails in requests that are left is no fault.

    Raises:
        InputError: If the port is taken.
    """

    daemon_threads = True
    ended = False

    def __init__(self, handler: "type[LocalHandler]", port: int) -> None:
        try:
            super().__init__((HOST, port), handler)
        except (OSError, OverflowError) as error:
            raise InputError(
                Phrase("{} is {}, which is not free: give another.", Option("port"), port)
            ) from error

    @property
    def url(self) -> str:
        """Address of the first page."""
        return f"http://{HOST}:{self.server_port}/"

    def server_close(self) -> None:
        """Serve nobody any more."""
        self.ended = True
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Be quiet where the browser hung up; a page that is closed or loaded anew does."""
        if not (self.ended or isinstance(sys.exception(), ConnectionError)):
            super().handle_error(request, client_address)


class LocalHandler(BaseHTTPRequestHandler):
    """Answers the pages of this machine, and nobody else's."""

    server: LocalServer
    protocol_version = "HTTP/1.1"
    timeout = 60
    # Head and body of an answer are sent one after the other: the body must not wait for the receipt.
    disable_nagle_algorithm = True
    # Bytes of the longest JSON body, and what a page may do.
    longest: ClassVar[int] = _LONGEST
    policy: ClassVar[str] = POLICY

    def get(self) -> None:
        """Answer a request for something."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def post(self) -> None:
        """Take what was sent."""
        self.close_connection = True
        self.send_error(HTTPStatus.NOT_FOUND)

    def do_GET(self) -> None:
        """Answer whoever may ask."""
        if self.from_here():
            self.get()

    def do_POST(self) -> None:
        """Take from whoever may send."""
        if self.from_here():
            self.post()

    def from_here(self) -> bool:
        """Refuse other names of this machine, and what pages of other origins send."""
        hosts = {f"{name}:{self.server.server_port}" for name in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        if self.headers.get("Host") in hosts and origin in (None, *(f"http://{h}" for h in hosts)):
            return True
        self.close_connection = True
        self.send_error(HTTPStatus.FORBIDDEN)
        return False

    def length(self, longest: int | None = None) -> int | None:
        """Return the length of the body, or None where it is not told or too long."""
        text = self.headers.get("Content-Length", "")
        # Of more digits Python makes no number.
        few = len(text) <= _DIGITS and text.isascii() and text.isdecimal()
        if few and (longest is None or int(text) <= longest):
            return int(text)
        # What was not read would be taken for the next request.
        self.close_connection = True
        return None

    def drain(self) -> None:
        """Read and forget what is still sent, after an answer: who is sending reads no answer before.

        It ends with the other side, or when nothing comes for a while; the connection is over.
        """
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_PATIENCE)
            end = time.monotonic() + _LONGEST_DRAIN
            while self.connection.recv(1 << 20) and time.monotonic() < end:
                pass

    def json_body(self) -> object:
        """Return the content of a JSON body, or None where it is none."""
        if self.headers.get_content_type() != "application/json":
            self.close_connection = True
            return None
        length = self.length(self.longest)
        if length is None:
            return None
        try:
            return parse_json(self.rfile.read(length), "body")
        except InputError:
            return None

    def send_json(self, content: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Send an answer as JSON."""
        self.send(json.dumps(content, allow_nan=False).encode(), "application/json", status)

    def send(
        self,
        data: bytes,
        kind: str,
        status: HTTPStatus = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send an answer.

        Args:
            data: The content.
            kind: Its type.
            status: The status.
            headers: What else stands before it.
        """
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(data)),
            "Content-Security-Policy": self.policy,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            **({"Connection": "close"} if self.close_connection else {}),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Keep the terminal quiet."""
