"""Arrays of rtmlib's models, frame by frame."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files import made_keypoints as made

BOTH = np.stack([made.person(26), made.person(26, seed=1, at=(200, 300))])


def check(tracks, people=BOTH):
    assert [track.skeleton for track in tracks] == ["halpe26"] * len(people)
    for track, points in zip(tracks, people, strict=True):
        np.testing.assert_allclose(track.keypoints, points[..., :2])
        np.testing.assert_allclose(track.confidence, points[..., 2])


@pytest.mark.parametrize("first", ["frames", "people"])
def test_frames_and_people(first, tmp_path):
    """Whichever comes first: the same person moves less than two people are apart."""
    array = BOTH if first == "people" else BOTH.swapaxes(0, 1)
    more = {"size": made.SIZE, "fps": 30, "frame": np.arange(4, 10)}
    np.savez(tmp_path / "r.npz", keypoints=array[..., :2], scores=array[..., 2], **more)
    tracks = read_tracks(tmp_path / "r.npz", ReadOptions())
    check(tracks)
    assert [(t.size, t.fps, t.frames[0]) for t in tracks] == [(made.SIZE, 30.0, 4)] * 2


def test_people_who_come_and_go(tmp_path):
    frames = [BOTH[:, t] for t in range(6)]
    frames[2] = np.zeros((0, 26, 3))
    frames[4] = frames[4][:1]
    ragged = [np.empty(6, object) for _ in range(2)]
    for number, frame in enumerate(frames):
        ragged[0][number], ragged[1][number] = frame[..., :2], frame[..., 2]
    np.savez(tmp_path / "r.npz", keypoints=ragged[0], scores=ragged[1])
    anna, ben = read_tracks(tmp_path / "r.npz", ReadOptions())
    assert (anna.frames.tolist(), ben.frames.tolist()) == ([0, 1, 3, 4, 5], [0, 1, 3, 5])
    np.testing.assert_allclose(anna.keypoints, BOTH[0][[0, 1, 3, 4, 5], :, :2])


def test_one_person_with_scores_beside(tmp_path):
    np.savez(tmp_path / "r.npz", keypoints=BOTH[0][..., :2], scores=BOTH[0][..., 2])
    check(read_tracks(tmp_path / "r.npz", ReadOptions()), BOTH[:1])


def test_what_does_not_go_together_is_refused(tmp_path):
    np.savez(tmp_path / "r.npz", keypoints=BOTH[..., :2], scores=BOTH[:, :5, :, 2])
    with pytest.raises(InputError, match=r"r\.npz: .*(scores|frames)"):
        read_tracks(tmp_path / "r.npz", ReadOptions())
