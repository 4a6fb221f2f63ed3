"""Joint sets as the datasets document them."""

# Joint order as the datasets document it; "R hip" is written right_hip.
JOINTS = {
    "h36m17": "pelvis right_hip right_knee right_ankle left_hip left_knee left_ankle spine thorax "
    "face head left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist",
    "h36m16": "pelvis right_hip right_knee right_ankle left_hip left_knee left_ankle spine thorax "
    "head left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist",
    "h36m19": "head face thorax right_shoulder right_elbow right_wrist left_shoulder left_elbow "
    "left_wrist spine pelvis right_hip right_knee right_ankle right_toe_end left_hip left_knee "
    "left_ankle left_toe_end",
    "openpose17": "face thorax right_shoulder right_elbow right_wrist left_shoulder left_elbow "
    "left_wrist pelvis right_hip right_knee right_ankle right_toe_end left_hip left_knee left_ankle "
    "left_toe_end",
    "mpii16": "right_ankle right_knee right_hip left_hip left_knee left_ankle pelvis chest neck "
    "head_top right_wrist right_elbow right_shoulder left_shoulder left_elbow left_wrist",
    "lsp14": "right_ankle right_knee right_hip left_hip left_knee left_ankle right_wrist "
    "right_elbow right_shoulder left_shoulder left_elbow left_wrist neck head_top",
    "coco17": "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow "
    "right_elbow left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle "
    "right_ankle",
    "panoptic15": "thorax nose pelvis left_shoulder left_elbow left_wrist left_hip left_knee "
    "left_ankle right_shoulder right_elbow right_wrist right_hip right_knee right_ankle",
    "panoptic19": "thorax nose pelvis left_shoulder left_elbow left_wrist left_hip left_knee "
    "left_ankle right_shoulder right_elbow right_wrist right_hip right_knee right_ankle "
    "left_eye left_ear right_eye right_ear",
    "mpi3dhp17": "pelvis right_hip right_knee right_ankle left_hip left_knee left_ankle spine "
    "neck_base face head_top left_shoulder left_elbow left_wrist right_shoulder right_elbow "
    "right_wrist",
    # The owners' mpii_get_joint_set.m, "relevant".
    "mpi3dhp17_test": "head_top neck_base right_shoulder right_elbow right_wrist left_shoulder "
    "left_elbow left_wrist right_hip right_knee right_ankle left_hip left_knee left_ankle pelvis "
    "spine face",
    "humaneva15": "pelvis thorax left_shoulder left_elbow left_wrist right_shoulder right_elbow "
    "right_wrist left_hip left_knee left_ankle right_hip right_knee right_ankle head",
    # OpenPose, doc/02_output.md: 1 is the neck, 8 the middle of the hips.
    "openpose25": "nose chest right_shoulder right_elbow right_wrist left_shoulder left_elbow "
    "left_wrist pelvis right_hip right_knee right_ankle left_hip left_knee left_ankle right_eye "
    "left_eye right_ear left_ear left_big_toe left_small_toe left_heel right_big_toe "
    "right_small_toe right_heel",
    "openpose18": "nose chest right_shoulder right_elbow right_wrist left_shoulder left_elbow "
    "left_wrist right_hip right_knee right_ankle left_hip left_knee left_ankle right_eye left_eye "
    "right_ear left_ear",
    # AlphaPose, docs/output.md: 17 is the head, 18 the neck, 19 the hip.
    "halpe26": "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow "
    "right_elbow left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle "
    "right_ankle head_top neck_base pelvis left_big_toe right_big_toe left_small_toe "
    "right_small_toe left_heel right_heel",
    "mediapipe33": "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye "
    "right_eye_outer left_ear right_ear left_mouth right_mouth left_shoulder right_shoulder "
    "left_elbow right_elbow left_wrist right_wrist left_pinky_knuckle right_pinky_knuckle "
    "left_index_knuckle right_index_knuckle left_thumb_knuckle right_thumb_knuckle left_hip "
    "right_hip left_knee right_knee left_ankle right_ankle left_heel right_heel left_toe_tip "
    "right_toe_tip",
}
COUNTS = {
    "h36m17": 17,
    "h36m16": 16,
    "h36m32": 32,
    "h36m19": 19,
    "openpose17": 17,
    "mpii16": 16,
    "lsp14": 14,
    "coco17": 17,
    "panoptic15": 15,
    "panoptic19": 19,
    "mpi3dhp28": 28,
    "mpi3dhp17": 17,
    "mpi3dhp17_test": 17,
    "humaneva15": 15,
    "openpose25": 25,
    "openpose18": 18,
    "halpe26": 26,
    "mediapipe33": 33,
}
