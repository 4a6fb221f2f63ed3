"""A procedural human body: bone lengths, joint limits, forward and inverse kinematics.

World frame: z up, millimetres. Body frames: x forward, y left, z up. Every function is vectorised
over frames. Ball joints are swing and twist: the swing is a rotation vector in the transverse plane
of the parent, with components flexion (limb forward) and abduction (limb outward), so that nothing
locks at 90°; the twist is internal rotation about the limb.
"""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from lifting.skeletons import skeleton

Array = NDArray[np.float64]

SKELETON = skeleton("h36m17")
SIDES = ("left", "right")
_SIGN = {"left": 1.0, "right": -1.0}

_LIMB_LIMITS: dict[str, tuple[float, float]] = {
    "shoulder_flexion": (-60, 175),
    "shoulder_abduction": (-60, 175),
    "shoulder_rotation": (-90, 100),
    "elbow": (0, 150),
    "hip_flexion": (-30, 130),
    "hip_abduction": (-30, 65),
    "hip_rotation": (-90, 50),
    "knee": (0, 155),
}

# Joint angles and their ranges in degrees, in the order of the angle array.
LIMITS: dict[str, tuple[float, float]] = {
    "trunk_flexion": (-30, 80),
    "trunk_side": (-35, 35),
    "trunk_twist": (-45, 45),
    "neck_flexion": (-50, 55),
    "neck_side": (-40, 40),
    "neck_twist": (-75, 75),
} | {f"{side}_{name}": limits for side in SIDES for name, limits in _LIMB_LIMITS.items()}
ANGLES = {name: index for index, name in enumerate(LIMITS)}
TRUNK = ("trunk_flexion", "trunk_side", "trunk_twist")
NECK = ("neck_flexion", "neck_side", "neck_twist")
LEG = ("hip_flexion", "hip_abduction", "hip_rotation", "knee")
ARM = ("shoulder_flexion", "shoulder_abduction", "shoulder_rotation", "elbow")

# Width of the soft stop before a joint limit, degrees.
_SOFTNESS = 2.0

# Directions of Human3.6M's upright skeleton: its face is a point before the throat.
_LOWER_SPINE, _UPPER_SPINE, _FACE, _HEAD = np.radians([-2.0, 9.0, 45.0, -20.0])
_COLLAR = np.array([-0.07, 0.95, -0.29]) / np.linalg.norm([-0.07, 0.95, -0.29])


@dataclass(frozen=True)
class Body:
    """Bone lengths of one person, left and right alike, in millimetres.

    Attributes:
        hip: Pelvis (the midpoint of the hips) to hip.
        thigh: Hip to knee.
        shin: Knee to ankle.
        spine: Pelvis to the middle of the back.
        thorax: Middle of the back to the base of the neck.
        face: Base of the neck to Human3.6M's Neck/Nose.
        head: Neck/Nose to the top of the head.
        shoulder: Base of the neck to shoulder.
        upper_arm: Shoulder to elbow.
        forearm: Elbow to wrist.
        ankle: Height of the ankle above the floor.
    """

    hip: float
    thigh: float
    shin: float
    spine: float
    thorax: float
    face: float
    head: float
    shoulder: float
    upper_arm: float
    forearm: float
    ankle: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Body":
        """Draw a random body.

        Thigh, shin, forearm and ankle follow Drillis and Contini (1966) as tabulated by Winter
        (Biomechanics and Motor Control of Human Movement, fig. 4.1); the rest is in proportion to
        the joints as Human3.6M defines them.
        """
        stature = 1750 + 80 * np.clip(rng.standard_normal(), -2, 2)
        spread = np.exp(0.025 * np.clip(rng.standard_normal(len(_OF_STATURE)), -2, 2))
        lengths = stature * spread * np.array(list(_OF_STATURE.values()))
        return cls(**dict(zip(_OF_STATURE, lengths.tolist(), strict=True)))

    @property
    def leg(self) -> float:
        """Length of the stretched leg, hip to ankle."""
        return self.thigh + self.shin

    @property
    def arm(self) -> float:
        """Length of the stretched arm, shoulder to wrist."""
        return self.upper_arm + self.forearm


