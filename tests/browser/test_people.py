"""The page of lifted people in a real browser: one room or side by side, on a video beside the page."""

import io
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from lifting.skeletons import skeleton
from lifting.viz.page import write_page
from lifting.viz.people_page import ShownPerson, people_clip
from lifting.viz.player import Clip, PlayedVideo, PoseTrack
from lifting.viz.timed_video import timed_video
from tests.browser.test_player import FRAMES, LIGHT, coloured, made_clip, pixels, until
from tests.lifting.viz.test_video_page import pictures

pytestmark = pytest.mark.slow(reason="drives pages in a browser")

H36M, MEDIAPIPE = skeleton("h36m17"), skeleton("mediapipe33")
TIMES = [0, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 20]


@pytest.fixture
def film(tmp_path, open_page):
    """Opens a page that plays a video, twice as wide as its image, of frames of rising brightness."""

    def write(missing=False, **options):
        with timed_video(tmp_path / "film.mp4", (160, 60), Fraction(1, 25), 25.0) as video:
            for number, time in enumerate(TIMES):
                image = np.full((60, 160, 3), 255, np.uint8)
                image[:, :80] = 20 * number
                video.add(image, time)
        played = PlayedVideo("film.mp4", np.array(video.times), (0.5, 1.0), **options)
        person = ShownPerson("one", np.arange(3, 9), np.ones((6, 17, 3)), H36M)
        clip = people_clip("a", [person], 25.0, (80, 60), pictures(12, 12), played)
        write_page(tmp_path / "a.html", "A", [clip])
        if missing:
            (tmp_path / "film.mp4").unlink()
        return open_page(tmp_path / "a.html", video="film.mp4")

    return write


def brightness(page):
    """What the panel of the video shows; a canvas does not tell what it was painted with."""
    picture = Image.open(io.BytesIO(page.locator("canvas.flat").screenshot())).convert("L")
    low, high = np.quantile(np.asarray(picture)[5:-5, 5:-5], [0.05, 0.95])
    assert high - low < 5
    return (low + high) / 2


def test_the_video_beside_the_page_shows_the_frame_of_the_poses(film):
    page = film()
    for number in (0, 1, 7, 4, 11, 3):
        page.locator("#scrub").fill(str(number))
        until(page, lambda n=number: abs(brightness(page) - 20 * n) < 6)
    # Nothing can be shown or left out, and nothing says so.
    assert page.get_by_text("Show", exact=True).is_hidden()
    assert page.get_by_text("shows the truth").is_hidden()
    page.locator("#speed").select_option("0.25")
    page.locator("#scrub").fill("0")
    page.get_by_role("button", name="Play").click()
    counter = page.locator("#counter")
    until(page, lambda: counter.inner_text() == "4 / 12")
    page.get_by_role("button", name="Pause").click()
    shown = int(counter.inner_text().split(" / ")[0]) - 1
    until(page, lambda: abs(brightness(page) - 20 * shown) < 6)


def test_without_the_video_there_are_its_pictures(film):
    page = film(missing=True)
    page.locator("#scrub").fill("9")
    until(page, lambda: abs(brightness(page) - 9) < 6)


def test_people_who_stand_in_one_room_are_told_apart_and_go_side_by_side(tmp_path, open_page):
    still = np.zeros((FRAMES, 17, 3))
    still[:, H36M.index("left_knee")] = [0, 500, 0]
    ways = [np.tile([x, 0, 5000.0], (FRAMES, 1)) for x in (-1500, 1500)]
    tracks = [PoseTrack(f"p{n}", still, H36M, None, way) for n, way in enumerate(ways)]
    write_page(tmp_path / "a.html", "A", [Clip("a", tracks), made_clip(methods=1)])
    page = open_page(tmp_path / "a.html")
    assert page.get_by_text("Show", exact=True).is_visible()
    titles = page.locator(".panels b")
    assert titles.all_inner_texts() == ["Together: p0, p1"]
    page.get_by_role("button", name="Front").click()
    columns = coloured(pixels(page, 0), LIGHT["left"])[:, 1]
    middle = pixels(page, 0).shape[1] / 2
    # Two limbs, as far to both sides.
    assert (columns < middle - 40).any()
    assert (columns > middle + 40).any()
    assert not (abs(columns - middle) < 40).any()
    page.get_by_label("where they are").uncheck()
    assert titles.all_inner_texts() == ["p0", "p1"]
    for number in (0, 1):
        assert len(coloured(pixels(page, number), LIGHT["left"]))
    page.get_by_label("Clip").select_option("first")
    assert page.get_by_label("where they are").is_hidden()


