"""A server of the app, and one that asks it as its page does."""

import http.client
import json
import threading
from contextlib import contextmanager
from urllib.parse import quote

from lifting.inference.app import kept_jobs
from lifting.inference.app.server import AppServer
from tests.lifting.inference.keypoint_files import made_keypoints as made

POINTS = made.person(17, 6)
BYTES = "application/octet-stream"


class Asking:
    """Asks a server as its page does."""

    def __init__(self, server):
        self.server = server

    def __call__(self, method, path, body=None, kind="application/json", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=20)
        if body is not None:
            headers = {"Content-Type": kind, **headers}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def json(self, path, content):
        answer, body = self("POST", path, json.dumps(content))
        assert answer.status == 200
        return json.loads(body)

    def give(self, name, content, job=None):
        path = f"/files?name={quote(name)}" + (f"&job={job}" if job else "")
        return json.loads(self("POST", path, content, BYTES)[1])


@contextmanager
def served(lifters, folder, largest=1_000_000, room=kept_jobs.ROOM):
    with AppServer(lifters, None, folder, 0, largest, room=room) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield Asking(server)
        finally:
            server.shutdown()
            thread.join()


def results(body):
    people = [(t, points, None) for t, points in enumerate(body)]
    return json.dumps(
        [{"image_id": t, "keypoints": made.flat(p), "category_id": 1} for t, p, _ in people]
    ).encode()


SIZED = {"lifter": "vp", "width": 1280, "height": 720.0}
