"""Tracks of the people on a video: which keypoints, people and frames they hold."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.detectors.interfaces import Detection
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.options import ReadOptions
from lifting.inference.video.reader import Video
from lifting.inference.video.tracks import detect_tracks, read_video_tracks, with_times
from tests.datamodules.made_videos import SIZE, write_video


class Script:
    """Sees what is written down: for each frame who is on it, and the confidence of its keypoints."""

    skeleton = "h36m17"

    def __init__(self, *people):
        self.people = people

    def track(self, frames):
        return [
            [
                Detection(who, points(frame.number, confidence))
                for who, confidence in self.people[frame.number]
            ]
            for frame in frames
        ]


def points(number, confidence):
    return np.array([[10 + number, 20 + joint, confidence] for joint in range(17)], np.float32)


@pytest.fixture
def video(tmp_path):
    return Video(write_video(tmp_path / "a.mp4", 6))


def test_keypoints_that_are_not_sure_are_missing_and_gaps_are_kept(video):
    script = Script([], [(0, 0.4)], [(0, 0.1)], [], [(0, 0.9)], [(0, 0.1)])
    (track,), count = detect_tracks(video, script, 0.3, 1, lambda: False)
    assert count == 6
    # Nothing is told of the frames before the first, and after the last, that shows anything.
    assert track.frames.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(track.confidence[:, 0], [0.4, 0, 0, 0.9])
    np.testing.assert_allclose(track.keypoints[[0, 3], 5], [[11, 25], [14, 25]])
    assert (track.name, track.size, track.fps) == ("person0", (64.0, 48.0), 25.0)


def test_who_is_seen_too_seldom_is_left_out(video):
    script = Script(*[[(7, 0.9), (2, 0.8)]] * 3, *[[(2, 0.8)]] * 3)
    tracks, _ = detect_tracks(video, script, 0.3, 4, lambda: False)
    assert [(track.name, len(track.frames)) for track in tracks] == [("person0", 6)]
    with pytest.raises(InputError, match="nobody was seen on 7 frames, but on 6; lower --shortest"):
        detect_tracks(video, script, 0.3, 7, lambda: False)


@pytest.mark.parametrize("people", [[(7, 0.9)], []])
def test_a_picture_is_sent_to_the_command_for_photographs(tmp_path, people):
    picture = Video(write_video(tmp_path / "a.mp4", 1))
    with pytest.raises(InputError, match="is one picture; lift photographs by `lifting photo`"):
        detect_tracks(picture, Script(people), 0.3, 4, lambda: False)


def test_files_that_count_from_one_are_moved(video, tmp_path):
    where = np.stack([points(number, 1.0)[:, :2] for number in range(6)])
    path = tmp_path / "k.npz"
    np.savez(path, keypoints=where, skeleton="h36m17", frame=np.arange(1, 7))
    (track,) = read_video_tracks(video, path, ReadOptions(), 1)
    assert track.frames.tolist() == list(range(6))
    with pytest.raises(InputError, match=r"has frames 1 to 6, but .* has 6; say with --first"):
        read_video_tracks(video, path, ReadOptions(), 0)


def test_shares_of_the_image_become_its_pixels(video, tmp_path):
    path = tmp_path / "k.npz"
    shares = np.tile(np.random.default_rng(0).uniform(0, 1, (33, 2)), (6, 1, 1))
    np.savez(path, landmarks=np.concatenate([shares, np.ones_like(shares)], -1))
    (track,) = read_video_tracks(video, path, ReadOptions(), 0)
    np.testing.assert_allclose(track.keypoints, shares * SIZE)


def test_people_on_hardly_any_frame_are_refused(video, tmp_path):
    video.frames = 0
    path = tmp_path / "k.npz"
    where = np.stack([points(0, 1.0)[:, :2]] * 2)
    np.savez(path, keypoints=where, skeleton="h36m17", frame=[0, 1000])
    with pytest.raises(InputError, match="on so few frames that they are no video"):
        read_video_tracks(video, path, ReadOptions(), 0)


def test_frames_that_could_not_be_decoded_follow_at_the_rate():
    nothing = np.zeros((3, 17, 2)), np.zeros((3, 17)), "h36m17"
    first = KeypointTrack("a", np.arange(1, 4), *nothing)
    second = KeypointTrack("b", np.arange(3), *nothing)
    timed = with_times([first, second], [0.0, 0.1, 0.4], 10.0)
    np.testing.assert_allclose([track.times for track in timed], [[0.1, 0.4, 0.5], [0, 0.1, 0.4]])
    assert {track.fps for track in timed} == {10.0}