def test_a_tilted_camera_is_taken_out_of_the_picture_and_not_of_the_numbers(tmp_path, open_page):
    poses = np.zeros((FRAMES, 17, 3))
    poses[:, H36M.index("left_knee")] = [-500, 500, 0]
    half = np.sqrt(0.5)
    turn = np.array([[half, half, 0], [-half, half, 0], [0, 0, 1]])
    write_page(tmp_path / "a.html", "A", [Clip("a", [PoseTrack("p", poses, H36M)], level=turn)])
    page = open_page(tmp_path / "a.html")
    page.get_by_role("button", name="Front").click()
    rows, columns = coloured(pixels(page, 0), LIGHT["left"])[:, :2].T
    assert np.ptp(rows) > 20
    assert np.ptp(columns) < 0.2 * np.ptp(rows)
    assert page.get_by_role("row", name="left knee").inner_text().endswith("-500, 500, 0")


def test_keypoints_of_a_detector_are_drawn_as_a_person(tmp_path, open_page):
    """The shoulders are joined, and neither is joined to the nose."""
    points = np.full((2, 33, 2), np.nan)
    for name, at in {
        "nose": (0, -100),
        "left_shoulder": (100, 0),
        "right_shoulder": (-100, 0),
        "left_hip": (60, 200),
        "right_hip": (-60, 200),
    }.items():
        points[:, MEDIAPIPE.index(name)] = at
    poses = np.zeros((2, 17, 3))
    clip = Clip("a", [PoseTrack("p", poses, H36M)], keypoints=points, keypoint_joints=MEDIAPIPE)
    write_page(tmp_path / "a.html", "A", [clip])
    image = pixels(open_page(tmp_path / "a.html"), 0)
    unit = np.ptp(coloured(image, LIGHT["left"])[:, 0]) / 200
    grey = coloured(image, "#555555")
    middle = image.shape[1] / 2
    # Neck, shoulder line and hip line; half way from the nose to a shoulder there is nothing.
    high = grey[:, 0].min() + 50 * unit
    level = grey[abs(grey[:, 0] - high) < 3][:, 1]
    assert len(level)
    assert abs(level - middle).max() < 6
    assert np.ptp(grey[:, 1]) == pytest.approx(200 * unit, rel=0.1)


def test_2d_poses_that_follow_one_another_like_photographs_fill_their_panel(tmp_path, open_page):
    """Who comes nearer in a video grows; who is on another photograph is as large as the last."""
    points = np.full((2, 17, 2), np.nan)
    for name, at in {"pelvis": (0, 0), "left_hip": (0, -10), "left_knee": (0, 10)}.items():
        points[:, H36M.index(name)] = np.array([[1.0], [10.0]]) * at
    heights = {}
    for rate in (1.0, 25.0):
        tracks = [PoseTrack("p", np.zeros((2, 17, 3)), H36M)]
        write_page(tmp_path / "a.html", "A", [Clip("a", tracks, rate, keypoints=points)])
        page = open_page(tmp_path / "a.html")
        heights[rate] = []
        for number in ("0", "1"):
            page.locator("#scrub").fill(number)
            heights[rate].append(np.ptp(coloured(pixels(page, 0), LIGHT["left"])[:, 0]))
    assert heights[1.0][0] == pytest.approx(heights[1.0][1], rel=0.05)
    assert 5 * heights[25.0][0] < heights[25.0][1]
