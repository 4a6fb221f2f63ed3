"""Frames beside poses: every pixel's colour says what was drawn where."""

import time

import numpy as np
import pytest

from lifting.skeletons import Skeleton, skeleton
from lifting.viz.figures import SIDE_COLOURS
from lifting.viz.side_by_side import DrawnPerson, SideBySide, panel_numbers
from tests.lifting.viz.test_level import STANDING, people

POST = Skeleton("post", ("pelvis", "head", "left_hand", "right_hand"), (-1, 0, 1, 1))
GREY = 90


def rgb(colour):
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])


def where(picture, colour, off=12):
    """Columns and rows of the pixels of a colour."""
    rows, columns = (np.abs(picture.astype(int) - colour).max(-1) <= off).nonzero()
    return columns, rows


def post(frames=3, first=0, name="one", x=100.0, unseen=()):
    keypoints = np.array([[x, 160], [x, 60], [x + 60, 60], [x - 60, 60]], float)
    pose = np.array([[0, 0, 0], [0, -800, 0], [400, -800, 0], [-400, -800, 0]], np.float32)
    seen = np.ones((frames, 4), bool)
    seen[:, list(unseen)] = False
    shape = (frames, 1, 1)
    points = np.tile(keypoints, shape)
    return DrawnPerson(name, first, points, seen, POST, np.tile(pose, shape), seen.copy(), POST)


def drawn(people, size=(320, 240), number=0, **options):
    picture = SideBySide(size, people, **options)
    image = picture.draw(np.full((size[1], size[0], 3), GREY, np.uint8), number)
    assert image.shape == (picture.size[1], picture.size[0], 3)
    return image


def test_keypoints_lie_on_the_frame_and_the_pose_beside_it():
    image = drawn([post()])
    assert image.shape == (240, 560, 3)
    frame, panel = image[:, :320], image[:, 320:]
    columns, rows = where(frame, rgb(SIDE_COLOURS["left"]))
    assert columns.min() >= 100
    assert columns.max() == pytest.approx(160, abs=3)
    assert rows.min() == pytest.approx(60, abs=4)
    columns, _ = where(frame, rgb(SIDE_COLOURS["right"]))
    assert columns.min() == pytest.approx(40, abs=3)
    left, right = (where(panel, rgb(SIDE_COLOURS[s]))[0].mean() for s in ("left", "right"))
    head, pelvis = where(panel, rgb(SIDE_COLOURS["middle"]))[1][[0, -1]]
    # Left of the person is right on the image, in the panel as on the frame; up is up.
    assert left > 120 > right
    assert head < pelvis
    assert where(frame, [GREY] * 3)[0].size > 0.9 * frame[..., 0].size


def test_whoever_is_higher_than_wide_fills_a_narrow_panel():
    slim, other = post(), post(name="two")
    slim.pose[..., 0] *= 0.3
    other.pose[..., 0] *= 0.3
    image = drawn([slim, other], (480, 480))
    panel = image[:, 480:720]
    columns, rows = where(panel, rgb(SIDE_COLOURS["middle"]))
    assert 0.6 * 480 < np.ptp(rows) < 0.95 * 480
    for side in ("left", "right"):
        columns, _ = where(panel, rgb(SIDE_COLOURS[side]))
        assert 0 < columns.min() < columns.max() < 239


def test_everyone_is_of_the_same_scale_also_with_arms_spread():
    slim = post()
    slim.pose[..., 0] *= 0.3
    image = drawn([slim, post(name="two")], (480, 480))
    panels = image[:, 480:720], image[:, 720:]
    heights = [np.ptp(where(panel, rgb(SIDE_COLOURS["middle"]))[1]) for panel in panels]
    assert heights[0] == pytest.approx(heights[1], rel=0.05)
    assert heights[0] > 100


def test_what_was_filled_in_is_thinner_and_paler():
    size = (640, 480)
    whole, gap = drawn([post()], size), drawn([post(unseen=(2,))], size)
    left = rgb(SIDE_COLOURS["left"])
    assert where(whole, left)[0].size > 200
    assert where(gap, left)[0].size == 0
    pale = where(gap, 0.4 * left + 0.6 * 255)[0]
    assert 60 < pale.size < 0.6 * where(whole, left)[0].size
    # On the frame and in the panel.
    assert pale.min() < 640 < pale.max()


def test_what_is_not_known_is_not_drawn():
    one = post()
    one.keypoints[0, 2] = np.nan
    one.pose[0, 2] = np.nan
    image = drawn([one])
    assert where(image, rgb(SIDE_COLOURS["left"]))[0].size == 0
    assert where(image, rgb(SIDE_COLOURS["right"]))[0].size > 100
    one.pose[:] = np.nan
    assert drawn([one]).shape == (240, 560, 3)


def test_people_have_panels_of_their_own_as_long_as_they_are_there():
    people = [post(4, 0, "one"), post(4, 2, "two", 200.0), post(4, 4, "three")]
    assert panel_numbers(people) == [0, 1, 0]
    image = drawn(people, number=1)
    columns, rows = where(image[:, 320:], rgb(SIDE_COLOURS["middle"]))
    assert rows.max() < 120 or columns.max() < 120
    both = drawn(people, number=3)
    assert (
        where(both[:, 320:], rgb(SIDE_COLOURS["left"]))[0].size
        > where(image[:, 320:], rgb(SIDE_COLOURS["left"]))[0].size
    )
    nobody = drawn(people, number=8)
    for colour in SIDE_COLOURS.values():
        assert where(nobody[:, :320], rgb(colour), 4)[0].size == 0


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((1920, 1080), (2000, 720)),
        ((720, 1280), (405 + 405, 720)),
        ((321, 241), (562, 242)),
        ((640, 480), (1120, 480)),
    ],
)
def test_what_is_drawn_is_even_and_no_higher_than_asked(size, wanted):
    assert SideBySide(size, [post()]).size == wanted


def test_frames_are_drawn_faster_than_they_are_played():
    joints = skeleton("h36m17")
    rng = np.random.default_rng(0)
    points, pose = 300 + 200 * rng.random((30, 17, 2)), 500 * rng.normal(size=(30, 17, 3))
    seen = np.ones((30, 17), bool)
    one = DrawnPerson("one", 0, points, seen, joints, pose.astype(np.float32), seen, joints)
    picture = SideBySide((1280, 720), [one])
    image = np.zeros((720, 1280, 3), np.uint8)
    best = np.inf
    for number in range(8):
        start = time.process_time()
        picture.draw(image, number)
        best = min(best, time.process_time() - start)
    assert best < 1 / 25


def test_who_stands_before_a_tilted_camera_is_drawn_upright():
    joints = skeleton("h36m17")

    def across(angles):
        """Columns from the knee to the hip of the left side, of pixels."""
        pose = people(STANDING, 12, angles).astype(np.float32)
        known = np.ones((12, 17), bool)
        points = np.full((12, 17, 2), np.nan)
        who = DrawnPerson("one", 0, points, known, joints, pose, known, joints)
        columns, rows = where(drawn([who])[:, 320:], rgb(SIDE_COLOURS["left"]))
        low, high = rows > np.quantile(rows, 0.9), rows < np.quantile(rows, 0.1)
        return columns[high].mean() - columns[low].mean()

    # Held askew by 30 degrees, the leg would go 50 pixels across.
    assert across((0, 30)) == pytest.approx(across((0, 0)), abs=12)
