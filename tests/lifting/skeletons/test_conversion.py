"""Conversion between joint sets: what it keeps, and what it refuses."""

import numpy as np
import pytest
import torch

from lifting.errors import InputError
from lifting.geometry import mirror
from lifting.skeletons import conversion_matrix, convert, convert_confidence, places_in, skeleton
from tests.lifting.skeletons.published_sets import COUNTS

H36M19_FROM_32 = [15, 14, 13, 25, 26, 27, 17, 18, 19, 12, 0, 1, 2, 3, 5, 6, 7, 8, 10]
OPENPOSE17_FROM_32 = [14, 13, 25, 26, 27, 17, 18, 19, 0, 1, 2, 3, 5, 6, 7, 8, 10]
H36M17_FROM_32 = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]
PANOPTIC15_FROM_H36M17 = [8, 9, 0, 11, 12, 13, 4, 5, 6, 14, 15, 16, 1, 2, 3]
MPI3DHP17_FROM_28 = [4, 23, 24, 25, 18, 19, 20, 3, 5, 6, 7, 9, 10, 11, 14, 15, 16]
CONVERTIBLE = [
    ("coco17", "h36m17"),
    ("coco17", "mpii16"),
    ("mpii16", "h36m17"),
    ("lsp14", "h36m17"),
    ("h36m17", "lsp14"),
    ("panoptic19", "h36m17"),
    ("mpi3dhp28", "h36m17"),
    ("humaneva15", "h36m17"),
    ("h36m16", "h36m17"),
    ("openpose25", "h36m17"),
    ("openpose18", "coco17"),
    ("halpe26", "h36m17"),
    ("halpe26", "mpii16"),
    ("mediapipe33", "coco17"),
]


@pytest.mark.parametrize(
    ("src", "dst", "index"),
    [
        ("h36m32", "h36m17", H36M17_FROM_32),
        ("h36m32", "h36m19", H36M19_FROM_32),
        ("h36m32", "openpose17", OPENPOSE17_FROM_32),
        ("h36m17", "panoptic15", PANOPTIC15_FROM_H36M17),
        ("mpi3dhp28", "mpi3dhp17", MPI3DHP17_FROM_28),
        ("mpi3dhp17", "h36m17", list(range(17))),
        ("h36m17", "mpi3dhp17", list(range(17))),
        ("h36m17", "h36m16", [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16]),
        ("panoptic19", "panoptic15", list(range(15))),
        ("lsp14", "lsp14", list(range(14))),
    ],
)
@pytest.mark.parametrize("coordinates", [2, 3])
def test_conversion_without_derived_joints_is_the_published_gather(src, dst, index, coordinates):
    pose = torch.randn(2, 5, COUNTS[src], coordinates)
    assert torch.equal(convert(pose, src, dst), pose[..., index, :])
    confidence = torch.rand(2, 5, COUNTS[src])
    assert torch.equal(convert_confidence(confidence, src, dst), confidence[..., index])


@pytest.mark.parametrize("pair", [("h36m17", "mpi3dhp17"), ("panoptic19", "panoptic19")])
def test_lossless_conversion_there_and_back_is_identity(pair):
    pose = torch.randn(4, COUNTS[pair[0]], 3)
    assert torch.equal(convert(convert(pose, *pair), *reversed(pair)), pose)


def test_mpii_through_h36m_keeps_all_but_the_chest():
    pose = torch.randn(4, 16, 2)
    back = convert(convert(pose, "mpii16", "h36m17"), "h36m17", "mpii16")
    changed = (back != pose).any(-1).any(0)
    assert changed.nonzero().flatten().tolist() == [skeleton("mpii16").index("chest")]


