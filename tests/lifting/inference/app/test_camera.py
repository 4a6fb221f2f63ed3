"""Camera sessions of the app: frames in, people in 3D out, by hand and through the server."""

import io
import json
import threading

import numpy as np
import PIL.Image
import pytest

from lifting.errors import InputError
from lifting.inference.app import camera, server
from lifting.inference.app.camera import CameraSessions
from lifting.inference.app.lifters import Lifters
from lifting.inference.detectors.interfaces import Detection
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.live import LiveLifter
from tests.lifting.inference.app.served import Asking
from tests.lifting.made_checkpoints import make
from tests.made_lifters import save

OPTIONS = DetectorOptions("stub", least_confidence=0.3)
STEPS = {"decode", "detect", "lift"}


def jpeg(level, size=(64, 48)):
    content = io.BytesIO()
    PIL.Image.new("RGB", size, (level, 0, 0)).save(content, "JPEG", quality=95)
    return content.getvalue()


class StubTracker:
    """Sees as many people as told, who move with the redness of the frame."""

    skeleton = "coco17"
    body = np.random.default_rng(0).uniform(10, 40, (17, 2))

    def __init__(self, people=1):
        self.people = people
        self.frames = []

    def keypoints(self, person, image):
        red = float(image[..., 0].mean()) / 10
        points = np.concatenate([self.body + red + 100 * person, np.full((17, 1), 0.9)], 1)
        if red > 1:
            points[3, 2] = 0.2  # Below what counts.
        return points.astype(np.float32)

    def track(self, frames):
        self.frames += frames
        return [
            [Detection(7 + p, self.keypoints(p, f.image)) for p in range(self.people)]
            for f in frames
        ]


@pytest.fixture
def trackers(monkeypatch):
    """The trackers that sessions were given, of as many people as ``trackers.people`` says."""

    class Made(list):
        people = 1

    made = Made()

    def build(options, most):
        assert options is OPTIONS
        made.append(StubTracker(made.people))
        made[-1].most = most
        return made[-1]

    monkeypatch.setattr(camera, "tracker_of", build)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lifters")
    save(make("causal"), folder / "a_live.ckpt")
    save(make("simple_baseline"), folder / "single.ckpt")
    save(make("video_pose_3d"), folder / "ahead.ckpt")
    return folder


@pytest.fixture
def sessions(trackers, folder):
    return CameraSessions(Lifters([folder]), OPTIONS)


def started(sessions, lifter="a_live", **options):
    return sessions.start({"lifter": lifter, **options})["session"]


def test_poses_are_those_of_the_live_lifter(sessions, trackers):
    trackers.people = 2
    answer = sessions.start({"lifter": "a_live", "several": True})
    assert answer["lifter"] == "a_live"
    assert (len(answer["keypoints"]["joints"]), len(answer["joints"]["joints"])) == (17, 17)
    levels = (0, 100, 220)
    frames = [PIL.Image.open(io.BytesIO(jpeg(level))) for level in levels]
    lives = [LiveLifter(sessions.lifters["a_live"], size=(64, 48)) for _ in range(2)]
    for number, (level, frame) in enumerate(zip(levels, frames, strict=True)):
        told = sessions.frame(answer["session"], str(5 + number / 30), jpeg(level))
        assert set(told["ms"]) == STEPS
        assert [person["person"] for person in told["people"]] == [7, 8]
        for p, (person, live) in enumerate(zip(told["people"], lives, strict=True)):
            points = trackers[0].keypoints(p, np.asarray(frame))
            points[points[:, 2] < 0.3] = np.nan
            expected = live.push(points[:, :2], number / 30)
            np.testing.assert_allclose(person["pose"], expected, atol=0.051)
            assert person["hidden"] == np.flatnonzero(~live.known).tolist()
            assert bool(person["hidden"]) == (number > 0)
            seen = [point for point in person["keypoints"] if point is not None]
            np.testing.assert_allclose(seen, points[~np.isnan(points[:, 0]), :2], atol=0.051)
            assert (person["keypoints"][3] is None) == (number > 0)
    assert [frame.number for frame in trackers[0].frames] == [0, 1, 2]
    assert trackers[0].frames[1].image.shape == (48, 64, 3)


