"""Live lifting: frame by frame it gives what the lifter predicts of the whole recording."""

import numpy as np
import pytest
import torch

from lifting.cameras import calibrated_camera, nominal_camera
from lifting.errors import InputError, InputWarning
from lifting.inference.defaults import LIVE_LIFTER
from lifting.inference.live import LiveLifter, frames_ahead
from lifting.inference.prediction import lift, load_lifter
from lifting.keypoints.input_range import InputRange
from lifting.models import registered
from lifting.skeletons import skeleton
from tests.lifting.made_checkpoints import METHODS, make
from tests.made_lifters import save

SIZE = (1280, 720)
FRAMES = 24
# Millimetres; poses are up to 1 m, of which float32 knows 0.00006 mm.
CLOSE = 1e-3
LIVE = ("causal", "simple_baseline", "iganet", "links", "occlusion")
# Causal, in the view of the person, told what is missing: as the lifter that comes with the suite.
PERSON = {"view": "person", "missing": True}


def person(frames=FRAMES, joints=17):
    """A person that drifts across the image: pixels."""
    generator = torch.Generator().manual_seed(1)
    body = torch.tensor([600.0, 350.0]) + 100 * torch.randn(joints, 2, generator=generator)
    return (body + (5 * torch.randn(frames, joints, 2, generator=generator)).cumsum(0)).numpy()


def pushed(live, points, fps=30.0, confidence=None):
    scores = [None] * len(points) if confidence is None else confidence
    pairs = zip(points, scores, strict=True)
    return np.stack([live.push(p, 7.5 + n / fps, c) for n, (p, c) in enumerate(pairs)])


@pytest.mark.parametrize("fps", [None, 30])
@pytest.mark.parametrize(("name", "options"), [*((name, {}) for name in LIVE), ("causal", PERSON)])
def test_it_is_what_is_predicted_of_the_whole_clip(name, options, fps):
    lifter, points = make(name, **options), person()
    # Keypoints are scaled to it where a lifter sees pixels.
    lifter.image_side = 1000.0 if lifter.sees_pixels else None
    whole = lift(points, lifter, size=SIZE).pose
    live = LiveLifter(lifter, size=SIZE, fps=fps)
    poses = pushed(live, points)
    assert poses.dtype == np.float32
    assert np.abs(whole).max() > 10
    np.testing.assert_allclose(poses, whole, rtol=1e-5, atol=CLOSE)
    assert live.known.all()
    # It is not the same in every frame, nor what a single frame gives.
    if name == "causal":
        alone = np.stack([lift(p, lifter, size=SIZE).pose[0] for p in points])
        assert np.abs(alone[1:] - whole[1:]).max() > 0.1
        live.reset()
        np.testing.assert_allclose(pushed(live, points[5:])[0], alone[5], atol=CLOSE)


def test_checkpoint_camera_and_another_joint_set(tmp_path):
    lifter, points = make("causal"), person(joints=26)
    camera = calibrated_camera((900, 910), (640, 350), SIZE, np.eye(3), np.zeros(3))
    whole = lift(points, lifter, skeleton="halpe26", camera=camera).pose
    path = save(lifter, tmp_path / "causal.ckpt")
    live = LiveLifter(path, skeleton="halpe26", camera=camera, device="cpu")
    np.testing.assert_allclose(pushed(live, points), whole, rtol=1e-5, atol=CLOSE)
    assert live.skeleton == "h36m17"


def test_several_people_share_a_lifter():
    lifter = make("causal")
    people = person(), person()[::-1].copy()
    lives = [LiveLifter(lifter, size=SIZE) for _ in people]
    poses = [
        [live.push(p, n / 30) for live, p in zip(lives, both, strict=True)]
        for n, both in enumerate(zip(*people, strict=True))
    ]
    for number, points in enumerate(people):
        whole = lift(points, lifter, size=SIZE).pose
        np.testing.assert_allclose([p[number] for p in poses], whole, rtol=1e-5, atol=CLOSE)


def test_another_frame_rate_gives_the_same_pose_at_the_same_time():
    """Of a person in uniform motion every frame rate shows the same."""
    lifter = make("causal")
    begin, speed = person()[0], 40 * person()[-1] / 100
    expected = lift(begin + speed * np.arange(25)[:, None, None] / 25, lifter, size=SIZE).pose
    rng = np.random.default_rng(0)
    times = np.unique(np.concatenate([np.arange(25) / 25, rng.uniform(0, 0.95, 25)]))
    live = LiveLifter(lifter, size=SIZE, fps=25)
    poses = {t: live.push(begin + t * speed, t) for t in times.tolist()}
    at_rate = np.stack([poses[t] for t in (np.arange(25) / 25).tolist()])
    np.testing.assert_allclose(at_rate, expected, rtol=1e-5, atol=0.01)
    plain = LiveLifter(lifter, size=SIZE)
    as_they_come = {t: plain.push(begin + t * speed, t) for t in times.tolist()}
    assert np.abs(as_they_come[0.96] - poses[0.96]).max() > 0.1


