"""The spread of hypotheses in the file of lifted poses."""

import io

import numpy as np

from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.output_options import OutputOptions
from lifting.inference.outputs import at_heights
from lifting.inference.pose_files import pack_poses
from lifting.inference.prediction import lift
from tests.made_methods import made

FRAMES = 6


def person(seed):
    rng = np.random.default_rng(seed)
    points = 500 + 100 * rng.normal(size=(1, 17, 2)) + 3 * rng.normal(size=(FRAMES, 17, 2))
    return KeypointTrack("anna", np.arange(FRAMES), points, np.ones((FRAMES, 17)), "h36m17")


def lifted(track, kind):
    return lift(track.keypoints, made(kind), skeleton="h36m17", size=(1000, 1000), device="cpu")


def packed(track, poses):
    return np.load(io.BytesIO(pack_poses([track], poses)))


def test_the_spread_of_hypotheses_lies_beside_the_poses_at_their_scale():
    track = person(0)
    poses = lifted(track, "FlowMatchingLifter")
    found = packed(track, [poses])
    np.testing.assert_array_equal(found["spread"], poses.spread)
    assert found["spread"].shape == (FRAMES, 17)
    assert (found["spread"][:, 1:] > 1).all()
    (taller,) = at_heights([track], [poses], OutputOptions(person_height="1.9"), "walk.npz")
    factor = taller.pose[:, 1:] / poses.pose[:, 1:]
    scaled = factor.mean() * poses.spread
    np.testing.assert_allclose(taller.spread, scaled, rtol=1e-3)
    assert abs(factor.mean() - 1) > 0.01


def test_a_lifter_of_one_pose_has_none():
    track = person(1)
    assert "spread" not in packed(track, [lifted(track, "MixSTE")])
