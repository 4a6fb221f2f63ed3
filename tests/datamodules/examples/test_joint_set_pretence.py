import pytest
import torch

from datamodules.examples.joint_set_pretence import pretended, shifts
from lifting.errors import InputError
from lifting.skeletons import convert, skeleton

H36M = skeleton("h36m17")
ZERO = torch.zeros(3)


def points(seed=0):
    """Keypoints of an upright person, his trunk 0.27 long, and noise on everything else."""
    draw = torch.randn(3, 5, 17, 2, generator=torch.Generator().manual_seed(seed)) / 10
    for part, height in (("shoulder", -0.2), ("hip", 0.07)):
        for side in ("left", "right"):
            draw[:, :, H36M.index(f"{side}_{part}")] = torch.tensor([0.0, height])
    return draw


def at(x, joint):
    return x[:, :, H36M.index(joint)]


def test_own_joints_stay():
    assert torch.equal(pretended(points(), H36M, ("own",), ZERO), points())


def test_mpii_is_what_conversion_there_and_back_gives():
    found = pretended(points(), H36M, ("mpii16",), ZERO)
    there = convert(points().double(), "h36m17", "mpii16")
    expected = convert(there, "mpii16", "h36m17").float()
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    moved = {j for j in H36M.joints if (at(found, j) - at(points(), j)).abs().max() > 1e-5}
    assert moved == {"spine", "face"}


def test_coco_derives_the_trunk_from_hips_and_shoulders_and_keeps_the_limbs():
    given = points()
    found = pretended(given, H36M, ("coco17",), ZERO)
    hips = (at(given, "left_hip") + at(given, "right_hip")) / 2
    shoulders = (at(given, "left_shoulder") + at(given, "right_shoulder")) / 2
    nose = 0.8 * at(given, "face") + 0.2 * at(given, "head")
    eyes = 0.55 * at(given, "face") + 0.45 * at(given, "head")
    expected = {
        "pelvis": hips,
        "spine": (hips + shoulders) / 2,
        "thorax": (2 * shoulders + nose) / 3,
        "face": 0.75 * nose + 0.25 * shoulders,
        "head": 2 * eyes - nose,
    }
    for joint in H36M.joints:
        torch.testing.assert_close(
            at(found, joint), expected.get(joint, at(given, joint)), rtol=0, atol=1e-6
        )


def test_each_example_has_a_set_of_its_own():
    drawn = torch.tensor([0.1, 0.6, 0.99])
    found = pretended(points(), H36M, ("own", "mpii16", "coco17"), drawn)
    for example, name in enumerate(("own", "mpii16", "coco17")):
        alone = pretended(points(), H36M, (name,), ZERO)
        torch.testing.assert_close(found[example], alone[example], rtol=0, atol=1e-6)


@pytest.mark.parametrize("own", ["h36m17", "h36m16", "coco17"])
@pytest.mark.parametrize("name", ["coco17", "halpe26", "openpose25", "mediapipe33"])
def test_weights_of_every_joint_add_up_to_one(own, name):
    joints = skeleton(own)
    given = torch.full((1, 1, len(joints), 2), 7.0)
    found = pretended(given, joints, (name,), ZERO[:1])
    torch.testing.assert_close(found, given)


def test_a_set_that_the_joints_cannot_be_had_from_is_refused():
    with pytest.raises(InputError, match="among the sets of detector noise: leave it out"):
        pretended(torch.zeros(1, 1, 19, 2), skeleton("panoptic19"), ("lsp14",), ZERO[:1])


def test_detectors_of_mpii_mark_the_head_higher_and_the_hips_lower():
    found = shifts(points(), H36M, ("mpii16",), ZERO, torch.full((3,), 0.5))
    expected = {"head": -0.057, "ankle": -0.027, "wrist": -0.012, "hip": 0.021}
    for joint in H36M.joints:
        down = torch.tensor([0.0, expected.get(joint.split("_")[-1], 0.0)])
        torch.testing.assert_close(
            at(found, joint), down.expand(3, 5, 2), rtol=0, atol=1e-6, msg=joint
        )
    assert not shifts(points(), H36M, ("own", "coco17"), ZERO, ZERO).any()


def test_shifts_turn_with_the_person_and_vary_with_the_example():
    lying = points().flip(-1)
    found = shifts(lying, H36M, ("mpii16",), ZERO, torch.tensor([0.0, 0.5, 1.0]))
    head = at(found, "head")[:, 0]
    expected = torch.tensor([[-0.0285, 0.0], [-0.057, 0.0], [-0.0855, 0.0]])
    torch.testing.assert_close(head, expected, rtol=0, atol=1e-6)