def test_missing_keypoints_stay_where_they_were():
    lifter, points = make("causal"), person()
    live = LiveLifter(lifter, size=SIZE)
    confidence = np.ones((FRAMES, 17))
    wrist = skeleton("coco17").index("left_wrist")
    confidence[10:20, wrist] = 0
    held = points.copy()
    held[10:20, wrist] = points[9, wrist]
    expected = lift(held, lifter, size=SIZE).pose
    known = []
    for n in range(FRAMES):
        pose = live.push(points[n], n / 30, confidence[n])
        np.testing.assert_allclose(pose, expected[n], rtol=1e-5, atol=CLOSE)
        known.append(live.known[skeleton("h36m17").index("left_wrist")])
    assert known == [True] * 10 + [False] * 10 + [True] * 4
    # The same by NaN, and by a third column.
    gone = np.where(confidence[..., None] > 0, points, np.nan)
    np.testing.assert_allclose(pushed(LiveLifter(lifter, size=SIZE), gone), expected, atol=0.01)
    third = np.concatenate([points, confidence[..., None]], -1)
    np.testing.assert_allclose(pushed(LiveLifter(lifter, size=SIZE), third), expected, atol=0.01)


def test_before_everything_was_seen_there_is_no_pose():
    lifter, points = make("causal"), person()
    live = LiveLifter(lifter, size=SIZE)
    assert np.isnan(live.push(np.full((17, 2), np.nan), 0.0)).all()
    assert np.isnan(live.push(np.concatenate([points[0], np.zeros((17, 1))], -1), 0.1)).all()
    part = points[0].copy()
    part[9] = np.nan
    assert np.isnan(live.push(part, 0.2)).all()
    assert not live.known.any()
    assert np.isfinite(live.push(points[1], 0.3)).all()
    assert live.known.all()
    # As in a file, a joint that comes late was there before: the frames show part, part, points.
    first = points[0].copy()
    first[9] = points[1, 9]
    expected = lift(np.stack([first, points[1]]), lifter, size=SIZE).pose[1]
    again = LiveLifter(lifter, size=SIZE)
    again.push(part, 0.0)
    np.testing.assert_allclose(again.push(points[1], 0.1), expected, rtol=1e-5, atol=CLOSE)


@pytest.mark.parametrize("fps", [None, 30])
def test_a_lifter_that_is_told_what_is_missing_gives_what_it_gives_of_a_file(fps):
    lifter, points = make("causal", **PERSON), person()
    points[np.random.default_rng(0).random((FRAMES, 17)) < 0.3] = np.nan
    points[:, 9] = np.nan
    whole = lift(points, lifter, size=SIZE)
    live = LiveLifter(lifter, size=SIZE, fps=fps)
    np.testing.assert_allclose(pushed(live, points), whole.pose, rtol=1e-5, atol=CLOSE)
    assert live.known.tolist() == whole.known[-1].tolist()
    assert 0 < live.known.sum() < 17
    # Of a frame with nobody the one before stays, until somebody new comes.
    last = whole.pose[-1]
    nobody = np.full((17, 2), np.nan)
    held = lift(np.concatenate([points, points[-1:]]), lifter, size=SIZE).pose[-1]
    gone = live.push(nobody, 7.5 + FRAMES / 30)
    assert np.isfinite(gone).all()
    assert np.abs(gone - last).max() < 2 * np.abs(held - last).max() + 100
    assert not live.known.any()
    assert np.isnan(live.push(nobody, 20.0)).all()


def test_windows_have_the_frame_rate_of_training():
    lifter, points = make("causal"), person()
    lifter.frame_rate = 15.0
    fast = np.repeat(points, 2, axis=0)
    fast[1::2] += 30
    poses = pushed(LiveLifter(lifter, size=SIZE), fast, fps=30)[::2]
    np.testing.assert_allclose(poses, lift(points, lifter, size=SIZE).pose, rtol=1e-5, atol=0.01)
    whole = lift(fast, lifter, size=SIZE, fps=30).pose[::2]
    np.testing.assert_allclose(poses, whole, rtol=1e-5, atol=0.01)


def test_the_lifter_that_comes_with_the_suite_is_taken_where_none_is_named():
    if LIVE_LIFTER not in registered():
        pytest.skip(f"{LIVE_LIFTER} does not come with this version")
    points = person()
    lifter = load_lifter(LIVE_LIFTER)
    whole = lift(points, lifter, size=SIZE, fps=lifter.frame_rate).pose
    poses = pushed(LiveLifter(size=SIZE), points, fps=lifter.frame_rate)
    np.testing.assert_allclose(poses, whole, rtol=1e-5, atol=CLOSE)


