"""The server of the app, asked by hand: what it takes, hands out and refuses."""

import http.client
import json
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import quote

import numpy as np
import pytest

from datamodules.safe_load import load_npz
from lifting.errors import InputError
from lifting.inference.app import kept_jobs
from lifting.inference.app.lifters import Lifters
from lifting.inference.app.server import AppServer
from lifting.inference.prediction import lift
from lifting.local_server import LocalHandler
from tests.lifting.inference.keypoint_files import made_keypoints as made
from tests.lifting.made_checkpoints import make
from tests.made_lifters import save

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


@pytest.fixture(scope="module")
def lifters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lifters")
    save(make("video_pose_3d"), folder / "vp.ckpt")
    return Lifters([folder])


@pytest.fixture
def asking(lifters, tmp_path):
    with served(lifters, tmp_path) as ask:
        yield ask


def results(body):
    people = [(t, points, None) for t, points in enumerate(body)]
    return json.dumps(
        [{"image_id": t, "keypoints": made.flat(p), "category_id": 1} for t, p, _ in people]
    ).encode()


SIZED = {"lifter": "vp", "width": 1280, "height": 720.0}


def test_file_comes_in_and_its_poses_go_out(asking, lifters, tmp_path):
    job = asking.give("walk.json", results(POINTS))["job"]
    answer = asking.json("/lift", {"job": job, **SIZED, "fps": 25, "smooth": "savgol"})
    assert answer["summary"] == "6 frames of 1 person (coco17)."
    names = [file["name"] for file in answer["files"]]
    assert names == ["walk_3d.npz", "walk_3d_person0.bvh", "walk_3d.html"]
    (tmp_path / "back.npz").write_bytes(asking("GET", "/" + answer["files"][0]["url"])[1])
    expected = lift(POINTS, lifters["vp"], size=made.SIZE, fps=25, smooth="savgol")
    np.testing.assert_allclose(load_npz(tmp_path / "back.npz")["pose"], expected.pose, atol=1e-3)
    page, content = asking("GET", "/" + answer["page"])
    assert page.headers["Content-Type"].startswith("text/html")
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert b'id="clips"' in content
    # The same files once more, otherwise.
    assert asking.json("/lift", {"job": job, **SIZED})["summary"].startswith("6 frames")


def test_files_of_openpose_come_one_by_one(asking):
    job, lifted = None, made.person(25, 3)
    for number, points in enumerate(lifted):
        content = {"people": [{"pose_keypoints_2d": made.flat(points)}]}
        name = f"walk_{number:012d}_keypoints.json"
        job = asking.give(name, json.dumps(content), job)["job"]
    answer = asking.json("/lift", {"job": job, **SIZED})
    assert answer["summary"].startswith("3 frames of 1 person (openpose25).")
    assert answer["files"][0]["name"] == "poses_3d.npz"


def test_what_is_wrong_is_one_sentence(asking, tmp_path):
    job = asking.give("../../etc/odd name?.json", results(POINTS))["job"]
    for content, said in [
        ({"job": job, "lifter": "vp"}, "how large|How large"),
        ({"job": job, **SIZED, "lifter": "tea"}, "There is no lifter 'tea'; choose vp"),
        ({"job": job, **SIZED, "height": None}, "Width and height go together"),
        ({"job": job, **SIZED, "fps": -1}, "The fps is -1"),
        ({"job": job, **SIZED, "width": True}, "The width is True"),
        ({"job": job, **SIZED, "smooth": "tea"}, "'tea'"),
        ({"job": job, **SIZED, "smooth": 3}, "are names"),
        ({"job": job, **SIZED, "format": "npz"}, "^odd name_.json: is not of format npz"),
        ({"job": "gone", **SIZED}, "not here any more"),
        ({"job": ["x"], **SIZED}, "not here any more"),
        ([], "load the page again"),
    ]:
        answer = asking.json("/lift", content)
        assert list(answer) == ["error"]
        with pytest.raises(InputError, match=said):
            raise InputError(answer["error"])
        assert str(tmp_path) not in answer["error"]
        assert "\n" not in answer["error"]
    job = asking.give("a.npz", b"x")["job"]
    asking.give("b.npz", b"x", job)
    assert "give others one by one" in asking.json("/lift", {"job": job, **SIZED})["error"]
    assert "no name" in asking.give("..", b"x")["error"]
    assert "not here any more" in asking.give("a.json", b"x", "gone")["error"]
    assert all(path.is_relative_to(tmp_path) for path in tmp_path.rglob("*odd*"))


