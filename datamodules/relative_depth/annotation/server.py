"""Local web server of the annotation page."""

import math
from collections.abc import Callable, Sequence
from http import HTTPStatus
from importlib.resources import files
from threading import Lock
from typing import Any
from urllib.parse import unquote

from datamodules.relative_depth.annotation.images import JudgedImage
from datamodules.relative_depth.annotation.session import Session
from lifting.errors import InputError
from lifting.skeletons import skeleton
from lifting.viz.local_server import LocalHandler, LocalServer

_JOINTS = skeleton("lsp14")
_KINDS = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
_CHOICES = {"first": "first", "second": "second", "unsure": None}


class AnnotationServer(LocalServer):
    """Serves the page of a session about some images.

    Raises:
        InputError: If the port is taken.
    """

    def __init__(self, session: Session, images: Sequence[JudgedImage], port: int) -> None:
        self.session = session
        self.images = {image.name: image for image in images}
        self.turn = Lock()
        self.page = (
            files("datamodules.relative_depth.annotation").joinpath("page.html").read_bytes()
        )
        super().__init__(_Handler, port)

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
                end: {"joint": joint, "name": _JOINTS.joints[joint].replace("_", " ")}
                for end, joint in (("first", question.first), ("second", question.second))
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


class _Handler(LocalHandler):
    server: AnnotationServer

    def get(self) -> None:
        """Serve the page, the state, or a picture."""
        if self.path == "/":
            self.send(self.server.page, "text/html; charset=utf-8")
        elif self.path == "/state":
            with self.server.turn:
                self._send_state()
        elif self.path.startswith("/picture/"):
            self._send_picture(unquote(self.path.removeprefix("/picture/")))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def post(self) -> None:
        """Take an answer, or take one back."""
        content = self.json_body()
        session = self.server.session
        answer = _answer(content)
        with self.server.turn:
            if self.path == "/undo" and content == {}:
                self._keep(session.undo)
            elif self.path == "/answer" and answer is not None:
                self._keep(lambda: session.answer(*answer))
            else:
                self.send_error(HTTPStatus.BAD_REQUEST)

    def _keep(self, change: Callable[[], bool]) -> None:
        try:
            change()
        except (InputError, OSError) as error:
            self.send_json({"error": str(error)}, HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        self._send_state()

    def _send_state(self) -> None:
        self.send_json(self.server.state())

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
        self.send(data, _KINDS[image.picture.suffix])
