"""Networks of RepNet and the temporal GAN: their published sizes, and what they are blind to."""

import numpy as np
import pytest
import torch
from torch import nn

from lifting.errors import InputError
from lifting.geometry import centre
from lifting.nets.critic import KinematicChainSpace, MotionCritic, PoseCritic, bone_matrix
from lifting.nets.repnet import LeakyResidualBlock, RepNetGenerator
from lifting.nets.temporal_generator import TemporalGenerator
from lifting.skeletons import skeleton

BODY = skeleton("h36m17")


def count(net):
    return sum(p.numel() for p in net.parameters())


def poses(number=6):
    return centre(torch.randn(number, 17, 3), BODY.root)


def test_published_sizes():
    assert count(RepNetGenerator()) == 11_098_054
    assert count(PoseCritic(BODY, legacy=True)) == 2_373_401
    # 16 bones: 136 products, each once.
    assert count(PoseCritic(BODY)) == 2_373_401 + (136 - 225) * 1000
    assert count(TemporalGenerator(16, 16)) == 8_149_048
    assert count(TemporalGenerator(17, 1)) == 8_110_003
    assert count(MotionCritic(BODY, 27)) == 7_355_201


def test_bones_are_child_minus_parent():
    pose = poses()
    bones = (bone_matrix(BODY) @ pose).numpy()
    assert bones.shape[1] == 16
    for row, (parent, child) in enumerate(BODY.bones):
        np.testing.assert_allclose(bones[:, row], pose[:, child] - pose[:, parent], atol=1e-6)


def test_the_published_bones_hold_one_that_is_dead():
    pose = poses()
    hips = BODY.indices(["left_hip", "right_hip"])
    pose[:, hips[0]] = -pose[:, hips[1]]
    bones = bone_matrix(BODY, legacy=True) @ pose
    lengths = bones.norm(dim=-1)
    assert bones.shape[1] == 15
    dead = (lengths < 1e-6).all(0)
    assert dead.nonzero().tolist() == [[13]]
    across = pose[:, hips[1]] - pose[:, hips[0]]
    assert across.norm(dim=-1).min() > 0.1
    with pytest.raises(InputError, match="no joint"):
        bone_matrix(skeleton("lsp14"), legacy=True)


# One line a joint without the root, one column a bone, as the published matrix is laid out: + for the
# joint a bone begins at, - for the one that is subtracted.
PUBLISHED_BONES = """
    right_hip      + . . . . . . . . . . . . + +
    right_knee     - + . . . . . . . . . . . . .
    right_ankle    . - . . . . . . . . . . . . .
    left_hip       . . + . . . . . . . . . . + .
    left_knee      . . - + . . . . . . . . . . .
    left_ankle     . . . - . . . . . . . . . . .
    spine          . . . . + . . . . . . . . . -
    thorax         . . . . - + . + . . + . . . .
    face           . . . . . - + . . . . . . . .
    head           . . . . . . - . . . . . . . .
    left_shoulder  . . . . . . . - + . . . . . .
    left_elbow     . . . . . . . . - + . . . . .
    left_wrist     . . . . . . . . . - . . . . .
    right_shoulder . . . . . . . . . . - + . . .
    right_elbow    . . . . . . . . . . . - + . .
    right_wrist    . . . . . . . . . . . . - . .
"""


def test_the_published_bones_run_as_published():
    matrix = torch.zeros(17, 15)
    for line in PUBLISHED_BONES.strip().splitlines():
        joint, *signs = line.split()
        matrix[BODY.index(joint)] = torch.tensor(
            [{"+": 1.0, "-": -1.0, ".": 0.0}[s] for s in signs]
        )
    assert torch.equal(bone_matrix(BODY, legacy=True), matrix.T)
    # Of a pose whose only joints off the root are the right knee at x = 2 and the spine at x = 3, by
    # hand: right thigh -2, right shin 2, spine to thorax 3, right hip to spine -3, all else nothing.
    pose = torch.zeros(1, 17, 3)
    pose[0, BODY.index("right_knee"), 0], pose[0, BODY.index("spine"), 0] = 2, 3
    found = KinematicChainSpace(BODY, legacy=True)(pose).view(15, 15)
    bones = {0: -2.0, 1: 2.0, 4: 3.0, 14: -3.0}
    for i in range(15):
        for j in range(15):
            assert found[i, j] == bones.get(i, 0) * bones.get(j, 0)