_OF_STATURE = {
    "hip": 0.075,
    "thigh": 0.245,
    "shin": 0.246,
    "spine": 0.134,
    "thorax": 0.146,
    "face": 0.069,
    "head": 0.066,
    "shoulder": 0.088,
    "upper_arm": 0.160,
    "forearm": 0.146,
    "ankle": 0.039,
}
assert [f.name for f in fields(Body)] == list(_OF_STATURE)


def columns(names: tuple[str, ...], side: str | None = None) -> list[int]:
    """Return the columns of ``TRUNK``, ``NECK``, or a side's ``LEG`` or ``ARM`` in an angle array."""
    return [ANGLES[name if side is None else f"{side}_{name}"] for name in names]


def limit(angles: Float[np.ndarray, "frames angles"]) -> Float[np.ndarray, "frames angles"]:
    """Bring joint angles in radians, ordered as ``ANGLES``, into their anatomical ranges, smoothly."""
    low, high = np.radians(np.array(list(LIMITS.values()))).T
    softness = np.radians(_SOFTNESS)
    raised = low + softness * np.logaddexp(0, (angles - low) / softness)
    lowered = high - softness * np.logaddexp(0, (high - raised) / softness)
    limited: Array = np.clip(lowered, low, high)
    return limited


def rotation(axis: str, angle: Array | float) -> Array:
    """Return active rotations about x, y or z: ``(*angle, 3, 3)``."""
    angle = np.asarray(angle, np.float64)
    out = np.zeros((*angle.shape, 3, 3))
    a, b = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    k = 3 - a - b
    cos, sin = np.cos(angle), np.sin(angle)
    out[..., k, k] = 1
    out[..., a, a] = out[..., b, b] = cos
    out[..., a, b], out[..., b, a] = -sin, sin
    return out


def bend(flexion: Array, side: Array, twist: Array) -> Array:
    """Return the rotation of a bent trunk or neck: forward, to the left, turned to the left."""
    return rotation("z", twist) @ rotation("y", flexion) @ rotation("x", -side)


def _swing(flexion: Array, abduction: Array, sign: float) -> Array:
    """Rotate a hanging limb forward and outward: the exponential of a transverse vector."""
    x, y = sign * abduction, -flexion
    angle = np.sqrt(x * x + y * y)
    s = np.sinc(angle / np.pi)  # sin(a)/a
    c = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2  # (1 - cos(a))/a²
    out = np.empty((*angle.shape, 3, 3))
    out[..., 0, 0], out[..., 1, 1], out[..., 2, 2] = 1 - c * y * y, 1 - c * x * x, np.cos(angle)
    out[..., 0, 1] = out[..., 1, 0] = c * x * y
    out[..., 0, 2], out[..., 2, 0] = s * y, -s * y
    out[..., 1, 2], out[..., 2, 1] = -s * x, s * x
    return out


