"""The page of poses in a real browser: what is pressed, dragged and chosen changes what is seen."""

import base64
import io
import time

import numpy as np
import pytest
from PIL import Image

from lifting.skeletons import Skeleton, skeleton
from lifting.viz.page import write_page
from lifting.viz.player import Clip, PoseTrack, small_jpeg

pytestmark = pytest.mark.slow(reason="drives pages in a browser")

H36M = skeleton("h36m17")
# One bone of each side: a cross by which up, right and away are told apart.
CROSS = Skeleton("cross", ("root", "left_up", "right_away"), (-1, 0, 0))
LIGHT = {"left": "#0072b2", "right": "#d55e00", "truth": "#aaaaaa", "unseen": "#cc3399"}
DARK = {"left": "#56b4e9", "right": "#ff8a3d"}
FRAMES = 12


def made_clip(name="first", truth=True, methods=2, frames=FRAMES, joints=H36M, **more):
    rng = np.random.default_rng(len(name))
    still = rng.normal(size=(len(joints), 3)) * [200, 450, 200]
    true = still + 30 * rng.normal(size=(frames, len(joints), 3)).cumsum(0)
    true -= true[:, :1]
    tracks = [
        PoseTrack(f"M{n}", true + (40 + 30 * n) * rng.normal(size=true.shape), joints)
        for n in range(methods)
    ]
    defaults = {"fps": 20.0, "truth": PoseTrack("truth", true, joints) if truth else None}
    defaults["keypoints"] = true[..., :2] / 4 + 300
    return Clip(name, tracks, **{**defaults, **more})


@pytest.fixture
def shown(tmp_path, open_page):
    """Writes a page of clips and opens it."""

    def show(*clips, **options):
        path = tmp_path / "poses.html"
        write_page(path, "Poses", clips)
        return open_page(path, **options)

    return show


