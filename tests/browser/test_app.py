"""The app in a real browser: a skeleton that is dragged, and files that are given."""

import json
import threading

import numpy as np
import pytest
from PIL import Image

from lifting.inference.app.lifters import Lifters
from lifting.inference.app.server import AppServer
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.prediction import lift
from lifting.skeletons import skeleton
from tests.lifting.inference.keypoint_files import made_keypoints as made
from tests.lifting.made_checkpoints import make
from tests.made_dots import CROP, dot_detector, layout, paint
from tests.made_lifters import save

pytestmark = pytest.mark.slow(reason="drives pages in a browser")

H36M = skeleton("h36m17")
QUIET = "#flat[data-busy=no]"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The app with three lifters and a detector."""
    folder = tmp_path_factory.mktemp("app")
    for method, name in (("simple_baseline", "sb"), ("occlusion", "occ"), ("lstm", "lstm")):
        save(make(method), folder / f"{name}.ckpt")
    dots = save(dot_detector(), tmp_path_factory.mktemp("dots") / "dots.ckpt")
    lifters = Lifters([folder])
    kept = tmp_path_factory.mktemp("kept")
    with AppServer(
        lifters, DetectorOptions(dots, crop=CROP, device="cpu"), kept, 0, 10**7
    ) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def open_app(browser, app):
    """Opens the app; at the end there may be no error, no message, and no request elsewhere."""
    contexts, faults, requests = [], [], []

    def open_it(width=1100, height=900, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(app.url)
        page.locator(QUIET).wait_for()
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert faults == []
    assert all(url.startswith((app.url, "data:", "blob:")) for url in requests)


def places(page):
    """The keypoints as the page has them, by name; None where hidden."""
    return json.loads(page.locator("#text").text_content())


def middle(page, joint):
    box = page.locator(f"g[data-joint={joint}] .dot").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, joint, right, down):
    x, y = middle(page, joint)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=6)
    page.mouse.up()


def test_joint_that_is_dragged_moves_with_its_limb_and_is_lifted(open_app, app):
    page = open_app()
    page.locator("#lifter").select_option("sb")
    before = places(page)
    answers = []
    page.on("response", lambda r: answers.append(r) if r.url.endswith("play/lift") else None)
    scene = page.locator("#scene")
    page.locator("#spin").uncheck()
    still = scene.screenshot()
    drag(page, "left_elbow", 40, -60)
    after = places(page)
    unit = page.evaluate("document.getElementById('flat').getScreenCTM().a")
    for joint in H36M.joints:
        moved = np.subtract(after[joint], before[joint])
        wanted = [40 / unit, -60 / unit] if joint in ("left_elbow", "left_wrist") else [0, 0]
        np.testing.assert_allclose(moved, wanted, atol=2.0)
    page.locator(QUIET).wait_for()
    assert scene.screenshot() != still
    # The last answer is of the last place.
    sent = json.loads(answers[-1].request.post_data)
    np.testing.assert_allclose(sent["points"], [after[j] for j in H36M.joints], atol=0.06)
    expected = lift(sent["points"], app.lifters["sb"], skeleton="h36m17", size=(1000, 1000))
    np.testing.assert_allclose(answers[-1].json()["pose"], expected.pose[0], atol=0.06)
    # While one is waited for, no other is asked.
    assert 1 <= len(answers) <= 7
    page.locator("#limbs").uncheck()
    drag(page, "left_elbow", -30, 0)
    assert places(page)["left_wrist"] == after["left_wrist"]


def test_hidden_joints_are_completed_or_missed(open_app):
    page = open_app()
    page.locator("#lifter").select_option("occ")
    for joint in ("left_shoulder", "left_elbow", "left_wrist"):
        page.locator(f"g[data-joint={joint}]").click()
    assert [name for name, place in places(page).items() if place is None] == [
        *("left_shoulder", "left_elbow", "left_wrist")
    ]
    page.get_by_text("not seen, completed").wait_for()
    assert page.locator("#counts").inner_text() == "3 hidden"
    page.locator("#lifter").select_option("sb")
    page.get_by_text("In no frame is there anything to tell left_shoulder").wait_for()
    page.get_by_role("button", name="Show all").click()
    page.locator("#message").wait_for(state="hidden")
    assert None not in places(page).values()


def test_everything_works_from_the_keyboard(open_app):
    page = open_app()
    page.locator("#lifter").select_option("occ")
    before = places(page)["head"]
    page.locator("g[data-joint=head]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    assert places(page)["head"] == [before[0] + 12, before[1] - 2]
    page.keyboard.press("Enter")
    assert places(page)["head"] is None
    page.locator("#tab-play").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#panel-file").is_visible()
    assert page.locator("#panel-play").is_hidden()


def test_poses_to_begin_with_and_their_mirror_image(open_app):
    page = open_app()
    page.get_by_role("button", name="Wave").click()
    waving = places(page)
    page.get_by_role("button", name="Mirror").click()
    mirrored = places(page)
    for joint in H36M.joints:
        other = H36M.joints[H36M.mirror[H36M.index(joint)]]
        assert mirrored[joint] == pytest.approx([1000 - waving[other][0], waving[other][1]])


def test_picture_is_laid_under_the_skeleton_and_stays_in_the_browser(open_app, tmp_path):
    page = open_app()
    Image.new("RGB", (400, 800), "navy").save(tmp_path / "photo.png")
    asked = []
    page.on("request", lambda r: asked.append(r))
    page.locator("#picture").set_input_files(tmp_path / "photo.png")
    page.locator("#flat image").wait_for()
    assert page.locator("#flat").get_attribute("viewBox") == "0 0 400 800"
    xy = np.array(list(places(page).values()))
    assert (xy > 0).all()
    assert (xy < [400, 800]).all()
    assert np.ptp(xy[:, 1]) > 200
    page.locator(QUIET).wait_for()
    sizes = [json.loads(r.post_data)["size"] for r in asked if r.url.endswith("play/lift")]
    assert sizes[-1] == [400, 800]
    assert not [r for r in asked if "files" in r.url]
    page.get_by_role("button", name="Smaller person").click()
    smaller = np.array(list(places(page).values()))
    np.testing.assert_allclose(smaller - smaller.mean(0), (xy - xy.mean(0)) / 1.15, atol=0.2)
    np.testing.assert_allclose(smaller.mean(0), xy.mean(0), atol=0.2)
    page.get_by_role("button", name="No picture").click()
    assert page.locator("#flat image").count() == 0
    (tmp_path / "text.png").write_text("no picture")
    page.locator("#picture").set_input_files(tmp_path / "text.png")
    page.get_by_text("text.png: is no picture that this browser can show.").wait_for()


def test_keypoint_file_is_lifted_played_and_downloaded(open_app, tmp_path):
    page = open_app()
    page.get_by_role("tab", name="Keypoints, pictures, videos").click()
    points = made.person(17, 5)
    path = made.alphapose(tmp_path / "walk.json", [(t, p, None) for t, p in enumerate(points)])
    page.locator("#files").set_input_files(path)
    page.get_by_text("give their width and height").wait_for()
    assert page.locator("#result").is_hidden()
    page.locator(".more-options summary").click()
    for name, value in (("width", "1280"), ("height", "720"), ("fps", "25")):
        page.locator(f"#{name}").fill(value)
    page.get_by_role("button", name="Lift", exact=True).click()
    page.get_by_text("5 frames of 1 person (coco17).").wait_for()
    player = page.frame_locator("#player")
    player.locator("#counter").get_by_text("1 / 5").wait_for()
    player.get_by_role("button", name="Next frame").click()
    assert player.locator("#counter").inner_text() == "2 / 5"
    with page.expect_download() as download:
        page.get_by_role("link", name="Download walk_3d_person0.bvh").click()
    assert "HIERARCHY" in download.value.path().read_text()
    # What is warned of stands below what was lifted, and both are in view.
    assert page.locator("#notes li").count() == 0
    points[2, 9, :2] = 0
    faulty = made.alphapose(tmp_path / "faulty.json", [(t, p, None) for t, p in enumerate(points)])
    page.locator("#files").set_input_files(faulty)
    warning = page.locator("#notes li", has_text="faulty.json: person0: left wrist lies at (0, 0)")
    warning.wait_for()
    box = warning.bounding_box()
    assert box["y"] > page.locator("#state").bounding_box()["y"] >= 0
    assert box["y"] + box["height"] < 900
    page.locator("#files").set_input_files(path)
    page.get_by_text("5 frames of 1 person (coco17).").wait_for()
    assert page.locator("#notes li").count() == 0
    # Another lifter lifts the same files.
    with page.expect_response("**/lift") as answer:
        page.locator("#lifter").select_option("lstm")
    assert json.loads(answer.value.request.post_data)["lifter"] == "lstm"


def test_photograph_is_seen_on_a_phone_in_the_dark(open_app, tmp_path):
    page = open_app(width=390, height=844, color_scheme="dark", has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Both panels are in view while a joint is dragged.
    box = page.locator("#scene").bounding_box()
    assert box["y"] + box["height"] <= 844
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(v) for v in back[4:-1].split(",")) < 40
    Image.fromarray(paint((320, 240), [layout(100, 50, 80, 150)])).save(tmp_path / "photo.png")
    page.locator("#tab-file").tap()
    page.locator("#files").set_input_files(tmp_path / "photo.png")
    page.get_by_text("1 frame of 1 person (h36m17).").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.frame_locator("#player").locator("#front").wait_for()
