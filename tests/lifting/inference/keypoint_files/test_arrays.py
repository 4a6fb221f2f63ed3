"""Arrays of several people whose frames follow one another."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files import made_keypoints as made

NOTHING = ReadOptions()
FALLING = np.array([2**63 - 1, -(2**63), 5, 6, 7, 2, 4, 9])


def tracked(**changed):
    """Two people whose frames follow one another."""
    content = {
        "keypoints": np.concatenate([made.person(17, 5, 0), made.person(17, 3, 1)]),
        "frame": [0, 1, 2, 3, 4, 2, 4, 9],
        "track": [0] * 5 + [1] * 3,
        "tracks": ["anna", "ben"],
        "skeleton": "coco17",
    }
    return content | changed


def test_an_npz_of_people_one_after_another(tmp_path):
    content = tracked()
    np.savez(tmp_path / "k.npz", **content)
    first, second = read_tracks(tmp_path / "k.npz", NOTHING)
    assert (first.name, second.name) == ("anna", "ben")
    assert (first.frames.tolist(), second.frames.tolist()) == ([0, 1, 2, 3, 4], [2, 4, 9])
    np.testing.assert_allclose(first.keypoints, content["keypoints"][:5, :, :2])
    np.testing.assert_allclose(second.keypoints, content["keypoints"][5:, :, :2])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"track": [0] * 7}, "its 'track' and 'frame' are not one whole number per row"),
        ({"frame": np.arange(8.0)}, "its 'track' and 'frame' are not one whole number per row"),
        ({"track": [2] * 8}, "its 'track' is no index into 'tracks'"),
        ({"tracks": []}, "its 'track' is no index into 'tracks'"),
        ({"time": np.arange(7.0)}, "its 'time' is not the seconds of each frame"),
        ({"time": np.full(8, np.inf)}, "its 'time' is not the seconds of each frame"),
        ({"time": [0, 1, 2, 3, 3, 4, 5, 6]}, "k.npz: anna: its 'time' does not rise"),
        ({"frame": [0, 1, 2, 2, 4, 2, 4, 9]}, "k.npz: anna: its 'frame' does not rise"),
        # Differences of these are above 0.
        ({"frame": FALLING}, "k.npz: anna: its 'frame' does not rise"),
        ({"frame": FALLING.astype(np.uint64)}, "k.npz: anna: its 'frame' does not rise"),
    ],
)
def test_people_one_after_another_that_cannot_be_told_apart_are_refused(
    changed, sentence, tmp_path
):
    np.savez(tmp_path / "k.npz", **tracked(**changed))
    with pytest.raises(InputError, match=sentence):
        read_tracks(tmp_path / "k.npz", NOTHING)


def test_what_stands_beside_video_pose_3d_s_keypoints_is_used(tmp_path):
    tree = {"walk.mp4": {"custom": [made.person(17)]}}
    beside = {"skeleton": "coco17", "size": [640, 480], "fps": 60}
    np.savez(tmp_path / "d.npz", positions_2d=np.array(tree, dtype=object), **beside)
    (track,) = read_tracks(tmp_path / "d.npz", NOTHING)
    assert (track.skeleton, track.size, track.fps) == ("coco17", (640.0, 480.0), 60.0)


def test_landmarks_of_mediapipe_are_of_the_size_and_rate_that_stand_beside_them(tmp_path):
    shares = np.random.default_rng(0).uniform(0.2, 0.8, (1, 33, 4)).repeat(6, 0)
    np.savez(tmp_path / "m.npz", landmarks=shares, size=[400, 300], fps=60.0)
    (track,) = read_tracks(tmp_path / "m.npz", NOTHING)
    assert (track.skeleton, track.size, track.fps) == ("mediapipe33", (400.0, 300.0), 60.0)
    np.testing.assert_allclose(track.keypoints, shares[..., :2] * [400, 300])


def test_the_frames_of_one_person_rise(tmp_path):
    content = {"keypoints": made.person(17, 8), "frame": FALLING, "skeleton": "coco17"}
    np.savez(tmp_path / "k.npz", **content)
    with pytest.raises(InputError, match="its 'frame' is not one rising number per frame"):
        read_tracks(tmp_path / "k.npz", NOTHING)


def test_times_stand_beside_frames_of_every_kind_of_npz(tmp_path):
    times = np.array([0, 0.1, 0.3, 0.4, 0.8, 0.3, 0.8, 1.9])
    np.savez(tmp_path / "k.npz", **tracked(time=times))
    first, second = read_tracks(tmp_path / "k.npz", NOTHING)
    np.testing.assert_array_equal(first.times, times[:5])
    # Frames between are shown between.
    np.testing.assert_allclose(
        second.contiguous("k").times, [0.3, 0.55, 0.8, 1.02, 1.24, 1.46, 1.68, 1.9]
    )
    assert second.rows(slice(1, 3)).times.tolist() == [0.8, 1.9]
    unknown = np.full(8, np.nan)
    np.savez(tmp_path / "k.npz", **tracked(time=unknown))
    assert read_tracks(tmp_path / "k.npz", NOTHING)[0].times is None

    scores, frames = np.ones((8, 1, 17)), np.arange(3, 11)
    points = made.person(17, 8, 0)[:, None, :, :2]
    landmarks = np.random.default_rng(0).uniform(0.2, 0.8, (33, 4))
    for content in (
        {"keypoints": points, "scores": scores},
        {"keypoints": points[:, 0], "skeleton": "coco17"},
        {"landmarks": np.tile(landmarks, (8, 1, 1)), "size": [640, 480]},
    ):
        np.savez(tmp_path / "k.npz", **content, frame=frames, time=np.arange(8) ** 1.1)
        (track,) = read_tracks(tmp_path / "k.npz", NOTHING)
        np.testing.assert_allclose(track.times, np.arange(8) ** 1.1)
        assert track.seconds(None)[1] == 1
