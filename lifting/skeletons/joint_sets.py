"""Joint sets of the field, and the rules for joints that must be derived, as data.

Each set is written as ``joint: parent`` in storage order.
"""

from lifting.errors import InputError
from lifting.skeletons.base import Skeleton
from lifting.skeletons.detector_sets import HALPE26, MEDIAPIPE33, OPENPOSE18, OPENPOSE25
from lifting.skeletons.trees import ARM, LEG, both_sides, joint_set, limb, limb_pair, side

_BOTH_LEGS = side("right", LEG) + side("left", LEG)
_BOTH_ARMS = side("left", ARM) + side("right", ARM)
_SPINE_AND_HEAD = ("spine", "thorax", "face", "head")

_H36M17 = joint_set(
    "h36m17",
    {"pelvis": None}
    | limb_pair("right", "left", LEG, "pelvis")
    | {"spine": "pelvis", "thorax": "spine", "face": "thorax", "head": "face"}
    | limb_pair("left", "right", ARM, "thorax"),
    parts={
        "legs": ("pelvis", *_BOTH_LEGS),
        "torso": (*_SPINE_AND_HEAD, *_BOTH_ARMS),
        "left": ("pelvis", *side("left", LEG), *_SPINE_AND_HEAD, *side("left", ARM)),
        "right": ("pelvis", *side("right", LEG), *_SPINE_AND_HEAD, *side("right", ARM)),
        "left_arm": side("left", ARM),
        "right_arm": side("right", ARM),
        "left_leg": side("left", LEG),
        "right_leg": side("right", LEG),
    },
)

# The sixteen joints of Martinez et al.: no Neck/Nose, so that MPII detections map onto them.
_H36M16 = joint_set(
    "h36m16",
    {"pelvis": None}
    | limb_pair("right", "left", LEG, "pelvis")
    | {"spine": "pelvis", "thorax": "spine", "head": "thorax"}
    | limb_pair("left", "right", ARM, "thorax"),
)


def _h36m_hand(side: str) -> dict[str, str | None]:
    wrist, thumb, end = f"{side}_wrist", f"{side}_thumb", f"{side}_wrist_end"
    return {thumb: wrist, f"{side}_thumb_tip": thumb, end: wrist, f"{side}_hand_tip": end}


# The full recording. Collar, thumb base and wrist end repeat the position of another joint.
_H36M32 = joint_set(
    "h36m32",
    {
        "pelvis": None,
        **limb_pair("right", "left", (*LEG, "toe_base", "toe_end"), "pelvis"),
        **{"spine_base": "pelvis", "spine": "spine_base", "thorax": "spine"},
        **{"face": "thorax", "head": "face"},
        "left_collar": "spine",
        **limb("left", ARM, "left_collar"),
        **_h36m_hand("left"),
        "right_collar": "spine",
        **limb("right", ARM, "right_collar"),
        **_h36m_hand("right"),
    },
)

_LEGS_AND_TOES = {
    **limb_pair("right", "left", (*LEG, "toe_end"), "pelvis"),
}

# Two more subsets of the recording, with the tips of the feet; the second is the body of OpenPose
# (Ronchi et al., BMVC 2018).
_H36M19 = joint_set(
    "h36m19",
    {
        **{"head": "face", "face": "thorax", "thorax": "spine"},
        **limb_pair("right", "left", ARM, "thorax"),
        "spine": "pelvis",
        "pelvis": None,
        **_LEGS_AND_TOES,
    },
)
_OPENPOSE17 = joint_set(
    "openpose17",
    {
        "face": "thorax",
        "thorax": "pelvis",
        **limb_pair("right", "left", ARM, "thorax"),
        "pelvis": None,
        **_LEGS_AND_TOES,
    },
)


def _inwards(tree: dict[str, str | None]) -> dict[str, str | None]:
    """Return a chain with its joints from the end to the root."""
    return dict(reversed(tree.items()))


_MPII16 = joint_set(
    "mpii16",
    {
        **_inwards(limb("right", LEG, "pelvis")),
        **limb("left", LEG, "pelvis"),
        **{"pelvis": None, "chest": "pelvis", "neck": "chest", "head_top": "neck"},
        **_inwards(limb("right", ARM, "chest")),
        **limb("left", ARM, "chest"),
    },
)

_LSP14 = joint_set(
    "lsp14",
    {
        **_inwards(limb("right", LEG, "neck")),
        **limb("left", LEG, "neck"),
        **_inwards(limb("right", ARM, "neck")),
        **limb("left", ARM, "neck"),
        **{"neck": None, "head_top": "neck"},
    },
)

_COCO17 = joint_set(
    "coco17",
    {"nose": None}
    | both_sides(("eye", "ear"), "nose")
    | both_sides(ARM, "nose")
    | both_sides(LEG, "{side}_shoulder"),
)