def forward_kinematics(
    body: Body,
    position: Float[np.ndarray, "frames 3"],
    pelvis: Float[np.ndarray, "frames 3 3"],
    angles: Float[np.ndarray, "frames angles"],
) -> Float[np.ndarray, "frames 17 3"]:
    """Return the world joints of skeleton ``h36m17``, millimetres.

    Angles are radians, in the order of ``ANGLES``; ``pelvis`` rotates from the pelvis to the world.
    """
    joints = np.empty((len(position), len(SKELETON), 3))

    def add_joint(name: str, origin: Array, frame: Array, direction: Array, length: float) -> Array:
        point = origin + length * (frame @ direction)
        joints[:, SKELETON.index(name)] = point
        return point

    trunk, neck = angles[:, columns(TRUNK)].T, angles[:, columns(NECK)].T
    lower, chest = (pelvis @ bend(*(part * a for a in trunk)) for part in (0.3, 1.0))
    throat, head = (chest @ bend(*(part * a for a in neck)) for part in (0.6, 1.2))
    joints[:, SKELETON.root] = position
    spine = add_joint("spine", position, lower, _upward(_LOWER_SPINE), body.spine)
    thorax = add_joint("thorax", spine, chest, _upward(_UPPER_SPINE), body.thorax)
    face = add_joint("face", thorax, throat, _upward(_FACE), body.face)
    add_joint("head", face, head, _upward(_HEAD), body.head)
    down = np.array([0.0, 0.0, -1.0])
    for side in SIDES:
        sign = _SIGN[side]
        arm, leg = (angles[:, columns(names, side)].T for names in (ARM, LEG))
        hip = add_joint(f"{side}_hip", position, pelvis, np.array([0.0, sign, 0.0]), body.hip)
        thigh = pelvis @ _swing(leg[0], leg[1], sign) @ rotation("z", -sign * leg[2])
        knee = add_joint(f"{side}_knee", hip, thigh, down, body.thigh)
        add_joint(f"{side}_ankle", knee, thigh @ rotation("y", leg[3]), down, body.shin)

        # The shoulder girdle contributes to raising the arm.
        raised = np.hypot(arm[0], arm[1])
        girdle = chest @ rotation("x", sign * 0.3 * raised**2 / (1 + raised))
        collar = _COLLAR * [1.0, sign, 1.0]
        shoulder = add_joint(f"{side}_shoulder", thorax, girdle, collar, body.shoulder)
        upper = chest @ _swing(arm[0], arm[1], sign) @ rotation("z", -sign * arm[2])
        elbow = add_joint(f"{side}_elbow", shoulder, upper, down, body.upper_arm)
        add_joint(f"{side}_wrist", elbow, upper @ rotation("y", -arm[3]), down, body.forearm)
    return joints


def _upward(lean: float) -> Array:
    return np.array([np.sin(lean), 0.0, np.cos(lean)])


def reach(
    target: Float[np.ndarray, "frames 3"],
    lengths: tuple[float, float],
    side: str,
    swivel: Array | float,
    limb: str,
) -> Float[np.ndarray, "frames 4"]:
    """Return the angles that bring the end of a limb to a point (two-bone inverse kinematics).

    Args:
        target: Ankle relative to the hip in the pelvis frame, or wrist relative to the shoulder in
            the chest frame. Out of reach, the limb points to it.
        lengths: Of the two bones.
        side: ``left`` or ``right``.
        swivel: Turn of knee or elbow outward about the line from root to target, radians; at 0 the
            knee points forward, the elbow backward.
        limb: ``leg`` or ``arm``.

    Returns:
        Angles in the order of ``LEG`` or ``ARM``.
    """
    sign, fold = _SIGN[side], {"leg": 1.0, "arm": -1.0}[limb]
    upper, lower = lengths
    longest = 0.999 * (upper + lower)
    shortest = np.sqrt(upper**2 + lower**2 + 2 * upper * lower * np.cos(np.radians(152)))
    norm = np.linalg.norm(target, axis=-1, keepdims=True)
    line = target / np.maximum(norm, 1.0)
    distance = np.clip(norm[..., 0], shortest, longest)
    inner = (upper**2 + lower**2 - distance**2) / (2 * upper * lower)
    bent = np.pi - np.arccos(np.clip(inner, -1, 1))
    opening = (upper**2 + distance**2 - lower**2) / (2 * upper * distance)
    opening = np.arccos(np.clip(opening, -1, 1))[..., None]

    neutral = fold * np.cross(line, [0.0, 1.0, 0.0])
    neutral /= np.maximum(np.linalg.norm(neutral, axis=-1, keepdims=True), 1e-9)
    outward = sign * fold * np.cross(neutral, line)
    swivel = np.broadcast_to(np.asarray(swivel, np.float64), distance.shape)[..., None]
    side_of_joint = np.cos(swivel) * neutral + np.sin(swivel) * outward
    bone = np.cos(opening) * line + np.sin(opening) * side_of_joint
    front = fold * (np.cos(opening) * side_of_joint - np.sin(opening) * line)

    across = np.hypot(bone[..., 0], bone[..., 1])
    gain = np.arctan2(across, -bone[..., 2]) / np.maximum(across, 1e-9)
    flexion, abduction = gain * bone[..., 0], gain * sign * bone[..., 1]
    swung = _swing(flexion, abduction, sign)
    twist = np.arctan2((front * swung[..., :, 1]).sum(-1), (front * swung[..., :, 0]).sum(-1))
    return np.stack([flexion, abduction, -sign * twist, bent], -1)
