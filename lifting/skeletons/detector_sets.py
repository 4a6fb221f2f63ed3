"""The joint sets of detectors that find more than the seventeen points of COCO.

OpenPose's neck was labelled as the middle of the shoulders, the ``chest``; Halpe's lies at the base of
the neck. The whole sets of Halpe (136 points) and of COCO (133) begin with Halpe's 26 and COCO's 17.
"""

from lifting.skeletons.trees import ARM, LEG, joint_set, limb

_FACE: dict[str, str | None] = {
    "right_eye": "nose",
    "left_eye": "nose",
    "right_ear": "right_eye",
    "left_ear": "left_eye",
}


def _openpose_foot(name: str) -> dict[str, str | None]:
    return limb(name, ("big_toe", "small_toe"), f"{name}_ankle") | {f"{name}_heel": f"{name}_ankle"}


OPENPOSE25 = joint_set(
    "openpose25",
    {
        "nose": "chest",
        "chest": "pelvis",
        **limb("right", ARM, "chest"),
        **limb("left", ARM, "chest"),
        "pelvis": None,
        **limb("right", LEG, "pelvis"),
        **limb("left", LEG, "pelvis"),
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
        **limb("right", ARM, "chest"),
        **limb("left", ARM, "chest"),
        **limb("right", LEG, "chest"),
        **limb("left", LEG, "chest"),
        **_FACE,
    },
)

HALPE26 = joint_set(
    "halpe26",
    {
        "nose": "neck_base",
        "left_eye": "nose",
        "right_eye": "nose",
        "left_ear": "left_eye",
        "right_ear": "right_eye",
        "left_shoulder": "neck_base",
        "right_shoulder": "neck_base",
        "left_elbow": "left_shoulder",
        "right_elbow": "right_shoulder",
        "left_wrist": "left_elbow",
        "right_wrist": "right_elbow",
        "left_hip": "pelvis",
        "right_hip": "pelvis",
        "left_knee": "left_hip",
        "right_knee": "right_hip",
        "left_ankle": "left_knee",
        "right_ankle": "right_knee",
        "head_top": "neck_base",
        "neck_base": "pelvis",
        "pelvis": None,
        "left_big_toe": "left_heel",
        "right_big_toe": "right_heel",
        "left_small_toe": "left_heel",
        "right_small_toe": "right_heel",
        "left_heel": "left_ankle",
        "right_heel": "right_ankle",
    },
)

# MediaPipe's hands are the first knuckles of three fingers.
MEDIAPIPE33 = joint_set(
    "mediapipe33",
    {
        "nose": None,
        "left_eye_inner": "nose",
        "left_eye": "left_eye_inner",
        "left_eye_outer": "left_eye",
        "right_eye_inner": "nose",
        "right_eye": "right_eye_inner",
        "right_eye_outer": "right_eye",
        "left_ear": "left_eye_outer",
        "right_ear": "right_eye_outer",
        "left_mouth": "nose",
        "right_mouth": "nose",
        "left_shoulder": "nose",
        "right_shoulder": "nose",
        "left_elbow": "left_shoulder",
        "right_elbow": "right_shoulder",
        "left_wrist": "left_elbow",
        "right_wrist": "right_elbow",
        "left_pinky_knuckle": "left_wrist",
        "right_pinky_knuckle": "right_wrist",
        "left_index_knuckle": "left_wrist",
        "right_index_knuckle": "right_wrist",
        "left_thumb_knuckle": "left_wrist",
        "right_thumb_knuckle": "right_wrist",
        "left_hip": "left_shoulder",
        "right_hip": "right_shoulder",
        "left_knee": "left_hip",
        "right_knee": "right_hip",
        "left_ankle": "left_knee",
        "right_ankle": "right_knee",
        "left_heel": "left_ankle",
        "right_heel": "right_ankle",
        "left_toe_tip": "left_ankle",
        "right_toe_tip": "right_ankle",
    },
)
