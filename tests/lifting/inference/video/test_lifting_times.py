"""A video whose frames come at 30 per second and then at 10, lifted and written as files with times."""

import csv

import numpy as np
import pytest

from datamodules.cmu.bvh import read_bvh
from datamodules.safe_load import load_npz
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.keypoint_lifting import lift_keypoint_file
from lifting.inference.options import LiftOptions, ReadOptions
from lifting.inference.prediction import lift
from lifting.inference.video.lifting import lift_video
from lifting.inference.video.reader import Video
from tests.made_dots import CROP, walk, write_dots

pytestmark = pytest.mark.slow(reason="encodes, decodes and lifts videos", shapes=True)

SIZE = (320, 240)
# Milliseconds.
TIMES = [0, 33, 67, 100, 133, 233, 333, 433]
SECONDS = np.array(TIMES) / 1000


@pytest.fixture
def phone(here):
    return write_dots(here / "phone.mkv", [[points] for points in walk(len(TIMES))], times=TIMES)


def check(folder, rate, fps):
    """Check poses and files against the times of the frames."""
    poses = load_npz(folder / "poses.npz")
    np.testing.assert_allclose(poses["time"], SECONDS, atol=1e-6)
    rows = list(csv.DictReader((folder / "poses.csv").open()))
    np.testing.assert_allclose([float(row["time"]) for row in rows], SECONDS, atol=1e-6)
    lines = (folder / "poses_person0.trc").read_text().splitlines()
    trc = np.array([[float(x) for x in line.split("\t")] for line in lines[6:]])
    np.testing.assert_allclose(trc[:, 1], SECONDS, atol=1e-6)
    motion = read_bvh(folder / "poses_person0.bvh")
    assert motion.frame_time == pytest.approx(1 / rate, rel=1e-5)
    # Where a frame is met, the pelvis is where it is in the table, in centimetres.
    pelvis = motion.values(0)[:, :3]
    np.testing.assert_allclose(pelvis[0], 100 * trc[0, 2:5], atol=1e-3)
    even = np.arange(len(pelvis)) / rate
    wanted = np.stack([np.interp(even, SECONDS, axis) for axis in trc[:, 2:5].T], 1)
    np.testing.assert_allclose(pelvis, 100 * wanted, atol=0.1)
    return poses


def test_files_tell_when_frames_are_shown(here, phone):
    options = {"crop": CROP, "device": "cpu", "shortest": 2, "page_frames": 0, "trajectory": True}
    made = lift_video(
        *("phone.mkv", "sb.ckpt"),
        **options,
        detector="dots.ckpt",
        formats="bvh,trc,csv",
        smooth="savgol",
    )
    video = Video(phone)
    np.testing.assert_allclose(video.read_seconds(), SECONDS, atol=1e-9)
    poses = check(here / "phone_3d", 1 / 0.033, video.fps)
    (track,) = made.tracks
    given = {"skeleton": "h36m17", "size": SIZE, "device": "cpu", "smooth": "savgol"}
    by_times = lift(track.keypoints, "sb.ckpt", **given, times=SECONDS, confidence=track.confidence)
    np.testing.assert_allclose(poses["pose"], by_times.pose, atol=1e-2)
    even = lift(track.keypoints, "sb.ckpt", **given, fps=30, confidence=track.confidence)
    assert np.abs(poses["pose"] - even.pose).max() > 0.1

    # Keypoints that are written tell them as well, with the video and without it.
    (read,) = read_tracks(here / "phone_3d/keypoints.npz", ReadOptions())
    np.testing.assert_allclose(read.times, SECONDS, atol=1e-6)
    lift_keypoint_file(here / "phone_3d/keypoints.npz", "sb.ckpt")
    np.testing.assert_allclose(load_npz("phone_3d/keypoints_3d.npz")["time"], SECONDS, atol=1e-6)
    rate = LiftOptions(fps=50)
    lift_keypoint_file(here / "phone_3d/keypoints.npz", "sb.ckpt", options=rate)
    np.testing.assert_allclose(load_npz("phone_3d/keypoints_3d.npz")["time"], np.arange(8) / 50)
    np.savez("k.npz", keypoints=track.keypoints, skeleton="h36m17")
    lift_video("phone.mkv", "sb.ckpt", keypoints="k.npz", out="again", page_frames=0)
    np.testing.assert_allclose(load_npz("again/poses.npz")["time"], SECONDS, atol=1e-6)


@pytest.mark.real
def test_real_video_of_a_varying_rate(cases, here):
    """Ten frames at 30 per second, then ten at 10."""
    folder = cases / "bvh_of_a_varying_rate"
    given = {"keypoints": str(folder / "keypoints.npz"), "page_frames": 0, "device": "cpu"}
    lift_video(str(folder / "phone.mp4"), "sb.ckpt", out="phone", **given)
    motion = read_bvh(here / "phone/poses_person.bvh")
    assert (len(motion.motion), motion.frame_time) == (38, pytest.approx(1 / 30, abs=1e-6))
    seconds = np.concatenate([np.arange(11) / 30, 10 / 30 + np.arange(1, 10) / 10])
    np.testing.assert_allclose(load_npz("phone/poses.npz")["time"], seconds, atol=1e-9)
