"""People of OpenPose's folders who have no body on some frames."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files import made_keypoints as made

POINTS = made.person(25, 10)
EMPTY = (2, 7)


def test_a_face_without_a_body_is_nobody(tmp_path):
    frames = {t: [([] if t in EMPTY else p, -1)] for t, p in enumerate(POINTS)}
    (track,) = read_tracks(made.openpose(tmp_path / "json", frames), ReadOptions())
    kept = [t for t in range(10) if t not in EMPTY]
    assert (track.name, track.frames.tolist()) == ("person0", kept)
    np.testing.assert_allclose(track.keypoints, POINTS[kept][..., :2])


def test_faces_alone_are_nobody(tmp_path):
    with pytest.raises(InputError, match="shows nobody"):
        read_tracks(made.openpose(tmp_path / "json", {0: [([], -1)]}), ReadOptions())


@pytest.mark.real
def test_real_folder(cases):
    folder = cases / "openpose_person_without_a_body/json"
    (track,) = read_tracks(folder, ReadOptions(width=1920, height=1080))
    assert track.name == "person0"
    assert track.contiguous(folder).seen.any(1).sum() == 8
    assert track.frames.tolist() == [0, 1, 3, 4, 5, 6, 8, 9]
