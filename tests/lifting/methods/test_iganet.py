import pytest
import torch

from lifting.errors import InputError
from lifting.methods.iganet import IGANet
from tests.lifting.methods.bases.test_sequence_lifter import batch, set_up


def method(**options):
    return IGANet(width=32, depth=2, **options).eval()


def test_frames_are_lifted_one_by_one():
    model, some = method(), batch(4, frames=5, chunk=5)
    pose = model(some["keypoints"], some["camera"])
    assert pose.shape == (4, 5, 17, 3)
    alone = [model(some["keypoints"][:, i : i + 1], some["camera"]) for i in range(5)]
    torch.testing.assert_close(pose, torch.cat(alone, 1), rtol=1e-4, atol=1e-2)
    assert not pose[:, :, 0].any()


def test_examples_with_context_are_refused():
    set_up(method(), receptive_field=1)
    set_up(method(), receptive_field=1, chunk=7)
    with pytest.raises(InputError, match=r"--data.receptive_field 1"):
        set_up(method(), receptive_field=27)


def test_keypoints_of_other_joints_are_refused():
    with pytest.raises(InputError, match="every keypoint to a joint"):
        method(keypoint_skeleton="mpii16")


@pytest.mark.parametrize(("joints", "count"), [("h36m17", 10_623_657), ("panoptic15", 10_623_645)])
def test_published_parameter_counts(joints, count):
    """The published graph of Panoptic counts from the hips, that of Human3.6M from the spine."""
    model = IGANet(skeleton=joints, keypoint_skeleton=joints)
    assert sum(p.numel() for p in model.parameters()) == count
