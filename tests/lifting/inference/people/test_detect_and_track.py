"""People detected in boxes and tracked by their keypoints."""

import numpy as np

from lifting.inference.people.detect_and_track import DetectAndTrack, KnownBoxes

NONE = np.zeros((0, 17, 3))


class Reader:
    """Spreads the keypoints over the box, as sure as it is wide."""

    skeleton = "h36m17"

    def estimate(self, images, boxes):
        self.images = len(images)
        return [
            np.stack([self._one(*box) for box in some]) if len(some) else NONE for some in boxes
        ]

    def _one(self, left, top, right, bottom):
        x, y = np.linspace(left, right, 17), np.linspace(top, bottom, 17)
        return np.stack([x, y, np.full(17, (right - left) / 100)], 1)


class Shot:
    def __init__(self, number):
        self.number, self.image = number, np.zeros((8, 8, 3), np.uint8)


def test_boxes_of_a_file_become_people_and_who_is_not_sure_is_not_seen():
    known = KnownBoxes(
        {0: [[0.0, 0.0, 60.0, 60.0]], 2: [[4.0, 0.0, 64.0, 60.0], [200.0, 0.0, 204.0, 4.0]]}
    )
    reader = Reader()
    seen = DetectAndTrack(known, reader, min_confidence=0.1, patience=5).track(
        [Shot(n) for n in range(3)]
    )
    assert [[one.person for one in some] for some in seen] == [[0], [], [0]]
    np.testing.assert_allclose(seen[2][0].keypoints[3], [4 + 60 * 3 / 16, 60 * 3 / 16, 0.6])
    assert reader.images == 3


def boxes_of_two(t):
    """People 60 wide and 150 high who walk towards each other, and the first one again."""
    one, other = 10 + 5 * t, 310 - 5 * t
    found = [[one, 50, one + 60, 200], [other, 65, other + 60, 215], [one + 1, 51, one + 61, 201]]
    return [found[n] for n in ((0, 1, 2), (0, 2, 1), (1, 0, 2))[t % 3]]


def test_people_who_cross_keep_their_numbers_and_who_is_detected_twice_is_there_once():
    known = {t: boxes_of_two(t) for t in range(61)}
    tracker = DetectAndTrack(KnownBoxes(known), Reader(), min_confidence=0.1, patience=5)
    for t, people in enumerate(tracker.track([Shot(n) for n in range(61)])):
        lefts = {one.person: one.keypoints[0, 0] for one in people}
        assert abs(lefts[0] - (10 + 5 * t)) <= 1
        # Where they are at one place one may be taken for the other one's second detection.
        assert set(lefts) == {0, 1} or abs(300 - 10 * t) <= 5
        assert lefts.get(1, 310 - 5 * t) == 310 - 5 * t
