"""Joints by the names that others give them."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files.joint_names import match_joints, take_joints
from lifting.skeletons import skeleton

COCO = skeleton("coco17").joints
SPELLINGS = {
    "ours": lambda side, part: f"{side}_{part}" if side else part,
    "camel": lambda side, part: f"{side[:1].upper()}{part.title()}",
    "words": lambda side, part: f"{side} {part}".strip().title(),
    "suffix": lambda side, part: f"{part}_{side[:1]}" if side else part,
    "together": lambda side, part: f"{side}{part}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings_of_coco(spelling):
    parts = [(j.split("_") if "_" in j else ["", j]) for j in COCO]
    names = [SPELLINGS[spelling](*part) for part in parts]
    order = np.random.default_rng(0).permutation(17)
    name, places = match_joints(["tail", *(names[i] for i in order)], "x")
    assert name == "coco17"
    assert [order[place - 1] for place in places] == list(range(17))


# Sports2D's and Pose2Sim's names of HALPE_26 without eyes and ears, in their order.
SPORTS2D = (  # noqa: SIM905
    "Hip RHip RKnee RAnkle RBigToe RSmallToe RHeel LHip LKnee LAnkle LBigToe LSmallToe LHeel Neck Head "
    "Nose RShoulder RElbow RWrist LShoulder LElbow LWrist"
).split()
# DeepLabCut's full_human, which is DeeperCut's person.
FULL_HUMAN = (  # noqa: SIM905
    "ankle1 knee1 hip1 hip2 knee2 ankle2 wrist1 elbow1 shoulder1 shoulder2 elbow2 wrist2 chin forehead"
).split()


def test_names_of_sports2d():
    name, places = match_joints(SPORTS2D, "x")
    joints = dict(zip(skeleton("halpe26").joints, places, strict=True))
    assert name == "halpe26"
    assert {SPORTS2D[place] for place in places if place is not None} == set(SPORTS2D)
    assert [SPORTS2D[joints[j]] for j in ("pelvis", "neck_base", "head_top", "left_heel")] == [
        *("Hip", "Neck", "Head", "LHeel")
    ]
    assert joints["left_eye"] is None


def test_names_of_deeplabcut():
    name, places = match_joints(FULL_HUMAN, "x")
    # DeeperCut's order is that of LSP, whose first leg is the right one.
    assert (name, places) == ("lsp14", list(range(14)))


def test_whole_bodies_are_coco_and_mediapipe_is_complete():
    feet = [f"{s}_{t}" for s in ("left", "right") for t in ("big_toe", "small_toe", "heel")]
    assert match_joints([*COCO, *feet, *(f"face-{i}" for i in range(68))], "x")[0] == "coco17"
    ours = skeleton("mediapipe33").joints
    published = [j.replace("_knuckle", "").replace("toe_tip", "foot_index") for j in ours]
    assert match_joints(published, "x") == ("mediapipe33", list(range(33)))


def test_animals_are_no_people():
    with pytest.raises(InputError, match=r"d\.csv: tracks snout, tail base, .* not the joints of"):
        match_joints(["snout", "tail base", "left_ear", "right_ear", "paw 1"], "d.csv")


def test_what_a_file_has_not_is_missing():
    points = np.arange(12.0).reshape(2, 2, 3)
    taken = take_joints(points, [1, None, 0])
    np.testing.assert_array_equal(taken[:, [0, 2]], points[:, [1, 0]])
    assert np.isnan(taken[:, 1]).all()