def test_file_that_is_too_large_is_not_kept(lifters, tmp_path):
    with served(lifters, tmp_path, largest=1000) as asking:
        answer, body = asking("POST", "/files?name=a.npz", b"x" * 1001, BYTES)
        assert (answer.status, "larger than 0 MB" in json.loads(body)["error"]) == (413, True)
        # Whoever is still sending when it is refused reads the answer all the same.
        answer, body = asking("POST", "/files?name=a.npz", b"x" * 30_000_000, BYTES)
        assert (answer.status, "larger than" in json.loads(body)["error"]) == (413, True)
        assert "job" in asking.give("a.npz", b"x" * 1000)
        answer, body = asking("POST", "/files?name=a.npz", b"x", "text/plain")
        assert (answer.status, list(json.loads(body))) == (400, ["error"])
    assert sum(1 for path in tmp_path.rglob("*") if path.is_file()) == 1


def test_all_that_is_kept_has_a_limit(lifters, tmp_path):
    def kept():
        return sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())

    content = results(POINTS)
    room = 4 * len(content)
    with served(lifters, tmp_path, room, room) as asking:
        job = asking.give("a.json", b"x" * (room // 2))["job"]
        path = f"/files?name=b.json&job={job}"
        answer, body = asking("POST", path, b"x" * (room // 2 + 1), BYTES)
        assert answer.status == 507
        assert json.loads(body)["error"].startswith("There is no room for it beside the rest")
        # What nobody is using makes room.
        job = asking.give("c.json", content)["job"]
        asking.give("d.json", b"x" * room)
        assert kept() == room
        assert "not here any more" in asking.json("/lift", {"job": job, **SIZED})["error"]
        # Results count as files do.
        job = asking.give("walk.json", content)["job"]
        answer, body = asking("POST", "/lift", json.dumps({"job": job, **SIZED}))
        assert (answer.status, kept()) == (507, len(content))


def test_a_slow_file_keeps_nobody_waiting(asking, lifters, monkeypatch):
    content = results(POINTS)
    port = asking.server.server_port
    head = "POST /files?name=slow.json HTTP/1.1\r\nContent-Type: application/octet-stream\r\n"
    head += f"Host: 127.0.0.1:{port}\r\nContent-Length: {len(content)}\r\n\r\n"
    monkeypatch.setattr(kept_jobs, "_KEPT", 1)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        slow.sendall(head.encode() + content[:-1])
        begin = time.monotonic()
        job = asking.give("walk.json", content)["job"]
        assert "summary" in asking.json("/lift", {"job": job, **SIZED})
        assert time.monotonic() - begin < 10
        # It comes to its end, however many others came meanwhile.
        slow.sendall(content[-1:])
        answer = http.client.HTTPResponse(slow)
        answer.begin()
        slow_job = json.loads(answer.read())["job"]
        assert asking.json("/lift", {"job": slow_job, **SIZED})["summary"].startswith("6 frames")


def test_files_of_one_name_do_not_take_each_others_place(asking, tmp_path):
    jobs = [asking.give("walk.json", results(POINTS))["job"] for _ in range(2)]
    npz = tmp_path / "walk.npz"
    np.savez(npz, keypoints=POINTS, skeleton="coco17")
    jobs.append(asking.give("WALK.npz", npz.read_bytes())["job"])
    answers = [asking.json("/lift", {"job": job, **SIZED}) for job in [*jobs, jobs[0]]]
    names = [answer["files"][0]["name"] for answer in answers]
    assert names == ["walk_3d.npz", "walk_json_3d.npz", "WALK_npz_3d.npz", "walk_3d.npz"]
    # In one job, where they are read together, and where a name is told apart by what is no letter.
    job = asking.give("a?.json", b"1")["job"]
    for name in ("a?.json", "a*.json", "A_.JSON", "other/a_.json"):
        assert "two files have this name" in asking.give(name, b"22", job)["error"]
    assert [path.read_bytes() for path in (tmp_path / job).rglob("*.json")] == [b"1"]


def test_many_at_once_are_kept_apart(asking):
    """Files, results and downloads of eight who ask at the same time."""

    def work(number):
        job = asking.give("walk.json", results(made.person(17, number + 1)))["job"]
        answer = asking.json("/lift", {"job": job, **SIZED})
        page, _ = asking("GET", "/" + answer["files"][0]["url"])
        return answer["summary"].split()[0], page.status, answer["files"][0]["name"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(work, range(8)))
    assert [answer[:2] for answer in answers] == [(str(n + 1), 200) for n in range(8)]
    assert len({answer[2] for answer in answers}) == 8


def test_playground_is_answered(asking, lifters):
    answer, body = asking("GET", "/play/lifter?name=vp")
    told = json.loads(body)
    assert len(told["keypoints"]["joints"]) == 17
    points = told["poses"]["Stand"]
    answer = asking.json("/play/lift", {"lifter": "vp", "points": points, "size": [1000, 1000]})
    expected = lift(points, lifters["vp"], skeleton="h36m17", size=(1000, 1000))
    np.testing.assert_allclose(answer["pose"], expected.pose[0], atol=0.051)
    assert "There is no lifter" in json.loads(asking("GET", "/play/lifter?name=x")[1])["error"]


def test_others_are_refused(asking):
    assert asking("GET", "/")[0].status == 200
    assert asking("GET", "/", Host="evil.example:80")[0].status == 403
    for path in ("/lift", "/play/lift", "/files?name=a"):
        refused = asking("POST", path, "{}", Origin="http://evil.example")
        assert refused[0].status == 403
    job = asking.give("walk.json", results(POINTS))["job"]
    asking.json("/lift", {"job": job, **SIZED})
    for path in (
        *("/elsewhere", "/results", f"/results/{job}", f"/results/{job}/walk.json"),
        *(f"/results/{job}/..%2Ffiles%2Fwalk.json", f"/results/{job}/../files/walk.json"),
        *("/results/gone/walk_3d.npz", "/../../etc/passwd"),
    ):
        assert asking("GET", path)[0].status == 404, path
    assert asking("POST", "/elsewhere", "{}")[0].status == 404


def test_fault_of_the_app_is_no_traceback_for_the_user(asking, monkeypatch, capsys):
    monkeypatch.setattr("lifting.inference.app.job_store.lift_file", lambda *_: 1 / 0)
    job = asking.give("walk.json", results(POINTS))["job"]
    assert asking.json("/lift", {"job": job, **SIZED}) == {
        "error": "That failed, by a fault of the app; its terminal says more."
    }
    # Whoever runs it sees where.
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    "head",
    [
        "POST /files?name=a.json HTTP/1.1\r\nContent-Type: application/octet-stream\r\n",
        "POST /camera/frame?session=x&time=1 HTTP/1.1\r\nContent-Type: image/jpeg\r\n",
        "POST /lift HTTP/1.1\r\nContent-Type: application/json\r\n",
        "GET /?",
    ],
)
@pytest.mark.parametrize("hangs_up", [True, False])
def test_who_goes_away_in_the_midst_is_no_fault(asking, head, hangs_up, capsys, monkeypatch):
    # Whoever does not hang up, and sends no more, is given up.
    monkeypatch.setattr(LocalHandler, "timeout", 0.1)
    port = asking.server.server_port
    if "Type" in head:
        head += f"Host: 127.0.0.1:{port}\r\nContent-Length: 9000\r\n\r\nabc"
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(head.encode())
            if hangs_up:
                # The connection is reset, not closed.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                client.settimeout(5)
                while client.recv(1 << 16):
                    pass
    assert asking("GET", "/")[0].status == 200
    time.sleep(0.1)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("length", ["9" * 17, "9" * 5000, "-1", "1e3", "²", ""])
def test_a_length_that_is_none_is_refused(asking, length, capsys):
    kind = {"kind": BYTES, "Content-Length": length}
    answer, body = asking("POST", "/files?name=a.json", b"abc", **kind)
    assert "error" in json.loads(body)
    assert answer.status == (413 if length == "9" * 17 else 411)
    assert capsys.readouterr().err == ""


def test_names_of_files_are_as_long_as_they_may_be(asking, tmp_path):
    for name in ("漢" * 300 + ".json", "x" * 3000 + ".json", "../" * 99 + "walk.json"):
        job = asking.give(name, results(POINTS))["job"]
        assert "summary" in asking.json("/lift", {"job": job, **SIZED})
        (path,) = (tmp_path / job / "files").iterdir()
        assert path.suffix == ".json"


def test_oldest_files_make_room(asking, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_jobs, "_KEPT", 2)
    jobs = [asking.give("walk.json", results(POINTS))["job"] for _ in range(3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(jobs[1:])
    assert "not here any more" in asking.json("/lift", {"job": jobs[0], **SIZED})["error"]
