"""Files that are given to the server of the app: how many, how large, how slowly, and called what."""

import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lifting.inference.app import kept_jobs
from tests.lifting.inference.app.served import BYTES, POINTS, SIZED, results, served
from tests.lifting.inference.keypoint_files import made_keypoints as made


def test_file_that_is_too_large_is_not_kept(served_lifters, tmp_path):
    with served(served_lifters, tmp_path, largest=1000) as asking:
        answer, body = asking("POST", "/files?name=a.npz", b"x" * 1001, BYTES)
        assert (answer.status, "larger than 0 MB" in json.loads(body)["error"]) == (413, True)
        # Whoever is still sending when it is refused reads the answer all the same.
        answer, body = asking("POST", "/files?name=a.npz", b"x" * 30_000_000, BYTES)
        assert (answer.status, "larger than" in json.loads(body)["error"]) == (413, True)
        assert "job" in asking.give("a.npz", b"x" * 1000)
        answer, body = asking("POST", "/files?name=a.npz", b"x", "text/plain")
        assert (answer.status, list(json.loads(body))) == (400, ["error"])
    assert sum(1 for path in tmp_path.rglob("*") if path.is_file()) == 1


def test_all_that_is_kept_has_a_limit(served_lifters, tmp_path):
    def kept():
        return sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())

    content = results(POINTS)
    room = 4 * len(content)
    with served(served_lifters, tmp_path, room, room) as asking:
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


def test_a_slow_file_keeps_nobody_waiting(asking, served_lifters, monkeypatch):
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


def test_oldest_files_make_room(asking, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_jobs, "_KEPT", 2)
    jobs = [asking.give("walk.json", results(POINTS))["job"] for _ in range(3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(jobs[1:])
    assert "not here any more" in asking.json("/lift", {"job": jobs[0], **SIZED})["error"]


def test_names_of_files_are_as_long_as_they_may_be(asking, tmp_path):
    for name in ("漢" * 300 + ".json", "x" * 3000 + ".json", "../" * 99 + "walk.json"):
        job = asking.give(name, results(POINTS))["job"]
        assert "summary" in asking.json("/lift", {"job": job, **SIZED})
        (path,) = (tmp_path / job / "files").iterdir()
        assert path.suffix == ".json"