_PANOPTIC15_TREE: dict[str, str | None] = {
    "thorax": "pelvis",
    "nose": "thorax",
    "pelvis": None,
    **limb("left", ARM, "thorax"),
    **limb("left", LEG, "pelvis"),
    **limb("right", ARM, "thorax"),
    **limb("right", LEG, "pelvis"),
}
_PANOPTIC15 = joint_set("panoptic15", _PANOPTIC15_TREE)
_PANOPTIC19 = joint_set(
    "panoptic19",
    _PANOPTIC15_TREE
    | {"left_eye": "nose", "left_ear": "left_eye", "right_eye": "nose", "right_ear": "right_eye"},
)

# Its "neck" and "head" are the base of the neck and the base of the skull.
_MPI3DHP28 = joint_set(
    "mpi3dhp28",
    {
        **{"spine_upper": "spine_lower", "spine_top": "spine_upper", "spine_lower": "spine"},
        **{"spine": "pelvis", "pelvis": None},
        **{"neck_base": "spine_top", "face": "neck_base", "head_top": "face"},
        "left_collar": "neck_base",
        **limb("left", (*ARM, "hand"), "left_collar"),
        "right_collar": "neck_base",
        **limb("right", (*ARM, "hand"), "right_collar"),
        **limb_pair("left", "right", (*LEG, "foot", "toe"), "pelvis"),
    },
)

_MPI3DHP17 = joint_set(
    "mpi3dhp17",
    {"pelvis": None}
    | limb_pair("right", "left", LEG, "pelvis")
    | {"spine": "pelvis", "neck_base": "spine", "face": "neck_base", "head_top": "face"}
    | limb_pair("left", "right", ARM, "neck_base"),
)

# The same joints in the owners' order (mpii_get_joint_set, "relevant"), which their test set has.
_MPI3DHP17_TEST = joint_set(
    "mpi3dhp17_test",
    {
        **{"head_top": "face", "neck_base": "spine"},
        **limb_pair("right", "left", ARM, "neck_base"),
        **limb_pair("right", "left", LEG, "pelvis"),
        **{"pelvis": None, "spine": "pelvis", "face": "neck_base"},
    },
)

_HUMANEVA15 = joint_set(
    "humaneva15",
    {"pelvis": None, "thorax": "pelvis"}
    | limb_pair("left", "right", ARM, "thorax")
    | limb_pair("left", "right", LEG, "pelvis")
    | {"head": "thorax"},
)

_ALL = (
    *(_H36M17, _H36M16, _H36M32, _H36M19, _OPENPOSE17, _MPII16, _LSP14, _COCO17),
    *(_PANOPTIC15, _PANOPTIC19, _MPI3DHP28, _MPI3DHP17, _MPI3DHP17_TEST, _HUMANEVA15),
    *(OPENPOSE25, OPENPOSE18, HALPE26, MEDIAPIPE33),
)
SKELETONS = {s.name: s for s in _ALL}

_EYES_AND_EARS = ("left_eye", "right_eye", "left_ear", "right_ear")

# For a joint a source lacks: weighted means of other joints, the first that applies is used. A rule
# may name a joint that has itself to be derived. Distances in brackets are medians measured on
# Human3.6M between the projected joint and the one a Stacked-Hourglass detector returns.
DERIVED: dict[str, tuple[dict[str, float], ...]] = {
    "pelvis": ({"left_hip": 0.5, "right_hip": 0.5},),
    # MPII's upper neck lies on Human3.6M's thorax (7 px; MPII's own "thorax" is 17 px off).
    "thorax": (
        {"neck_base": 1.0},
        {"neck": 1.0},
        # COCO has no neck: a third of the way from the shoulders to the nose.
        {"left_shoulder": 1 / 3, "right_shoulder": 1 / 3, "nose": 1 / 3},
        {"left_shoulder": 0.5, "right_shoulder": 0.5},
    ),
    "neck": ({"thorax": 1.0},),
    "neck_base": ({"thorax": 1.0},),
    "chest": ({"left_shoulder": 0.5, "right_shoulder": 0.5},),
    "spine": (
        {"pelvis": 0.5, "chest": 0.5},
        {"pelvis": 0.5, "left_shoulder": 0.25, "right_shoulder": 0.25},
    ),
    "face": (
        {"nose": 0.75, "left_shoulder": 0.125, "right_shoulder": 0.125},
        {"neck": 2 / 3, "head_top": 1 / 3},
    ),
    "nose": ({"face": 1.0},),
    "head": (
        {"head_top": 1.0},
        # As far above the eyes and ears as the nose is below them.
        {joint: 0.5 for joint in _EYES_AND_EARS} | {"nose": -1.0},
    ),
    "head_top": ({"head": 1.0},),
}


def skeleton(name: str) -> Skeleton:
    """Return a joint set by name.

    Raises:
        InputError: If there is no such set.

    Example:
        >>> skeleton("h36m17").joints[:3]
        ('pelvis', 'right_hip', 'right_knee')
    """
    if name not in SKELETONS:
        raise InputError(f"There is no skeleton '{name}'; known are {', '.join(SKELETONS)}.")
    return SKELETONS[name]