def pixels(page, number=1):
    """The pixels of a panel (0 is the 2D input), as (height, width, 4)."""
    url = page.evaluate("n => document.querySelectorAll('.panels canvas')[n].toDataURL()", number)
    return np.array(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA"))


def coloured(image, colour):
    """Where a drawing has exactly a colour, as (down, right) positions."""
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return np.argwhere((image == [*rgb, 255]).all(-1))


def counter(page):
    return int(page.locator("#counter").inner_text().split(" / ")[0])


def until(page, condition, seconds=20):
    """Wait; the browser's own way to wait needs what the page forbids scripts to do."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        page.wait_for_timeout(20)


def cells(page, row):
    line = page.locator("#joints tr", has=page.get_by_role("rowheader", name=row, exact=True))
    return line.locator("td").all_inner_texts()


def changed(page, act, number=1):
    before = pixels(page, number)
    act()
    return not np.array_equal(before, pixels(page, number))


def drag(page, right, down, number=1):
    box = page.locator(".panels canvas").nth(number).bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 100 + right, box["y"] + 100 + down, steps=3)
    page.mouse.up()


def test_play_moves_through_the_frames_and_pause_stops(shown):
    page = shown(made_clip())
    before = pixels(page)
    assert counter(page) == 1
    page.get_by_role("button", name="Play").click()
    until(page, lambda: counter(page) > 2)
    page.get_by_role("button", name="Pause").click()
    stopped = counter(page)
    assert not np.array_equal(before, pixels(page))
    page.wait_for_timeout(200)
    assert counter(page) == stopped
    page.keyboard.press("Space")
    # After the last frame the first comes again.
    seen = [stopped]
    until(page, lambda: seen.append(counter(page)) or seen[-1] < seen[-2])
    assert 1 <= min(seen) <= max(seen) <= FRAMES
    page.keyboard.press("Space")
    assert page.locator("#play").get_attribute("aria-label") == "Play"


def test_one_second_of_playing_is_as_many_frames_as_the_clip_says(shown):
    page = shown(made_clip(frames=400, fps=30.0, methods=1))
    page.locator("#speed").select_option("0.5")
    passed = page.evaluate(
        "async () => { document.getElementById('play').click(); const t = performance.now();"
        "await new Promise(done => setTimeout(done, 1000)); document.getElementById('play').click();"
        "return [performance.now() - t, parseInt(document.getElementById('counter').textContent)] }"
    )
    assert passed[1] - 1 == pytest.approx(0.5 * 30 * passed[0] / 1000, abs=3)


def test_front_side_and_above_show_the_axes_of_the_camera(shown):
    pose = np.tile([[0.0, 0, 0], [0, -800, 0], [500, 0, 700]], (2, 1, 1))
    page = shown(Clip("cross", [PoseTrack("cross", pose, CROSS)]))
    ends = {}
    for view in ("Front", "Side", "Above"):
        page.get_by_role("button", name=view).click()
        image = pixels(page, 0)
        ends[view] = {side: coloured(image, LIGHT[side]) for side in ("left", "right")}
    # In front: y down is down, x right is right. From the left side: what is away is at the left.
    up, away = ends["Front"]["left"], ends["Front"]["right"]
    assert np.ptp(up[:, 0]) > 5 * np.ptp(up[:, 1])
    assert away[:, 1].max() > up[:, 1].max() + 50
    assert away[:, 0].mean() > up[:, 0].mean() + 50
    assert ends["Side"]["right"][:, 1].min() < ends["Side"]["left"][:, 1].min() - 50
    # From above: what is away is at the top, and height is gone.
    assert np.ptp(ends["Above"]["left"][:, 0]) < 0.2 * np.ptp(up[:, 0])
    assert ends["Above"]["right"][:, 0].min() < ends["Above"]["left"][:, 0].min() - 50


def test_what_is_near_is_larger_and_lies_over_what_is_far(shown):
    joints = ("root", "left_low", "left_high", "right_low", "right_high")
    gate = Skeleton("gate", joints, (-1, 0, 1, 0, 3))
    pose = [[0.0, 0, 0], [-300, 0, 0], [-300, -800, 0], [300, 0, 0], [300, -800, 0]]
    page = shown(Clip("gate", [PoseTrack("gate", np.tile(pose, (2, 1, 1)), gate)]))
    page.get_by_role("button", name="Front").click()
    left, right = (coloured(pixels(page, 0), LIGHT[side]) for side in ("left", "right"))
    assert abs(np.ptp(left[:, 0]) - np.ptp(right[:, 0])) <= 2
    # The eye has gone round to where x is negative.
    page.get_by_role("button", name="Side").click()
    left, right = (coloured(pixels(page, 0), LIGHT[side]) for side in ("left", "right"))
    assert len(left) > 2 * len(right)


def test_dragging_turns_every_panel_and_moves_what_is_near_along(shown):
    pose = np.tile([[0.0, 0, 0], [0, -800, 0], [0, 0, -700]], (2, 1, 1))
    page = shown(Clip("cross", [PoseTrack("a", pose, CROSS), PoseTrack("b", pose, CROSS)]))
    page.get_by_role("button", name="Front").click()
    middle = coloured(pixels(page, 0), LIGHT["left"])[:, 1].mean()
    drag(page, 60, 0, number=1)
    for number in (0, 1):
        assert coloured(pixels(page, number), LIGHT["right"])[:, 1].max() > middle + 50
    assert changed(page, lambda: drag(page, 0, 40, number=0), 0)
    assert changed(page, lambda: page.keyboard.press("Shift+ArrowLeft"))
    assert changed(page, lambda: page.get_by_role("button", name="Closer").click())
    assert changed(page, lambda: page.keyboard.press("-"))


def test_truth_errors_and_keypoints_are_switched_on_and_off(shown):
    page = shown(made_clip())
    assert len(coloured(pixels(page), LIGHT["truth"]))
    page.get_by_label("truth").uncheck()
    assert not len(coloured(pixels(page), LIGHT["truth"]))
    page.keyboard.press("t")
    assert page.get_by_label("truth").is_checked()
    assert len(coloured(pixels(page, 2), LIGHT["truth"]))
    assert changed(page, page.get_by_label("errors as lines").check)
    assert pixels(page, 0)[..., 3].any()
    page.keyboard.press("k")
    assert not pixels(page, 0)[..., 3].any()


def test_scrubbing_shows_the_errors_of_the_frame_in_millimetres(shown):
    clip = made_clip()
    page = shown(clip)
    errors = [np.linalg.norm(m.poses - clip.truth.poses, axis=-1) for m in clip.methods]
    page.locator("#scrub").fill("7")
    assert counter(page) == 8
    assert page.locator("#scrub").get_attribute("aria-valuetext") == f"frame 7, 8 of {FRAMES}"
    assert cells(page, "left wrist") == [f"{e[7, H36M.index('left_wrist')]:.1f}" for e in errors]
    assert cells(page, "MPJPE, this frame") == [f"{e[7].mean():.1f}" for e in errors]
    assert cells(page, "MPJPE, whole clip") == [f"{e.mean():.1f}" for e in errors]
    captions = page.locator(".panels .error").all_inner_texts()
    assert captions == ["", *(f"MPJPE {e[7].mean():.1f} mm" for e in errors)]
    page.keyboard.press("ArrowRight")
    assert cells(page, "MPJPE, this frame") == [f"{e[8].mean():.1f}" for e in errors]
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert counter(page) == FRAMES
    box = page.locator("#curve").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    assert counter(page) in (FRAMES // 2, FRAMES // 2 + 1)


def test_methods_stand_side_by_side_and_clips_are_chosen(shown):
    other = made_clip("second", methods=3, frames=4, keypoints=None, notes=[*"abcd"], fps=2.0)
    page = shown(made_clip(methods=4), other)
    titles = page.locator(".panels b")
    assert titles.all_inner_texts() == ["2D input", "M0", "M1", "M2", "M3"]
    tops = [round(page.locator(".panels canvas").nth(n).bounding_box()["y"]) for n in (1, 2, 3)]
    assert len(set(tops)) == 1
    page.get_by_label("Clip").select_option("second")
    assert titles.all_inner_texts() == ["M0", "M1", "M2"]
    assert page.locator("#counter").inner_text() == "1 / 4"
    page.get_by_role("button", name="Next frame").click()
    assert page.locator("#note").inner_text() == "b"
    # The keys belong to the list while it has the focus.
    page.get_by_label("Clip").focus()
    page.keyboard.press("ArrowUp")
    assert page.locator("#counter").inner_text() == f"1 / {FRAMES}"


def test_joints_that_were_not_seen_are_marked_where_they_are(shown):
    clip = made_clip(methods=1, truth=True)
    known = np.ones((FRAMES, 17), bool)
    known[3, H36M.part("left_arm")] = False
    known[5] = False
    track = PoseTrack("M", clip.methods[0].poses, H36M, known)
    page = shown(Clip("c", [track], truth=clip.truth))
    assert page.get_by_text("not seen, completed").is_visible()
    assert not len(coloured(pixels(page, 0), LIGHT["unseen"]))
    page.locator("#scrub").fill("3")
    assert len(coloured(pixels(page, 0), LIGHT["unseen"])) > 50
    marked = page.locator("#joints tr", has=page.locator("td.unseen")).locator("th")
    assert marked.all_inner_texts() == ["left shoulder", "left elbow", "left wrist"]
    assert cells(page, "left wrist")[0].startswith("◌ ")
    assert len(coloured(pixels(page, 0), LIGHT["right"]))
    page.locator("#scrub").fill("5")
    assert not any(len(coloured(pixels(page, 0), LIGHT[side])) for side in ("left", "right"))


def test_without_truth_there_are_coordinates_and_nothing_to_compare(shown):
    clip = made_clip(truth=False, methods=1)
    page = shown(clip)
    x, y, z = clip.methods[0].poses[0, 3].astype(np.float32)
    assert cells(page, "right ankle") == [f"{x:.0f}, {y:.0f}, {z:.0f}".replace("-0,", "0,")]
    for name in ("#show-truth", "#show-gaps", "#curve"):
        assert page.locator(name).is_hidden()
    assert page.get_by_text("not seen, completed").is_hidden()
    assert page.locator("#clip").is_hidden()


def test_single_pose_has_nothing_to_play(shown):
    page = shown(made_clip(frames=1))
    assert page.locator("#bar").is_hidden()
    page.keyboard.press("Space")
    assert pixels(page)[..., 3].any()


def background(page, hue):
    """Whether the 2D input has a colour away from keypoints."""
    image = pixels(page, 0).astype(int)
    size = len(image)
    return np.abs(image[int(0.6 * size), size // 4, :3] - hue).max() < 9


def test_images_lie_under_the_keypoints_that_count_in_their_pixels(shown):
    """The image of a frame is one colour, and a keypoint lies in the middle of a larger one."""
    hues = [(200, 30, 30), (30, 30, 200)]
    images = [small_jpeg(np.full((300, 400, 3), hue, np.uint8), height=60) for hue in hues]
    assert Image.open(io.BytesIO(images[0])).size == (80, 60)
    keypoints = np.tile([[200.0, 150], [200, 20], [380, 150]], (2, 1, 1))
    pose = np.zeros((2, 3, 3))
    clip = Clip("c", [PoseTrack("M", pose, CROSS)], 5.0, None, keypoints, None, images, (400, 300))
    page = shown(clip)
    until(page, lambda: background(page, hues[0]))
    image = pixels(page, 0)
    height, width = image.shape[:2]
    # Four to three: it fills the panel.
    assert height == pytest.approx(0.75 * width, abs=2)
    assert image[2:-2, 2:-2, 3].all()
    bone = coloured(image, LIGHT["right"])
    assert bone[:, 0].mean() == pytest.approx(height / 2, abs=1)
    assert bone[:, 1].max() == pytest.approx(width * 380 / 400, abs=4)
    page.get_by_role("button", name="Next frame").click()
    until(page, lambda: background(page, hues[1]))
    page.get_by_label("2D keypoints").uncheck()
    assert not len(coloured(pixels(page, 0), LIGHT["right"]))


def test_page_is_dark_where_the_reader_s_screen_is(shown):
    page = shown(made_clip(), color_scheme="dark")
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(v) for v in back[4:-1].split(",")) < 40
    assert len(coloured(pixels(page), DARK["left"]))
    page.emulate_media(color_scheme="light")
    until(page, lambda: len(coloured(pixels(page), LIGHT["left"])))
    assert not len(coloured(pixels(page), DARK["left"]))


def test_on_a_phone_nothing_reaches_over_the_edge_and_a_tap_plays(shown):
    options = {"width": 360, "height": 740, "has_touch": True, "device_scale_factor": 2}
    page = shown(
        made_clip(methods=3), made_clip("second, with a name as long as names get"), **options
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    boxes = [b.bounding_box() for b in page.locator("button:visible, input:visible").all()]
    assert len(boxes) > 10
    assert all(b["x"] >= 0 and b["x"] + b["width"] <= 360 for b in boxes)
    # The controls stay in view above a long page, and are large enough for a finger.
    play = page.locator("#play").bounding_box()
    assert play["y"] + play["height"] <= 740
    assert min(play["width"], play["height"]) >= 40
    page.locator("#play").tap()
    until(page, lambda: counter(page) > 1)
    # As sharp as the screen is.
    shape = pixels(page).shape
    assert shape[1] == pytest.approx(
        2 * page.locator(".panels canvas").nth(1).bounding_box()["width"], abs=1
    )
