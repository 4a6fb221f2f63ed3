"""Several people followed from region to region, by networks that know where everybody is."""

import numpy as np
import pytest

from lifting.inference.detectors.blazepose.landmarks import Landmarks
from lifting.inference.detectors.blazepose.person_detection import DetectedPerson
from lifting.inference.people.region_tracker import RegionTracker, world_landmarks

SIZE = (640, 360)
HEIGHT = 100.0
BODY = np.random.default_rng(0).uniform([-20, -50], [20, 50], (33, 2))


def aligned(hips):
    """The middle of the hips, and the point of the circle round the body."""
    return np.array([hips, [hips[0], hips[1] - 0.6 * HEIGHT]], float)


class Shot:
    def __init__(self, number, people):
        self.number, self.people = number, people
        self.image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        # What is seen is told by the image alone.
        for row, (x, y) in enumerate(people):
            self.image[row, :2, 0] = (x // 4, y // 4)
            self.image[row, 0, 1] = 1


class Networks:
    """Finds whoever is nearest to the middle of a region; counts what it does."""

    def __init__(self, blind=()):
        self.blind, self.estimated, self.parts = blind, 0, []

    def hips(self, image):
        return [4.0 * row[:2, 0].astype(float) for row in image if row[0, 1]]

    def detect(self, image, shown=None):
        self.parts.append(shown)
        inside = [h for h in self.hips(image) if np.abs(h - shown[:2]).max() < shown.side / 2]
        kept = [h for h in inside if not any(shown.side > least for least in self.blind)]
        return [DetectedPerson(0.9, np.zeros(4), np.tile(aligned(h), (2, 1))) for h in kept]

    def landmarks(self, image, region):
        self.estimated += 1
        people = self.hips(image) or [np.array([-1e6, 0])]
        nearest = min(people, key=lambda h: np.hypot(*(h - region[:2])))
        there = np.hypot(*(nearest - region[:2])) < region.side / 2
        places = np.concatenate([nearest + BODY, np.zeros((33, 1))], 1)
        ones = np.ones(33)
        world = np.concatenate([BODY / HEIGHT, nearest[:1] + np.zeros((33, 1))], 1)
        return Landmarks(float(there), places, ones, ones, world, aligned(nearest))


def tracked(shown, networks=None, patience=25, first=0, most=None):
    """The numbers of people by frame, and where they are."""
    tracker = RegionTracker(networks or Networks(), 0.1, patience, most)
    frames = [Shot(first + n, people) for n, people in enumerate(shown)]
    return [
        {d.person: tuple((d.keypoints[0, :2] - BODY[0]).round().astype(int)) for d in people}
        for people in tracker.track(frames)
    ]


def test_two_people_keep_their_numbers_while_they_walk():
    shown = [[(100 + 4 * n, 120), (500 - 4 * n, 240)] for n in range(40)]
    networks = Networks()
    for frame, (one, other) in zip(tracked(shown, networks), shown, strict=True):
        assert frame == {0: one, 1: other}
    # Two people in 39 frames; those whom the detector finds again cost nothing.
    assert networks.estimated == 2 * 39 + 2


def test_the_detector_is_asked_on_every_tenth_frame_and_while_nobody_is_there():
    networks, whole = Networks(), max(SIZE)
    tracked([[(300, 200)]] * 21, networks)
    sides = [part.side for part in networks.parts]
    # The whole image and squares of it, and small squares before somebody is there.
    assert (sides.count(whole), sides.count(360), sides.count(0.55 * 360)) == (3, 3 * 3, 15)
    networks = Networks()
    tracked([[]] * 21, networks)
    sides = [part.side for part in networks.parts]
    assert (sides.count(whole), sides.count(360), sides.count(0.55 * 360)) == (21, 3 * 3, 3 * 15)


def test_who_is_doubtful_is_looked_at_more_closely():
    class Unsure(Networks):
        def detect(self, image, shown=None):
            found = super().detect(image, shown)
            score = 0.9 if shown.side == 300 and self.confirmed else 0.6
            return [p._replace(score=score) for p in found]

    for confirmed in (True, False):
        networks = Unsure()
        networks.confirmed = confirmed
        assert tracked([[(300, 200)]], networks) == [{0: (300, 200)} if confirmed else {}]


def test_the_detector_rests_while_as_many_are_followed_as_may_be():
    both, other = [(100, 120), (500, 240)], [(500, 240)]
    networks = Networks()
    assert [list(frame) for frame in tracked([both] * 21, networks, most=1)] == [[0]] * 21
    sides = [part.side for part in networks.parts]
    # On the first frame alone, and in no small squares.
    assert (sides.count(max(SIZE)), sides.count(360), len(sides)) == (1, 3, 4)
    assert networks.estimated == 21
    # Once the one who was followed has gone, the other one is found.
    assert tracked([both] * 5 + [other] * 12, most=1)[-1] == {1: (500, 240)}
    assert tracked([both], most=2)[0].keys() == {0, 1}


def test_who_comes_later_is_found_and_who_is_small_in_a_part_of_the_image():
    shown = [[(100, 200)]] * 5 + [[(100, 200), (400, 200)]] * 20
    seen = tracked(shown, Networks(blind=[400]))
    assert seen[9] == {0: (100, 200)}
    assert seen[10] == seen[-1] == {0: (100, 200), 1: (400, 200)}


@pytest.mark.parametrize(("gap", "person"), [(10, 0), (30, 1)])
def test_who_was_out_of_sight_is_the_same_for_a_while(gap, person):
    shown = [[(300, 200)]] * 5 + [[]] * gap + [[(340, 220)]] * 3
    seen = tracked(shown, first=3)
    assert [list(frame) for frame in seen] == [[0]] * 5 + [[]] * gap + [[person]] * 3


def test_somebody_far_away_is_somebody_else():
    seen = tracked([[(100, 200)]] * 5 + [[]] * 2 + [[(560, 200)]] * 3)
    assert [list(frame) for frame in seen[-3:]] == [[1]] * 3


def test_a_region_does_not_jump_to_somebody_else():
    # Who stood 60 pixels beside stays, while the first has gone.
    shown = [[(300, 200), (360, 200)]] * 5 + [[(360, 200)]] * 3
    assert tracked(shown)[-1] == {1: (360, 200)}


def test_who_is_found_twice_is_one():
    class Doubled(Networks):
        def detect(self, image, shown=None):
            found = super().detect(image, shown)
            # A second one whose region lies beside, and whose landmarks are the same.
            return found + [p._replace(points=p.points + 30, score=0.6) for p in found]

    assert [list(f) for f in tracked([[(300, 200)]] * 3, Doubled())] == [[0]] * 3


def test_people_whose_keypoints_are_not_seen_are_not_shown():
    class Hidden(Networks):
        def landmarks(self, image, region):
            made = super().landmarks(image, region)
            made.visibility[:] = np.arange(33) < 5
            return made

    assert tracked([[(300, 200)]] * 2, Hidden()) == [{}, {}]


@pytest.mark.parametrize("beside", [0, 16])
def test_people_who_cross_keep_their_numbers(beside):
    """The second one is hidden for a while, and its region goes over to the first."""
    shown = []
    for n in range(50):
        one, other = (100 + 8 * n, 180), (500 - 8 * n, 180 + beside)
        shown.append([one] if abs(one[0] - other[0]) < 60 else [one, other])
    seen = tracked(shown)
    assert seen[0] == dict(enumerate(shown[0]))
    assert seen[-1] == dict(enumerate(shown[-1]))
    assert all(frame[0] == people[0] for frame, people in zip(seen, shown, strict=True))


def test_who_is_lost_is_looked_for_ahead():
    networks = Networks()
    tracked([[(100 + 8 * n, 180)] for n in range(8)] + [[]] * 5, networks)
    # On the last frame: round the place, five frames later, and in the whole image.
    around, _ = networks.parts[-2:]
    assert 156 + 5 * 8 * 0.8 < around.x < 156 + 5 * 8


def test_world_landmarks_by_person():
    shown = [[(100, 120)]] * 3 + [[(100, 120), (500, 240)]] * 10
    frames = [Shot(n, people) for n, people in enumerate(shown)]
    found = world_landmarks(frames, RegionTracker(Networks(), 0.1, 25))
    assert {person: numbers for person, (numbers, _) in found.items()} == {
        0: list(range(13)),
        1: [10, 11, 12],
    }
    np.testing.assert_allclose(found[1][1][:, :, :2], np.tile(BODY / HEIGHT, (3, 1, 1)))
    assert (found[1][1][..., 2] == 500).all()