def test_poses_are_smoothed_as_those_of_a_file():
    lifter, points = make("causal"), person()
    expected = lift(points, lifter, size=SIZE, fps=30, smooth="one_euro").pose
    live = LiveLifter(lifter, size=SIZE, smooth="one_euro")
    np.testing.assert_allclose(pushed(live, points), expected, rtol=1e-5, atol=CLOSE)
    assert np.abs(expected - lift(points, lifter, size=SIZE).pose).max() > 1
    # Whoever comes anew begins anew, also after a frame that tells no pose.
    nobody = np.full((17, 2), np.nan)
    assert np.isnan(live.push(nobody, 100.0)).all()
    alone = lift(points[:1], lifter, size=SIZE).pose[0]
    np.testing.assert_allclose(live.push(points[0], 100.1), alone, rtol=1e-5, atol=CLOSE)
    np.testing.assert_allclose(live.push(points[0], 200.0), alone, rtol=1e-5, atol=CLOSE)
    live.reset()
    np.testing.assert_allclose(live.push(points[0], 1.0), alone, rtol=1e-5, atol=CLOSE)


def test_strange_keypoints_are_warned_of_once():
    lifter, points = make("simple_baseline"), person()
    camera = nominal_camera(*map(float, SIZE)).to(torch.float32)
    lifter.input_range = InputRange.of(torch.from_numpy(points)[None] / 8, camera[None])
    live = LiveLifter(lifter, size=SIZE)
    with pytest.warns(InputWarning, match="standard deviations") as warned:
        pushed(live, points)
    assert len(warned) == 1


def test_keypoints_that_nobody_can_have_are_not_seen_and_warned_of_once():
    points = person()
    live, expected = (LiveLifter(make("causal", **PERSON), size=SIZE) for _ in range(2))
    broken = points.copy()
    broken[4, 9] = broken[6, 3] = 1e9
    # All in one point: the person is missing.
    broken[8] = 300
    with pytest.warns(InputWarning, match="left wrist lies far outside the image") as told:
        poses = pushed(live, broken)
    assert len(told) == 1
    missing = points.copy()
    missing[4, 9] = missing[6, 3] = missing[8] = np.nan
    np.testing.assert_allclose(poses, pushed(expected, missing), atol=CLOSE)


def test_a_method_that_completes_is_told_what_is_missing():
    lifter, points = make("occlusion"), person()
    points[:, [7, 9]] = np.nan
    confidence = np.isfinite(points).all(-1)
    whole = lift(points, lifter, size=SIZE)
    live = LiveLifter(lifter, size=SIZE)
    np.testing.assert_allclose(pushed(live, points), whole.pose, rtol=1e-5, atol=CLOSE)
    assert not confidence.all()
    assert live.known.tolist() == whole.known[-1].tolist()
    assert not live.known.all()


@pytest.mark.parametrize("name", sorted(METHODS.keys() - set(LIVE)))
def test_lifters_that_look_ahead_are_refused(name):
    ahead = frames_ahead(make(name))
    assert ahead == (8 if name == "mixste" else 4)
    with pytest.raises(InputError, match=f"looks {ahead} frames ahead.*causal"):
        LiveLifter(make(name), size=SIZE)


def test_wrong_input_is_one_sentence():
    lifter, points = make("causal"), person()
    live = LiveLifter(lifter, size=SIZE)
    live.push(points[0], 1.0)
    for wrong, said in [
        ((points[1], 1.0), "The time is 1.0 s, that of the frame before 1.0 s"),
        ((points[1], float("nan")), "in their order"),
        ((points[1][:9], 2.0), "9 joints"),
        ((points, 2.0), "24 frames"),
        (("tea", 2.0), "no array of numbers"),
        ((points[1] / 1000, 2.0), "give pixels"),
        ((points[1], 2.0, np.ones(3)), "one number per keypoint"),
    ]:
        with pytest.raises(InputError, match=said):
            live.push(*wrong)
    # None of that counts.
    expected = lift(points[:2], lifter, size=SIZE).pose[1]
    np.testing.assert_allclose(live.push(points[1], 1.1), expected, rtol=1e-5, atol=CLOSE)
    for options, said in [
        ({}, "either size"),
        ({"size": SIZE, "fps": 0}, "fps is 0"),
        ({"size": SIZE, "max_gap": -1.0}, "max_gap is -1"),
        ({"size": SIZE, "smooth": "savgol"}, "savgol, which sees the future"),
        ({"size": SIZE, "skeleton": "tea"}, "tea"),
        ({"size": SIZE, "skeleton": "panoptic15"}, "cannot be converted"),
    ]:
        with pytest.raises(InputError, match=said):
            LiveLifter(lifter, **options)
