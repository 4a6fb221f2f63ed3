import pytest
import torch

from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import CASES, NAMES, REFUSED, Status, choose_case, joint_status

JOINTS = skeleton("h36m17")
HIPS = JOINTS.indices(["left_hip", "right_hip"])


@pytest.fixture(scope="module")
def masks():
    """Every one of the 2^17 patterns of visibility."""
    return (torch.arange(2**17)[:, None] >> torch.arange(17)) % 2 == 1


@pytest.fixture(scope="module")
def chosen(masks):
    return choose_case(JOINTS, masks)


def test_cases_are_the_eight_of_the_paper():
    counts = {c.name: (len(c.observed(JOINTS)), len(c.completed(JOINTS))) for c in CASES}
    assert counts == {
        "none": (17, 0),
        "left_arm": (14, 3),
        "right_arm": (14, 3),
        "left_leg": (14, 3),
        "right_leg": (14, 3),
        "both_legs": (11, 6),
        "left_side": (11, 6),
        "right_side": (11, 6),
        "torso": (7, 10),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_a_case_lifts_every_joint_it_does_not_complete_from_seen_keypoints(case):
    mixture = torch.tensor(case.mixture(JOINTS)).sum(0)
    lifted = [j for j in case.observed(JOINTS) if j != JOINTS.root]
    assert mixture[lifted].tolist() == pytest.approx([1] * len(lifted))
    assert not mixture[case.completed(JOINTS)].any()
    assert not {*case.needed(JOINTS)} & {*case.completed(JOINTS)}


def test_every_pattern_is_a_named_case_or_refused(masks, chosen):
    assert chosen.min() == 0
    assert chosen.max() == REFUSED
    assert {NAMES[i] for i in chosen.unique().tolist()} == {*NAMES}


def test_no_pattern_lifts_from_a_keypoint_that_is_not_seen(masks, chosen):
    for index, case in enumerate(CASES):
        seen = masks[chosen == index]
        for joint in case.needed(JOINTS):
            missing = ~seen[:, joint]
            if joint == JOINTS.root:
                # Only where it lies between two hips that are.
                assert seen[missing][:, HIPS].all()
            else:
                assert not missing.any()


def test_no_applicable_case_completes_fewer_joints(masks, chosen):
    usable = masks.clone()
    usable[:, JOINTS.root] |= masks[:, HIPS].all(1)
    completes = torch.tensor([len(c.completed(JOINTS)) for c in CASES] + [17])
    for case in CASES:
        applies = usable[:, case.needed(JOINTS)].all(1)
        assert (completes[chosen[applies]] <= len(case.completed(JOINTS))).all()


def test_refused_means_that_nothing_could_be_lifted(masks, chosen):
    usable = masks.clone()
    usable[:, JOINTS.root] |= masks[:, HIPS].all(1)
    refused = usable[chosen == REFUSED]
    for part in ("left", "right", "legs", "torso"):
        assert not refused[:, [JOINTS.root, *JOINTS.part(part)]].all(1).any()


def test_status_tells_seen_from_completed_for_every_pattern(masks, chosen):
    status = joint_status(JOINTS, masks, chosen)
    given = chosen < REFUSED
    assert (status[~given] == Status.UNKNOWN).all()
    assert (status[given] != Status.UNKNOWN).all()
    # What was not seen is always marked, and what was seen is never called completed.
    assert ((status[given] == Status.COMPLETED) == ~masks[given]).all()
    for index, case in enumerate(CASES):
        rows = status[chosen == index]
        depth = (rows == Status.DEPTH_COMPLETED).any(0).nonzero().flatten().tolist()
        assert {*depth} <= {*case.completed(JOINTS)}


@pytest.mark.parametrize("case", CASES[1:], ids=lambda c: c.name)
def test_exactly_the_missing_limb_gives_its_case(case):
    visible = torch.ones(1, 17, dtype=torch.bool)
    visible[:, case.completed(JOINTS)] = False
    assert NAMES[choose_case(JOINTS, visible)] == case.name
