import pytest
import torch

from lifting.errors import InputError
from lifting.methods.motion_agformer import MotionAGFormer
from lifting.skeletons import skeleton
from tests.lifting.methods.bases.test_sequence_lifter import batch


def method(**options):
    small = {"frames": 5, "width": 16, "depth": 1, "representation": 8}
    return MotionAGFormer(**small, **options).eval()


def test_every_frame_of_a_window_comes_out_root_at_zero():
    model, some = method(), batch(4, frames=5, chunk=5)
    pose = model(some["keypoints"], some["camera"])
    assert pose.shape == (4, 5, 17, 3)
    assert not pose[:, :, 0].any()


@pytest.mark.parametrize("joints", ["h36m17", "panoptic15", "mpi3dhp17"])
def test_the_graph_has_every_bone_in_both_directions(joints):
    body = skeleton(joints)
    graph = method(skeleton=joints, keypoint_skeleton=joints).net.graph
    expected = torch.zeros(len(body), len(body))
    for parent, child in body.bones:
        expected[parent, child] = expected[child, parent] = 1
    assert torch.equal(graph, expected)


def test_the_published_graph_lacks_three_edges():
    missing = method().net.graph - method(legacy_graph=True).net.graph
    assert missing.nonzero().tolist() == [[0, 4], [8, 11], [8, 14]]


def test_the_published_graph_has_seventeen_joints():
    with pytest.raises(InputError, match=r"graph has 17 joints, panoptic15 has 15: set"):
        method(legacy_graph=True, skeleton="panoptic15", keypoint_skeleton="panoptic15")


@pytest.mark.parametrize("legacy_ties", [True, False])
def test_ties_are_broken_as_the_option_says(legacy_ties):
    layer = method(legacy_ties=legacy_ties).net.layers[0]
    assert layer.temporal_graph.mixer.legacy_ties == legacy_ties
