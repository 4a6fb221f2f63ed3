"""BlazePose in known boxes: which region it looks at."""

import numpy as np

from lifting.inference.detectors.blazepose.estimator import BlazePoseEstimator
from lifting.inference.detectors.blazepose.landmarks import Landmarks
from lifting.inference.detectors.blazepose.person_detection import DetectedPerson
from lifting.inference.people.detect_and_track import DetectAndTrack, KnownBoxes

IMAGE = np.zeros((200, 300, 3), np.uint8)
BOX = np.array([[100, 40, 140, 140]], np.float32)


class Networks:
    def __init__(self, *people, score=1.0):
        self.people, self.score, self.shown, self.region = people, score, None, None

    def detect(self, image, shown):
        self.shown = shown
        return [DetectedPerson(0.9, np.zeros(4), np.tile(p, (2, 1))) for p in self.people]

    def landmarks(self, image, region):
        self.region = region
        places = np.tile([region.x, region.y, 0.0], (33, 1))
        ones = np.ones(33)
        return Landmarks(self.score, places, ones, ones, places, np.zeros((2, 2)))


def circle(x, y, rim_x, rim_y):
    return np.array([[x, y], [rim_x, rim_y]], float)


def test_the_person_of_the_box_and_how_it_lies():
    lying, beside = circle(118, 92, 68, 92), circle(240, 90, 240, 40)
    networks = Networks(beside, lying)
    (points,) = BlazePoseEstimator(networks).estimate([IMAGE], [BOX])
    np.testing.assert_allclose(networks.shown, [120, 90, 1.5 * 125, 0])
    np.testing.assert_allclose(networks.region, [118, 92, 125, -np.pi / 2], atol=1e-6)
    np.testing.assert_allclose(points, np.tile([118, 92, 1], (1, 33, 1)))


def test_upright_where_nobody_is_detected_or_only_somebody_else():
    for people in ((), (circle(240, 90, 240, 40),)):
        networks = Networks(*people)
        BlazePoseEstimator(networks).estimate([IMAGE], [BOX])
        assert networks.region == (120, 90, 125, 0)


def test_nobody_has_no_confidence_and_no_box_no_keypoints():
    points, none = BlazePoseEstimator(Networks(score=0.1)).estimate(
        [IMAGE, IMAGE], [BOX, np.zeros((0, 4), np.float32)]
    )
    assert none.shape == (0, 33, 3)
    np.testing.assert_allclose(points[..., 2], 0.1)


def test_it_is_tracked_by_its_boxes():
    class Shot:
        number, image = 0, IMAGE

    tracker = DetectAndTrack(KnownBoxes({0: BOX.tolist()}), BlazePoseEstimator(Networks()), 0.1, 5)
    assert tracker.skeleton == "mediapipe33"
    ((person,),) = tracker.track([Shot()])
    assert (person.person, person.keypoints.shape) == (0, (33, 3))
