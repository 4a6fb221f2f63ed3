import pytest
import torch

from lifting.nets.velocity import TimeEmbedding, VelocityNet
from tests.lifting.nets.test_poseformer import count


def small(**options):
    return VelocityNet(5, **{"frames": 4, "width": 16, "depth": 1, "heads": 4, **options}).double()


def inputs(examples=3, frames=4):
    keypoints = torch.randn(examples, frames, 5, 2, dtype=torch.float64)
    pose = torch.randn(examples, frames, 5, 3, dtype=torch.float64)
    return keypoints, pose, torch.rand(examples, dtype=torch.float64)


def expected_count(joints, frames, width, levels, streams):
    """Counted by hand: linear maps, positions and normalisations."""

    def linear(a, b):
        return a * b + b

    block = linear(width, 3 * width) + linear(width, width) + 2 * (2 * width)
    block += linear(width, 2 * width) + linear(2 * width, width)
    blocks = levels * block * (2 if frames > 1 else 1)
    ends = linear(2, width) + linear(3, width) + linear(width, 3)
    return (
        blocks + ends + 2 * linear(width, width) + (joints + frames) * width + streams * 2 * width
    )


@pytest.mark.parametrize(("frames", "parameters"), [(1, 699_523), (27, 1_365_251)])
def test_parameter_counts(frames, parameters):
    with torch.device("meta"):
        assert count(VelocityNet(frames=frames)) == parameters
    assert expected_count(17, frames, 128, 5, 2) == parameters


def test_an_output_does_not_depend_on_the_rest_of_the_batch():
    net, all_of_them = small().eval(), inputs()
    alone = [net(*(x[i : i + 1] for x in all_of_them)) for i in range(3)]
    torch.testing.assert_close(net(*all_of_them), torch.cat(alone), rtol=0, atol=1e-12)


@pytest.mark.parametrize("frames", [1, 4])
def test_every_velocity_depends_on_every_keypoint_pose_and_time(frames):
    net = small(frames=frames).eval()
    given = [x.requires_grad_() for x in inputs(1, frames)]
    for velocity in net(*given)[0].flatten(0, 1):
        gradients = torch.autograd.grad(velocity[2], given, retain_graph=True)
        assert all((gradient.abs() > 1e-12).all() for gradient in gradients)


def test_gradients_reach_every_parameter():
    net = small()
    net(*inputs()).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad.abs().max() > 1e-9, name


def test_positions_tell_joints_and_frames_apart():
    net, (keypoints, pose, time) = small().eval(), inputs()
    joints, frames = [3, 0, 4, 1, 2], [3, 0, 2, 1]

    def mixed(index):
        return net(keypoints[index], pose[index], time)

    def alike(index):
        return torch.allclose(mixed(index), net(keypoints, pose, time)[index], atol=1e-6)

    over_joints, over_frames = (slice(None), slice(None), joints), (slice(None), frames)
    assert not alike(over_joints)
    assert not alike(over_frames)
    torch.nn.init.zeros_(net.joint_position)
    assert alike(over_joints)
    torch.nn.init.zeros_(net.frame_position)
    assert alike(over_frames)


def test_fast_and_slow_waves_embed_a_time():
    embedding = TimeEmbedding(6)
    embedding.layers = torch.nn.Identity()
    angles = torch.tensor([0.25, 0.25 * 1000**0.5, 250.0])
    expected = torch.cat([angles.cos(), angles.sin()])
    torch.testing.assert_close(embedding(torch.tensor([0.25]))[0], expected, atol=1e-4, rtol=0)
