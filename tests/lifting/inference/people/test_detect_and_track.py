"""People followed by their boxes: against every assignment there is, and out of sight for a while."""

from itertools import permutations

import numpy as np
import pytest

from lifting.imaging.boxes import pairwise_iou
from lifting.inference.people.detect_and_track import DetectAndTrack, IouTracker, KnownBoxes


def boxes(*centres, half=20):
    corners = [[x - half, y - half, x + half, y + half] for x, y in centres]
    return np.array(corners, np.float32).reshape(-1, 4)


def test_matching_is_the_best_of_all():
    rng = np.random.default_rng(1)
    for _ in range(20):
        before = rng.uniform(50, 110, (4, 2))
        now = before + rng.normal(0, 6, (4, 2))
        tracker = IouTracker(5)
        assert tracker.update(0, boxes(*before)) == [0, 1, 2, 3]
        found = tracker.update(1, boxes(*now))
        shared = pairwise_iou(boxes(*before), boxes(*now))
        shared = np.where(shared < 0.3, 0, shared)
        best = max(sum(shared[row[c], c] for c in range(4)) for row in permutations(range(4)))
        kept = [(who, c) for c, who in enumerate(found) if who < 4]
        assert sum(shared[pair] for pair in kept) == pytest.approx(best)
        assert len(set(found)) == 4


def test_people_who_pass_each_other_keep_their_numbers():
    tracker = IouTracker(5)
    for t in range(41):
        some = boxes((10 + 5 * t, 50), (210 - 5 * t, 75))
        # The order in which they are found changes from frame to frame.
        order = [1, 0] if t % 2 else [0, 1]
        assert tracker.update(t, some[order]) == order


@pytest.mark.parametrize(("away", "who"), [(5, 0), (6, 1)])
def test_who_is_away_for_too_long_is_somebody_new(away, who):
    tracker = IouTracker(5)
    tracker.update(0, boxes((50, 50)))
    for t in range(1, away):
        tracker.update(t, boxes())
    assert tracker.update(away, boxes((55, 50))) == [who]


def test_a_box_elsewhere_is_somebody_else():
    tracker = IouTracker(5)
    tracker.update(0, boxes((50, 50)))
    assert tracker.update(1, boxes((90, 50), (52, 50))) == [1, 0]


NONE = np.zeros((0, 17, 3))


class Reader:
    """Says the middle of the box for every keypoint, as sure as the box is wide."""

    skeleton = "h36m17"

    def estimate(self, images, boxes):
        self.images = len(images)
        return [
            np.stack([self._one(*box) for box in some]) if len(some) else NONE for some in boxes
        ]

    def _one(self, left, top, right, bottom):
        return np.tile([(left + right) / 2, (top + bottom) / 2, (right - left) / 100], (17, 1))


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
    np.testing.assert_allclose(seen[2][0].keypoints[3], [34, 30, 0.6])
    assert reader.images == 3
