"""The server of the app, asked by hand: what it takes, hands out and refuses."""

import json
import shutil
import socket
import struct
import time

import numpy as np
import pytest

from datamodules.safe_load import load_npz
from lifting.errors import InputError
from lifting.inference.prediction import lift
from lifting.viz.local_server import LocalHandler
from tests.lifting.inference.app.served import BYTES, POINTS, SIZED, results, served
from tests.lifting.inference.keypoint_files import made_keypoints as made


def test_file_comes_in_and_its_poses_go_out(asking, served_lifters, tmp_path):
    job = asking.give("walk.json", results(POINTS))["job"]
    answer = asking.json("/lift", {"job": job, **SIZED, "fps": 25, "smooth": "savgol"})
    assert answer["summary"] == "6 frames of 1 person (coco17)."
    names = [file["name"] for file in answer["files"]]
    assert names == ["walk_3d.npz", "walk_3d_person0.bvh", "walk_3d.html"]
    (tmp_path / "back.npz").write_bytes(asking("GET", "/" + answer["files"][0]["url"])[1])
    expected = lift(POINTS, served_lifters["vp"], size=made.SIZE, fps=25, smooth="savgol")
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


def test_playground_is_answered(asking, served_lifters):
    answer, body = asking("GET", "/play/lifter?name=vp")
    told = json.loads(body)
    assert len(told["keypoints"]["joints"]) == 17
    points = told["poses"]["Stand"]
    answer = asking.json("/play/lift", {"lifter": "vp", "points": points, "size": [1000, 800]})
    expected = lift(points, served_lifters["vp"], skeleton="h36m17", size=(1000, 800))
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


def test_what_fails_after_the_end_is_no_fault(served_lifters, tmp_path, capsys):
    """A file that is still on its way when its folder is removed."""
    content = results(POINTS)
    head = f"POST /files?name=a.json HTTP/1.1\r\nContent-Type: {BYTES}\r\n"
    with served(served_lifters, tmp_path / "gone") as asking:
        (tmp_path / "gone").mkdir()
        port = asking.server.server_port
        head += f"Host: 127.0.0.1:{port}\r\nContent-Length: {len(content)}\r\n\r\n"
        client = socket.create_connection(("127.0.0.1", port), timeout=20)
        client.sendall(head.encode() + content[:-1])
        while not list((tmp_path / "gone").rglob("*.partial")):
            time.sleep(0.01)
    shutil.rmtree(tmp_path / "gone")
    client.sendall(content[-1:])
    assert client.recv(1 << 16) == b""
    client.close()
    assert capsys.readouterr().err == ""


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