def test_people_who_left_are_forgotten_and_another_size_begins_anew(sessions, trackers):
    key = started(sessions, several=True)
    session = sessions._sessions[key]
    sessions.frame(key, "1.0", jpeg(0))
    first = session.people[7][0]
    sessions.frame(key, "1.1", jpeg(0))
    assert session.people[7][0] is first
    sessions.frame(key, "1.2", jpeg(0, (48, 64)))
    assert session.people[7][0] is not first
    trackers[0].people = 0
    assert sessions.frame(key, "2.0", jpeg(0, (48, 64)))["people"] == []
    assert list(session.people) == [7]
    sessions.frame(key, "3.3", jpeg(0, (48, 64)))
    assert not session.people
    trackers[0].people = 99
    assert len(sessions.frame(key, "3.4", jpeg(0, (48, 64)))["people"]) == camera._MAX_PEOPLE
    assert trackers[0].most == camera._MAX_PEOPLE
    alone = started(sessions)
    trackers[1].people = 3
    assert [p["person"] for p in sessions.frame(alone, "1", jpeg(0))["people"]] == [7]
    assert trackers[1].most == 1
    smooth = started(sessions, smooth=True)
    sessions.frame(smooth, "1", jpeg(0))
    sessions.frame(smooth, "1.03", jpeg(250))
    plain = sessions.frame(alone, "1.03", jpeg(250))["people"][0]["pose"]
    assert sessions.frame(smooth, "1.06", jpeg(250))["people"][0]["pose"] != plain
    assert sessions._sessions[smooth].smooth == "one_euro"


def test_a_lifter_that_looks_ahead_gives_way(sessions, folder, trackers, monkeypatch):
    assert sessions.start({"lifter": "ahead"})["lifter"] == "a_live"
    assert sessions.start({"lifter": "single"})["lifter"] == "single"
    alone = CameraSessions(Lifters([folder / "ahead.ckpt"]), OPTIONS)
    monkeypatch.setattr(camera, "LIVE_LIFTER", str(folder / "a_live.ckpt"))
    monkeypatch.setattr(camera, "is_named", lambda name: name.endswith("a_live.ckpt"))
    assert alone.start({"lifter": "ahead"})["lifter"].endswith("a_live.ckpt")
    monkeypatch.setattr(camera, "is_named", lambda _: False)
    with pytest.raises(InputError, match="ahead: looks 4 frames ahead"):
        alone.start({"lifter": "ahead"})
    assert len(trackers) == 3


def test_what_is_wrong_is_one_sentence(sessions, folder):
    key = started(sessions)
    for wrong, said in [
        (("gone", "1", jpeg(0)), "start it again"),
        ((key, "tea", jpeg(0)), "no time"),
        ((key, "nan", jpeg(0)), "no time"),
        ((key, "1", b""), "no JPEG"),
        ((key, "1", jpeg(0)[:300]), "no JPEG"),
        ((key, "1", jpeg(0, (4100, 1))), "4096 pixels"),
    ]:
        with pytest.raises(InputError, match=said):
            sessions.frame(*wrong)
    for content in (None, [], {}, {"lifter": 3}):
        with pytest.raises(InputError, match="load the page again"):
            sessions.start(content)
    with pytest.raises(InputError, match="There is no lifter 'tea'"):
        sessions.start({"lifter": "tea"})
    with pytest.raises(InputError, match="start the app with a detector"):
        CameraSessions(Lifters([folder]), None).start({"lifter": "a_live"})


def test_sessions_end(sessions):
    keys = [started(sessions) for _ in range(3)]
    with pytest.raises(InputError, match="start it again"):
        sessions.frame(keys[0], "1", jpeg(0))
    assert sessions.stop({"session": keys[1]}) == sessions.stop({"session": ["x"]}) == {}
    assert sessions.stop(None) == {}
    assert list(sessions._sessions) == [keys[2]]


def test_through_the_server(trackers, folder, tmp_path, monkeypatch):
    with server.AppServer(Lifters([folder]), OPTIONS, tmp_path, 0, 1000) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.02,))
        thread.start()
        try:
            asking = Asking(served)
            session = asking.json("/camera/start", {"lifter": "single"})["session"]

            def send(body, kind="image/jpeg", when=1):
                path = f"/camera/frame?session={session}&time={when}"
                return json.loads(asking("POST", path, body, kind)[1])

            assert len(send(jpeg(0))["people"]) == 1
            assert set(send(jpeg(0), when=1.5)["ms"]) == STEPS
            assert "in their order" in send(jpeg(0))["error"]
            assert "no frame of a camera" in send(jpeg(0), "text/plain")["error"]
            assert "no JPEG" in send(b"tea", when=2)["error"]
            assert asking.json("/camera/stop", {"session": session}) == {}
            assert "start it again" in send(jpeg(0), when=4)["error"]
            path = f"/camera/frame?session={session}&time=5"
            headers = {"Origin": "http://evil.example"}
            assert asking("POST", path, jpeg(0), "image/jpeg", **headers)[0].status == 403
            monkeypatch.setattr(server, "LARGEST", 100)
            assert "no frame of a camera" in send(bytes(101), when=6)["error"]
        finally:
            served.shutdown()
            thread.join()
    # Nothing is kept.
    assert list(tmp_path.iterdir()) == []