def test_products_are_lengths_and_angles_and_turn_with_nothing():
    pose = poses().double()
    net = KinematicChainSpace(BODY).double()
    found = net(pose)
    begins, ends = (list(x) for x in zip(*BODY.bones, strict=True))
    bones = (pose[:, ends] - pose[:, begins]).numpy()
    expected = [(bones[:, i] * bones[:, j]).sum(-1) for i in range(16) for j in range(i, 16)]
    np.testing.assert_allclose(found.numpy(), np.stack(expected, 1), atol=1e-12)
    turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64)).Q
    torch.testing.assert_close(net(pose @ turn), found)
    whole = KinematicChainSpace(BODY, legacy=True).double()(pose).unflatten(1, (15, 15))
    torch.testing.assert_close(whole, whole.mT)


def test_products_are_not_rounded_under_autocast():
    pose, net = poses(), KinematicChainSpace(BODY)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = net(pose)
    assert rounded.dtype == torch.float32
    assert torch.equal(rounded, net(pose))


def test_a_block_adds_what_two_layers_find_and_may_leave_the_sum_alone():
    x = torch.randn(4, 8)
    for activate in (True, False):
        block = LeakyResidualBlock(8, 0.3, activate)
        h = block.second(nn.functional.leaky_relu(block.first(x), 0.3)) + x
        expected = torch.maximum(h, 0.3 * h) if activate else h
        torch.testing.assert_close(block(x), expected)


def test_the_critic_sees_joints_and_bones():
    net, pose = PoseCritic(BODY, width=16, joint_width=8), poses()
    torch.nn.init.zeros_(net.over_joints[-1].weight)
    torch.nn.init.zeros_(net.over_joints[-1].bias)
    turn = torch.linalg.qr(torch.randn(3, 3)).Q
    # What is left are the bones' products, which a turn leaves alone.
    torch.testing.assert_close(net(pose @ turn), net(pose), rtol=1e-3, atol=1e-5)
    whole = PoseCritic(BODY, width=16, joint_width=8)
    assert (whole(pose @ turn) - whole(pose)).abs().min() > 1e-5


def test_the_critic_of_motions_is_blind_to_where_the_middle_frame_is():
    net, chunk = MotionCritic(BODY, 5, width=16), centre(torch.randn(3, 5, 17, 3), BODY.root)
    shifted = chunk + centre(torch.randn(3, 1, 17, 3), BODY.root)
    torch.testing.assert_close(net(shifted), net(chunk), rtol=1e-3, atol=1e-5)
    moved = chunk.clone()
    moved[:, 4, 3] += 1
    assert (net(moved) - net(chunk)).abs().min() > 1e-5


def test_the_generator_gives_pose_and_camera_and_can_leave_the_camera_out():
    net, x = RepNetGenerator(width=32), torch.randn(5, 16, 2)
    pose, camera = net(x)
    assert (pose.shape, camera.shape) == ((5, 16, 3), (5, 3, 2))
    assert torch.equal(net.lift(x), pose)


@pytest.mark.parametrize("slope", [0.01, 0.3])
def test_the_temporal_generator_is_a_strided_convolution_with_skips_from_the_middle(slope):
    net = TemporalGenerator(16, 16, channels=12, slope=slope)
    x = torch.randn(4, 27, 16, 2)

    def conv(linear, inputs, taps):
        made = nn.Conv1d(inputs, 12, taps, stride=taps)
        with torch.no_grad():
            made.weight.copy_(linear.weight.unflatten(1, (taps, inputs)).mT)
            made.bias.copy_(linear.bias)
        return made

    def leaky(h):
        return torch.maximum(h, slope * h)

    h = leaky(conv(net.first, 32, 3)(x.flatten(2).mT))
    for block, middle in zip(net.blocks, ([1, 4, 7], [1]), strict=True):
        kept = h[:, :, middle]
        h = leaky(conv(block.over_time, 12, 3)(h))
        h = leaky(kept + conv(block.over_channels, 12, 1)(h))
    expected = net.last(h.mT).unflatten(2, (16, 3))
    torch.testing.assert_close(net(x), expected, rtol=1e-4, atol=1e-5)


def test_a_longer_sequence_gives_what_each_of_its_windows_gives():
    net, x = TemporalGenerator(16, 16, channels=12), torch.randn(2, 31, 16, 2)
    windows = torch.cat([net(x[:, i : i + 27]) for i in range(5)], 1)
    torch.testing.assert_close(net(x), windows, rtol=1e-4, atol=1e-5)


def test_untrained_generators_begin_near_the_pose_they_are_given():
    pose = torch.randn(16, 3)
    for net, x in (
        (RepNetGenerator(width=64), torch.zeros(1, 16, 2)),
        (TemporalGenerator(16, 16, channels=64), torch.zeros(1, 27, 16, 2)),
    ):
        net.initialise_at(pose)
        made = net(x)
        made = made[0][0] if isinstance(made, tuple) else made[0, 0]
        assert (made - pose).abs().max() < 0.3
