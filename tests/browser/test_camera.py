"""The camera of the app in a real browser, whose camera is a file."""

import io
import threading

import numpy as np
import pytest
from PIL import Image

from lifting.inference.app import camera
from lifting.inference.app.lifters import Lifters
from lifting.inference.app.server import AppServer
from lifting.inference.detectors.interfaces import Detection
from lifting.inference.detectors.options import DetectorOptions
from tests.lifting.made_checkpoints import make
from tests.made_lifters import save

pytestmark = pytest.mark.slow(reason="drives a page in a browser")

SIZE = WIDTH, HEIGHT = 320, 240
FAKE = "--use-fake-device-for-media-stream"


def write_y4m(path, frames=10):
    """Write a video whose left half is dark."""
    luma = np.full((HEIGHT, WIDTH), 40, np.uint8)
    luma[:, WIDTH // 2 :] = 210
    chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8).tobytes()
    frame = b"FRAME\n" + luma.tobytes() + 2 * chroma
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F30:1 Ip A1:1 C420jpeg\n".encode())
    with path.open("ab") as stream:
        stream.write(frames * frame)
    return path


class StubTracker:
    """Sees one person, right of the middle, on frames it keeps."""

    skeleton = "h36m17"
    people = 1

    def __init__(self):
        self.frames = []
        body = np.random.default_rng(0).uniform([200, 60], [280, 200], (17, 2))
        self.points = np.concatenate([body, np.ones((17, 1))], 1).astype(np.float32)

    def track(self, frames):
        self.frames += frames
        return [[Detection(0, self.points)] * self.people for _ in frames]


@pytest.fixture
def tracker(monkeypatch):
    tracker = StubTracker()
    monkeypatch.setattr(camera, "tracker_of", lambda *_: tracker)
    return tracker


@pytest.fixture
def app(tracker, tmp_path):
    save(make("causal"), tmp_path / "live.ckpt")
    save(make("video_pose_3d"), tmp_path / "ahead.ckpt")
    (tmp_path / "kept").mkdir()
    lifters = Lifters([tmp_path / "ahead.ckpt", tmp_path / "live.ckpt"])
    with AppServer(lifters, DetectorOptions("stub"), tmp_path / "kept", 0, 10**6) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
    assert list((tmp_path / "kept").iterdir()) == []


def opened(browser, app, faults):
    page = browser.new_page(viewport={"width": 1100, "height": 800})
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(app.url)
    page.get_by_role("tab", name="Camera").click()
    return page


def brightness(locator):
    """The brightness of the left and the right of what is seen."""
    picture = np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("L"), float)
    quarter = picture.shape[1] // 4
    return picture[:, quarter // 2 : quarter].mean(), picture[:, -quarter : -quarter // 2].mean()


def test_who_is_before_the_camera_is_seen_in_3d_and_mirrored(
    launch_browser, app, tracker, tmp_path
):
    video, faults = write_y4m(tmp_path / "camera.y4m"), []
    browser = launch_browser(
        FAKE, "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={video}"
    )
    page = opened(browser, app, faults)
    page.get_by_role("button", name="Start").click()
    state = page.locator("#camera-state")
    state.get_by_text("from frame to pose").wait_for()
    # The lifter that was chosen looks ahead; another was taken, and is named.
    assert "frames/s" in state.inner_text()
    assert "lifted by live" in state.inner_text()
    sent = tracker.frames[-1].image.mean(-1)
    assert sent.shape == (HEIGHT, WIDTH)
    assert sent[:, :100].mean() < 80
    assert sent[:, -100:].mean() > 180
    flat, scene = page.locator("#camera-flat"), page.locator("#camera-scene")
    left, right = brightness(flat)
    assert left > right + 60
    page.get_by_label("as in a mirror").uncheck()
    left, right = brightness(flat)
    assert right > left + 60
    # The pose is drawn, and turned by a button.
    seen = scene.screenshot()
    page.locator("#camera-side").click()
    assert scene.screenshot() != seen
    tracker.people = 0
    state.get_by_text("nobody seen").wait_for()
    # Whoever leaves the tab leaves the camera.
    page.get_by_role("tab", name="Play").click()
    count = len(tracker.frames)
    page.get_by_role("tab", name="Camera").click()
    assert page.get_by_role("button", name="Start").is_enabled()
    assert state.inner_text() == ""
    page.wait_for_timeout(200)
    assert len(tracker.frames) <= count + 1
    assert not app.cameras._sessions
    browser.close()
    assert faults == []


def test_without_a_camera_a_sentence_says_so(launch_browser, app, tracker):
    faults = []
    browser = launch_browser(FAKE, "--deny-permission-prompts")
    page = opened(browser, app, faults)
    page.get_by_role("button", name="Start").click()
    page.get_by_text("This page may not use the camera").wait_for()
    assert page.get_by_role("button", name="Start").is_enabled()
    browser.close()
    browser = launch_browser()
    page = opened(browser, app, faults)
    page.context.grant_permissions(["camera"])
    page.get_by_role("button", name="Start").click()
    page.get_by_text("There is no camera").wait_for()
    browser.close()
    assert faults == []
    assert tracker.frames == []