@pytest.mark.parametrize("pair", CONVERTIBLE)
def test_conversion_commutes_with_similarities_and_with_mirroring(pair):
    pose = torch.randn(COUNTS[pair[0]], 3, dtype=torch.float64)
    rotation = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64)).Q
    moved = 2 * pose @ rotation.T + 7
    torch.testing.assert_close(convert(moved, *pair), 2 * convert(pose, *pair) @ rotation.T + 7)
    src, dst = (skeleton(name).mirror for name in pair)
    torch.testing.assert_close(convert(mirror(pose, src), *pair), mirror(convert(pose, *pair), dst))


@pytest.mark.parametrize("pair", CONVERTIBLE)
def test_conversion_is_multiplication_by_its_matrix(pair):
    pose = torch.randn(6, COUNTS[pair[0]], 2, dtype=torch.float64)
    matrix = conversion_matrix(*pair).numpy()
    np.testing.assert_allclose(convert(pose, *pair), matrix @ pose.numpy(), atol=1e-13)


@pytest.mark.parametrize(
    ("src", "dst", "missing"),
    [
        ("h36m17", "coco17", ["left_eye", "right_eye", "left_ear", "right_ear"]),
        ("panoptic15", "h36m17", ["head"]),
        ("h36m17", "h36m32", ["right_toe_base", "left_thumb_tip", "spine_base", "right_collar"]),
        ("lsp14", "mpi3dhp28", ["spine_upper", "left_hand", "right_toe"]),
    ],
)
def test_a_refused_conversion_names_the_joints_that_are_missing(src, dst, missing):
    with pytest.raises(InputError) as caught:
        convert(torch.zeros(1, COUNTS[src], 3), src, dst)
    sentence = str(caught.value)
    assert f"'{src}'" in sentence
    assert f"'{dst}'" in sentence
    assert all(joint in sentence for joint in missing)
    found = set(skeleton(dst).joints) & set(skeleton(src).joints)
    listed = sentence.split("derive ")[1].removesuffix(" from.").split(", ")
    assert not found & set(listed)


@pytest.mark.parametrize("dst", ["h36m17", "coco17"])
def test_a_wrong_number_of_joints_is_refused(dst):
    with pytest.raises(InputError, match="'coco17' have 17 joints, these have 16"):
        convert(torch.zeros(2, 16, 2), "coco17", dst)
    with pytest.raises(InputError, match="'coco17' have 17 joints, these have 16"):
        convert_confidence(torch.zeros(2, 16), "coco17", dst)


def test_conversion_first_used_in_inference_can_be_trained_through():
    pose = torch.randn(3, 19, 2, requires_grad=True)
    with torch.inference_mode():
        convert(pose, "panoptic19", "lsp14")
    convert(pose, "panoptic19", "lsp14").square().sum().backward()
    assert pose.grad is not None
    assert pose.grad.abs().sum() > 0


def test_autocast_leaves_the_precision_of_poses_alone():
    pose = 1000 * torch.rand(8, 17, 2)
    expected = convert(pose, "coco17", "h36m17")
    with torch.autocast("cpu", torch.bfloat16):
        converted = convert(pose, "coco17", "h36m17")
    assert converted.dtype == torch.float32
    assert torch.equal(converted, expected)


def test_joints_of_one_set_have_their_places_in_another():
    places = places_in("mpi3dhp17", "humaneva15")
    names = [skeleton("mpi3dhp17").joints[place] for place in places]
    # The base of the neck stands for the thorax, the top of the head for the head.
    assert names[:3] == ["pelvis", "neck_base", "left_shoulder"]
    assert names[-2:] == ["right_ankle", "head_top"]
    assert len(set(names)) == 15


@pytest.mark.parametrize(
    ("src", "dst", "lacking"),
    [("coco17", "humaneva15", "pelvis, thorax, head"), ("h36m17", "mpii16", "chest")],
)
def test_a_joint_that_is_a_mean_of_others_or_none_has_no_place(src, dst, lacking):
    with pytest.raises(InputError, match=f"'{src}' does not have {lacking} of '{dst}'"):
        places_in(src, dst)
