"""Joint sets of detectors that find more than the seventeen points of COCO.

OpenPose's neck was labelled as the middle of the shoulders, the ``chest``; Halpe's lies at the base of
the neck. The whole sets of Halpe (136 points) and of COCO (133) begin with Halpe's 26 and COCO's 17.
"""

from lifting.skeletons.trees import ARM, LEG, both_sides, joint_set, limb, limb_pair

_FACE: dict[str, str | None] = {
    **{"right_eye": "nose", "left_eye": "nose"},
    **{"right_ear": "right_eye", "left_ear": "left_eye"},
}


def _openpose_foot(name: str) -> dict[str, str | None]:
    return limb(name, ("big_toe", "small_toe"), f"{name}_ankle") | {f"{name}_heel": f"{name}_ankle"}


OPENPOSE25 = joint_set(
    "openpose25",
    {
        "nose": "chest",
        "chest": "pelvis",
        **limb_pair("right", "left", ARM, "chest"),
        "pelvis": None,
        **limb_pair("right", "left", LEG, "pelvis"),
        **_FACE,
        **_openpose_foot("left"),
        **_openpose_foot("right"),
    },
)

# OpenPose's older set; it has no pelvis.
OPENPOSE18 = joint_set(
    "openpose18",
    {
        "nose": "chest",
        "chest": None,
        **limb_pair("right", "left", ARM, "chest"),
        **limb_pair("right", "left", LEG, "chest"),
        **_FACE,
    },
)

HALPE26 = joint_set(
    "halpe26",
    {
        "nose": "neck_base",
        **both_sides(("eye", "ear"), "nose"),
        **both_sides(ARM, "neck_base"),
        **both_sides(LEG, "pelvis"),
        "head_top": "neck_base",
        "neck_base": "pelvis",
        "pelvis": None,
        **both_sides(("big_toe",), "{side}_heel"),
        **both_sides(("small_toe",), "{side}_heel"),
        **both_sides(("heel",), "{side}_ankle"),
    },
)

# MediaPipe's hands are the first knuckles of three fingers.
MEDIAPIPE33 = joint_set(
    "mediapipe33",
    {
        "nose": None,
        **limb_pair("left", "right", ("eye_inner", "eye", "eye_outer"), "nose"),
        **both_sides(("ear",), "{side}_eye_outer"),
        **both_sides(("mouth",), "nose"),
        **both_sides(ARM, "nose"),
        **both_sides(("pinky_knuckle",), "{side}_wrist"),
        **both_sides(("index_knuckle",), "{side}_wrist"),
        **both_sides(("thumb_knuckle",), "{side}_wrist"),
        **both_sides(LEG, "{side}_shoulder"),
        **both_sides(("heel",), "{side}_ankle"),
        **both_sides(("toe_tip",), "{side}_ankle"),
    },
)
