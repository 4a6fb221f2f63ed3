import pytest
import torch

from lifting.errors import InputError
from lifting.nets.part_lifters import SPLITS, PartLifters, mixtures, part_joints
from lifting.skeletons import skeleton

JOINTS = skeleton("h36m17")
SHARED = JOINTS.indices(["spine", "thorax", "face", "head"])


def lifters(split, hypotheses="merged", merge=None, width=16):
    return PartLifters(JOINTS, split, hypotheses, merge, width, 2, 10.0, 0.0)


@pytest.mark.parametrize("split", SPLITS)
def test_parts_cover_every_joint(split):
    covered = set().union(*(part_joints(JOINTS, part) for part in SPLITS[split]))
    assert covered == set(range(17))


def test_sides_share_the_root_and_the_spine():
    left, right = (set(part_joints(JOINTS, part)) for part in ("left", "right"))
    assert left & right == {JOINTS.root, *SHARED}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("hypotheses", ["merged", "both"])
def test_every_joint_but_the_root_takes_one_depth_in_all(split, hypotheses):
    total = mixtures(JOINTS, split, hypotheses).sum(1)
    expected = torch.ones(17)
    expected[JOINTS.root] = 0
    torch.testing.assert_close(total, expected.expand_as(total))


def test_two_poses_only_where_parts_share_joints():
    counts = {split: len(mixtures(JOINTS, split, "both")) for split in SPLITS}
    assert counts == {"full": 1, "left_right": 2, "leg_torso": 1}


def test_split_then_merged_is_the_identity():
    # A depth that each part reports as it is comes out as it went in, whatever the hypothesis.
    depth = torch.randn(5, 17)
    depth[:, JOINTS.root] = 0
    for hypotheses in ("merged", "both"):
        for split, parts in SPLITS.items():
            placed = torch.zeros(len(parts), 5, 17)
            for row, part in zip(placed, parts, strict=True):
                row[:, part_joints(JOINTS, part)] = depth[:, part_joints(JOINTS, part)]
            mixed = torch.einsum("hpj,pbj->hbj", mixtures(JOINTS, split, hypotheses), placed)
            torch.testing.assert_close(mixed, depth.expand_as(mixed))


@pytest.mark.parametrize("count", [1, 4, 5])
def test_shared_joints_follow_their_hypothesis(count):
    net, x = lifters("left_right", "both"), torch.randn(count, 17, 2)
    depth, _ = net(x)
    for which, part in enumerate(net.parts):
        own = net.lifters[which].depth(x[:, part_joints(JOINTS, part)])
        order = part_joints(JOINTS, part)
        for joint in SHARED:
            torch.testing.assert_close(depth[which, :, joint], own[:, order.index(joint)])


def test_final_is_the_mean_or_the_part_asked_for():
    x = torch.randn(4, 17, 2)
    net = lifters("left_right", "both")
    torch.testing.assert_close(net.final(x), net(x)[0].mean(0))
    for which, part in enumerate(net.parts):
        chosen = lifters("left_right", "both", merge=part)
        chosen.load_state_dict(net.state_dict())
        torch.testing.assert_close(chosen.final(x), net(x)[0][which])


@pytest.mark.parametrize("split", ["left_right", "leg_torso"])
def test_a_part_is_blind_to_the_keypoints_of_the_other(split):
    net, x = lifters(split), torch.randn(3, 17, 2)
    for part in net.parts:
        outside = [j for j in range(17) if j not in part_joints(JOINTS, part)]
        other = x.clone()
        other[:, outside] = torch.nan
        depth = net.part_depth(other, part)
        torch.testing.assert_close(depth, net.part_depth(x, part))
        assert not depth[:, outside].any()


def test_second_lift_takes_each_part_from_its_own_pose():
    net = lifters("left_right", "both")
    views = torch.randn(2, 3, 17, 2)
    depth = net.depth(views)
    # The limb of the other side was lifted from the other pose.
    left_wrist = JOINTS.index("left_wrist")
    torch.testing.assert_close(depth[1, :, left_wrist], net.depth(views[[0, 0]])[0, :, left_wrist])


def test_elevation_is_the_mean_of_the_parts():
    net, x = lifters("leg_torso"), torch.randn(3, 17, 2)
    each = [
        lifter(x[:, part_joints(JOINTS, part)])[1]
        for lifter, part in zip(net.lifters, net.parts, strict=True)
    ]
    torch.testing.assert_close(net(x)[1], (each[0] + each[1]) / 2)


@pytest.mark.parametrize("wrong", [{"split": "halves"}, {"hypotheses": "some"}, {"merge": "legs"}])
def test_wrong_options_are_named(wrong):
    with pytest.raises(InputError, match=next(iter(wrong.values()))):
        lifters(**{"split": "left_right"} | wrong)
