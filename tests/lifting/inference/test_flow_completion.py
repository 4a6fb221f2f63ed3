"""Hypotheses of a flow: what they agree with, what they are lifted from, and what is refused."""

import pytest
import torch

from datamodules.h36m.cameras import h36m_camera
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.inference.flow_completion import FlowCompletion
from lifting.methods import PoseFlows
from lifting.skeletons import skeleton
from tests.made_methods import made

BODY = skeleton("h36m17")
ARM = BODY.part("left_arm")


@pytest.fixture
def flows():
    flows = PoseFlows(hidden=8, blocks=2)
    flows.fit_statistics(500 + 100 * torch.randn(64, 17, 2), None)
    return flows.eval().requires_grad_(False)


@pytest.fixture
def seen():
    camera = Camera.stack([h36m_camera("S1", "54138969").to(torch.float32)] * 3)
    return 500 + 100 * torch.randn(3, 17, 2), camera


def test_hypotheses_keep_what_is_seen_and_are_what_the_lifter_makes_of_them(flows, seen):
    keypoints, camera = seen
    lifter = made("ElePose")
    done = FlowCompletion(lifter, flows, draws=4, steps=3).complete(keypoints, ARM, camera)
    others = [j for j in range(17) if j not in ARM]
    given = keypoints[:, None, others].expand(-1, 4, -1, -1)
    torch.testing.assert_close(done.keypoints[:, :, others], given, atol=1e-3, rtol=0)
    assert (done.keypoints[:, :, ARM] - keypoints[:, None, ARM]).abs().max() > 1
    for row in range(3):
        own = lifter(done.keypoints[row][:, None], camera[[row] * 4])[:, 0]
        torch.testing.assert_close(done.pose[row], own, atol=1e-2, rtol=1e-4)
        nll = flows.nll(flows.head_scale(done.keypoints[row]))["full"]
        torch.testing.assert_close(done.nll[row], nll, atol=1e-2, rtol=1e-4)
    assert done.pose.shape == (3, 4, 17, 3)


def test_mean_and_spread_are_those_of_the_poses(flows, seen):
    keypoints, camera = seen
    done = FlowCompletion(made("ElePose"), flows, draws=4, steps=3).complete(keypoints, ARM, camera)
    poses = done.pose.double().numpy()
    mean = poses.mean(1)
    assert done.mean.double().numpy() == pytest.approx(mean, abs=1e-2)
    far = ((poses - mean[:, None]) ** 2).sum(-1).mean(1) ** 0.5
    assert done.spread.double().numpy() == pytest.approx(far, abs=1e-2)
    assert done.spread[:, ARM].mean() > 10


def test_what_is_hidden_is_not_looked_at(flows, seen):
    keypoints, camera = seen
    other = keypoints.clone()
    other[:, ARM] = torch.nan
    first, second = (
        FlowCompletion(made_alike(), flows, draws=2, steps=2).complete(points, ARM, camera).pose
        for points in (keypoints, other)
    )
    assert torch.equal(first, second)


def made_alike():
    torch.manual_seed(0)
    return made("ElePose")


def test_what_cannot_be_completed_is_refused(flows, seen):
    with pytest.raises(InputError, match="single frames"):
        FlowCompletion(made("VideoPose3D"), flows)
    parts = PoseFlows(parts=["legs"], hidden=8, blocks=1)
    with pytest.raises(InputError, match="over the full pose"):
        FlowCompletion(made("ElePose"), parts)
    with pytest.raises(InputError, match="view: image"):
        FlowCompletion(made("ElePose", view="person"), flows)
    completion = FlowCompletion(made("ElePose"), flows, draws=1)
    for hidden in ([BODY.root], []):
        with pytest.raises(InputError, match="nothing to draw"):
            completion.complete(seen[0], hidden, seen[1])
