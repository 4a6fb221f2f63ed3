"""People of files and of runs, with what they were lifted from."""

import numpy as np
import pytest

from lifting.cameras import nominal_camera
from lifting.errors import InputError
from lifting.inference.audited_people import with_keypoints
from lifting.inference.keypoint_files import track_from_points
from tests.lifting.inference.test_audit import shown
from tests.lifting.metrics.test_anatomy import person


def track(name, camera=None, size=(640.0, 480.0)):
    points = np.arange(3 * 17 * 3, dtype=float).reshape(3, 17, 3)
    points[..., 2] = 1
    points[1, 4, 2] = 0
    return track_from_points(name, points, np.array([1, 2, 4]), "h36m17", size, 25.0, camera)


def test_keypoints_are_found_by_name_and_frame():
    (seen,) = with_keypoints([shown(*[person()] * 4)], [track("other"), track("someone")], "k.json")
    points = seen.person.keypoints
    # Frames 0 to 3, of which the file has 1 and 2.
    assert np.isnan(points[[0, 3]]).all()
    assert points[1, 0].tolist() == [0, 1]
    assert np.isnan(points[2, 4]).all()
    assert seen.person.keypoint_joints.name == "h36m17"
    assert seen.camera.focal.tolist() == [640, 640]


def test_a_known_camera_is_taken():
    camera = nominal_camera(1000, 700)
    (seen,) = with_keypoints([shown(person())], [track("someone", camera, None)], "k.json")
    assert seen.camera.principal.tolist() == [500, 350]


def test_people_of_another_file_are_refused():
    with pytest.raises(InputError, match=r"k\.json.*someone.*other"):
        with_keypoints([shown(person())], [track("other"), track("third")], "k.json")
    # A single one is the same whatever the names.
    (seen,) = with_keypoints([shown(person())], [track("other")], "k.json")
    assert seen.person.name == "someone"
