"""Solids of the procedural human's body around the seventeen joints of a pose."""

import numpy as np

from datamodules.synthetic.procedural.body import SIDES, SKELETON
from datamodules.synthetic.rendered.solids import Array, Capsules, Ellipsoids

# A surface up to this many millimetres before a joint is the flesh around it and does not hide it.
_FLESH = {
    "pelvis": 150,
    "hip": 135,
    "knee": 85,
    "ankle": 75,
    "spine": 150,
    "thorax": 125,
    "face": 105,
    "head": 125,
    "shoulder": 95,
    "elbow": 65,
    "wrist": 60,
}
FLESH = np.array([_FLESH[joint.split("_")[-1]] for joint in SKELETON.joints], np.float64)


# A straight arm does not determine the rotation of its hand; this breaks the tie.
_NOT_STRAIGHT = np.array([1e-3, 2e-3, 0.0])


def body_solids(pose: Array, build: float = 1.0) -> tuple[Capsules, Ellipsoids]:
    """Return the solids of a body from its camera-frame joints ``(17, 3)`` and relative girth."""
    joint = dict(zip(SKELETON.joints, pose.astype(np.float64), strict=True))
    hips = _frame(joint["left_hip"] - joint["right_hip"], joint["spine"] - joint["pelvis"])
    across = joint["left_shoulder"] - joint["right_shoulder"]
    chest = _frame(across, joint["thorax"] - joint["spine"])
    parts = _Parts(joint)
    parts.trunk(hips, chest, build)
    parts.head()
    for side in SIDES:
        parts.leg(side, hips[:, 1], build)
        parts.arm(side, build)
    starts, ends, first, last, materials = zip(*parts.capsules, strict=True)
    centres, axes, kinds = zip(*parts.ellipsoids, strict=True)
    return (
        Capsules(np.stack([starts, ends], 1), np.stack([first, last], 1), tuple(materials)),
        Ellipsoids(np.stack(centres), np.stack(axes), tuple(kinds)),
    )


def _unit(vector: Array) -> Array:
    return vector / max(float(np.linalg.norm(vector)), 1e-6)


def _frame(left: Array, up: Array) -> Array:
    """Return left, front and up as orthonormal columns, up along the given vector."""
    up = _unit(up)
    left = _unit(left - (left @ up) * up)
    return np.stack([left, np.cross(left, up), up], -1)


class _Parts:
    """Solids, added part by part; lengths are those of an average adult, in millimetres."""

    def __init__(self, joint: dict[str, Array]) -> None:
        self.joint = joint
        self.capsules: list[tuple[Array, Array, float, float, str]] = []
        self.ellipsoids: list[tuple[Array, Array, str]] = []

    def _ellipsoid(
        self, centre: Array, frame: Array, half: tuple[float | int, ...], material: str
    ) -> None:
        self.ellipsoids.append((centre, frame * np.array(half), material))

    def trunk(self, hips: Array, chest: Array, build: float) -> None:
        joint = self.joint
        shoulders = float(np.linalg.norm(joint["left_shoulder"] - joint["right_shoulder"]))
        rib = joint["spine"] + 0.45 * (joint["thorax"] - joint["spine"]) - 8 * chest[:, 1]
        half = (0.46 * shoulders, 118 * build, 0.95 * _length(joint, "spine", "thorax"))
        self._ellipsoid(rib, chest, half, "shirt")
        belly = joint["pelvis"] + 0.6 * (joint["spine"] - joint["pelvis"])
        half = (0.38 * shoulders * build, 112 * build, 0.8 * _length(joint, "pelvis", "spine"))
        self._ellipsoid(belly, hips, half, "belly")
        width = _length(joint, "left_hip", "right_hip")
        seat = joint["pelvis"] - 15 * hips[:, 2] - 10 * hips[:, 1]
        self._ellipsoid(seat, hips, (0.5 * width + 50 * build, 122 * build, 115), "seat")
        for side in SIDES:
            shoulder = joint[f"{side}_shoulder"]
            inner = joint["thorax"] + 0.25 * (shoulder - joint["thorax"]) - 25 * chest[:, 2]
            self.capsules.append((inner, shoulder, 62.0, 60.0 * build, "yoke"))

    def head(self) -> None:
        joint = self.joint
        up = _unit(joint["head"] - joint["thorax"])
        front = joint["face"] - joint["thorax"]
        front = _unit(front - (front @ up) * up)
        frame = np.stack([np.cross(front, up) * -1, front, up], -1)
        middle = joint["thorax"] + 0.86 * (joint["head"] - joint["thorax"]) + 8 * front
        self.capsules.append((joint["thorax"] - 20 * up, middle - 40 * up, 60.0, 54.0, "neck"))
        self._ellipsoid(middle, frame, (76, 96, 116), "head")
        self._ellipsoid(middle - 22 * front + 22 * up, frame, (83, 92, 102), "hair")
        self._ellipsoid(middle + 94 * front - 12 * up, frame, (14, 22, 24), "nose")
        for sign in (-1.0, 1.0):
            ear = middle + sign * 76 * frame[:, 0] - 10 * up
            self._ellipsoid(ear, frame, (12, 24, 32), "ear")

    def leg(self, side: str, front: Array, build: float) -> None:
        hip, knee, ankle = (self.joint[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
        self.capsules.append((hip, knee, 88 * build, 58.0, f"{side}_thigh"))
        self.capsules.append((knee, ankle, 58.0, 44.0, f"{side}_shin"))
        shin = _unit(ankle - knee)
        toes = front - (front @ shin) * shin
        # A bent knee determines the front better than the hips do.
        fold = _unit(knee - hip) - (_unit(knee - hip) @ shin) * shin
        toes = _unit(0.6 * _unit(toes) + fold) + 0.25 * shin
        left = np.cross(_unit(toes), -shin)
        frame = _frame(left, -shin)
        heel = ankle + 35 * shin
        self._ellipsoid(heel + 62 * _unit(toes), frame, (50, 135, 46), f"{side}_shoe")

    def arm(self, side: str, build: float) -> None:
        names = ("shoulder", "elbow", "wrist")
        shoulder, elbow, wrist = (self.joint[f"{side}_{name}"] for name in names)
        middle = elbow + 0.35 * (wrist - elbow)
        self.capsules.append((shoulder, elbow, 62 * build, 45.0, f"{side}_sleeve"))
        self.capsules.append((elbow, middle, 45.0, 42.0, f"{side}_cuff"))
        self.capsules.append((middle, wrist, 40.0, 30.0, "forearm"))
        along = _unit(wrist - elbow)
        frame = _frame(np.cross(along, _unit(elbow - shoulder) + _NOT_STRAIGHT), along)
        self._ellipsoid(wrist + 75 * along, frame, (26, 42, 88), "hand")


def _length(joint: dict[str, Array], start: str, end: str) -> float:
    return float(np.linalg.norm(joint[end] - joint[start]))
