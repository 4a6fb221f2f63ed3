"""Tracking of landmarks that are shares of the image: by the sizes of people, not of the image."""

import numpy as np
import pytest

from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files import made_keypoints as made

SIZED = ReadOptions(width=made.SIZE[0], height=made.SIZE[1])


@pytest.mark.parametrize(("away", "count"), [(20, 1), (250, 2)])
def test_who_is_small_and_far_away_is_somebody_new(away, count, tmp_path):
    """People of a seventh of the image's height, a fifth of its width apart."""
    body = np.concatenate([100 * np.random.default_rng(0).random((33, 2)), np.ones((33, 1))], 1)
    here, there = (np.array([400 + x, 300, 0]) for x in (0, away))
    frames = [body + here] * 5 + [body + there] * 5
    path = made.write(tmp_path / "m.json", [made.landmarks(points) for points in frames])
    tracks = read_tracks(path, SIZED)
    assert [track.name for track in tracks] == [f"person{n}" for n in range(count)]
    np.testing.assert_allclose(tracks[-1].keypoints[-1], frames[-1][:, :2])
    assert {track.size for track in tracks} == {made.SIZE}
