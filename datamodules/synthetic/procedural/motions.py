"""Postures, gestures and gaits of the procedural human, and the recipes of fifteen actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from datamodules.synthetic.procedural.body import Array


class Foot(NamedTuple):
    """Offset of a foot from where it was planted: forward, out, up, in lengths of the leg."""

    forward: float = 0.0
    out: float = 0.0
    up: float = 0.0
    knee_out: float = 6.0  # degrees


class Pelvis(NamedTuple):
    """Position of the pelvis, in lengths of the leg, and its tilt, in degrees."""

    height: float = 0.985  # above the height of the ankles
    forward: float = 0.0  # before the feet
    sideways: float = 0.0  # to the left of the middle of the feet
    pitch: float = 0.0  # forward
    roll: float = 0.0  # left hip raised


_PLANTED, _UPRIGHT = Foot(), Pelvis()


@dataclass(frozen=True)
class Posture:
    """Positions of pelvis and feet and angles of the trunk; lengths in legs, angles in degrees.

    Attributes:
        after: The posture it is reached from.
        rest: The gesture of arms at rest.
        hands_free: Whether there are other gestures in this posture.
        seconds: Time the transition takes.
        pelvis: Position and tilt of the pelvis.
        trunk: Flexion, bend to the left, turn to the left.
        left: Left foot.
        right: Right foot.
    """

    after: str | None = "stand"
    rest: str = "hang"
    hands_free: bool = True
    seconds: float = 1.2
    pelvis: Pelvis = _UPRIGHT
    trunk: tuple[float, float, float] = (0.0, 0.0, 0.0)
    left: Foot = _PLANTED
    right: Foot = _PLANTED

    def vector(self, rng: np.random.Generator, flipped: bool) -> Array:
        """Return a variation as a value of the posture curve, mirrored if ``flipped``."""
        value = np.array([*self.pelvis, *self.trunk, *self.left, *self.right])
        value += _VARIATION * np.clip(rng.standard_normal(len(value)), -2, 2)
        if flipped:
            value[[2, 4, 6, 7]] *= -1
            value[8:] = np.roll(value[8:], 4)
        return value


_VARIATION = np.array([0.006, 0.015, 0.015, 3, 1.5, 5, 4, 7] + [0.012, 0.012, 0, 3] * 2)

POSTURES = {
    "stand": Posture(None),
    "contrapposto": Posture(
        pelvis=Pelvis(sideways=0.075, roll=4), trunk=(0, 4, 0), right=Foot(0.05, 0.05, 0, 14)
    ),
    "lean": Posture(
        pelvis=Pelvis(0.94, sideways=-0.07, roll=-3), trunk=(12, 18, 8), left=Foot(0, 0.1)
    ),
    "bow": Posture(hands_free=False, pelvis=Pelvis(0.96, -0.1, pitch=28), trunk=(30, 0, 0)),
    "bend": Posture(
        hands_free=False, pelvis=Pelvis(0.78, -0.12, pitch=36), trunk=(42, 0, 10), left=Foot(0.1)
    ),
    "squat": Posture(pelvis=Pelvis(0.72, -0.1, pitch=20), trunk=(18, 0, 0), left=Foot(0.1, 0.06)),
    "crouch": Posture(
        rest="knees",
        pelvis=Pelvis(0.3, -0.14, pitch=22),
        trunk=(30, 0, 0),
        left=Foot(0, 0.05, 0, 12),
        right=Foot(0, 0.05, 0, 12),
    ),
    "kneel": Posture(
        rest="lap",
        seconds=1.4,
        pelvis=Pelvis(0.52, -0.42),
        trunk=(8, 0, 0),
        left=Foot(0.05, 0.02, 0, 6),
        right=Foot(-0.84, 0, 0, 4),
    ),
    "kneel_both": Posture(
        "kneel", pelvis=Pelvis(0.49, -0.42), left=Foot(-0.88, 0, 0, 4), right=Foot(-0.9, 0, 0, 4)
    ),
    "sit_on_heels": Posture(
        "kneel_both",
        rest="lap",
        pelvis=Pelvis(0.21, -0.74, pitch=-4),
        trunk=(8, 0, 0),
        left=Foot(-0.88, -0.03, 0, 4),
        right=Foot(-0.9, -0.03, 0, 4),
    ),
    "chair": Posture(
        rest="lap",
        seconds=1.6,
        pelvis=Pelvis(0.6, -0.47, pitch=-10),
        trunk=(8, 0, 0),
        left=Foot(0.02, 0.03, 0, 8),
        right=Foot(-0.03, 0.03, 0, 8),
    ),
    "chair_lean": Posture(
        "chair",
        rest="knees",
        pelvis=Pelvis(0.6, -0.44, pitch=12),
        trunk=(22, 0, 0),
        left=Foot(-0.08, 0.04, 0, 10),
        right=Foot(-0.04, 0.04, 0, 10),
    ),
    "chair_crossed": Posture(
        "chair",
        rest="lap",
        pelvis=Pelvis(0.59, -0.47, pitch=-14),
        trunk=(8, 0, 4),
        left=Foot(0, -0.08, 0, 4),
        right=Foot(0.24, -0.34, 0.28, 6),
    ),
    "ground_knees": Posture(
        "crouch",
        rest="around_knees",
        seconds=1.5,
        pelvis=Pelvis(0.04, -0.5, pitch=-18),
        trunk=(42, 0, 0),
    ),
    "ground_long": Posture(
        "ground_knees",
        rest="support",
        pelvis=Pelvis(0.04, -0.5, pitch=-24),
        trunk=(10, 0, 0),
        left=Foot(0.42, 0, 0, 12),
        right=Foot(0.4, 0, 0, 12),
    ),
    "ground_crossed": Posture(
        "ground_knees",
        rest="lap",
        pelvis=Pelvis(0.05, -0.36, pitch=-10),
        trunk=(30, 0, 0),
        left=Foot(0, -0.22, 0.05, 48),
        right=Foot(-0.08, -0.2, 0, 48),
    ),
    "lie": Posture(
        "ground_long",
        hands_free=False,
        seconds=1.8,
        pelvis=Pelvis(0.05, -0.45, pitch=-86),
        left=Foot(0.42, 0.03, 0, 12),
        right=Foot(0.3, 0.03, 0, 8),
    ),
}


class Gesture(NamedTuple):
    """Position and motion of a hand.

    The wrist is relative to the shoulder in the frame of the chest, in lengths of the arm.
    """

    wrist: tuple[float, float, float]  # forward, outward, up
    elbow_out: float = 15.0
    spread: float = 0.02
    hold: tuple[float, float] = (1.0, 3.0)
    both: bool = False
    free: float = 0.0  # how much the arm swings in gait and hangs down when the trunk leans
    wave: float = 0.0
    talk: float = 0.0


GESTURES = {
    "hang": Gesture((0.08, 0.12, -0.945), 10, 0.015, free=1.0),
    "lap": Gesture((0.48, -0.10, -0.66), 25, 0.04),
    "knees": Gesture((0.68, 0.0, -0.52), 20, 0.04),
    "around_knees": Gesture((0.80, -0.16, -0.22), 25, 0.03),
    "support": Gesture((-0.42, 0.18, -0.84), 0, 0.02),
    "point": Gesture((0.80, 0.18, 0.10), 20, 0.28, (0.6, 2.0)),
    "talk": Gesture((0.52, -0.04, -0.34), 20, 0.09, (0.8, 2.5), talk=1.0),
    "talk_both": Gesture((0.52, -0.02, -0.36), 20, 0.08, (1.0, 3.0), both=True, talk=1.0),
    "wave": Gesture((0.30, 0.30, 0.42), 20, 0.05, (1.2, 2.5), wave=1.0),
    "shake_hands": Gesture((0.68, -0.14, -0.40), 10, 0.03, (0.8, 1.6), talk=0.5),
    "mouth": Gesture((0.36, -0.20, 0.12), 30, 0.02, (0.5, 1.2)),
    "table": Gesture((0.62, -0.06, -0.44), 25, 0.06, (0.5, 1.5)),
    "phone": Gesture((0.22, -0.06, 0.17), 25, 0.015, (4.0, 8.0)),
    "camera": Gesture((0.44, -0.17, 0.14), 20, 0.015, (1.5, 3.0), both=True),
    "on_hips": Gesture((-0.02, 0.02, -0.72), 75, 0.02, (2.0, 4.0), both=True),
    "folded": Gesture((0.34, -0.34, -0.42), 25, 0.02, (2.0, 5.0), both=True),
    "behind_head": Gesture((0.05, -0.02, 0.42), 75, 0.02, (1.5, 3.0), both=True),
    "raised": Gesture((0.15, 0.45, 0.70), 20, 0.12, (1.0, 2.0), both=True),
    "spread": Gesture((0.20, 0.88, 0.0), 10, 0.12, (1.0, 2.5), both=True),
    "shelf": Gesture((0.72, 0.0, 0.52), 25, 0.12, (0.5, 1.2)),
    "carry": Gesture((0.55, -0.08, -0.46), 25, 0.02, (2.0, 4.0), both=True),
    "push": Gesture((0.78, -0.02, -0.36), 25, 0.03, (2.0, 4.0), both=True),
    "watch": Gesture((0.48, -0.28, -0.20), 35, 0.03, (0.8, 1.6)),
    "pocket": Gesture((0.06, 0.06, -0.86), 35, 0.01, (2.0, 5.0), free=0.15),
    "smoke_low": Gesture((0.28, 0.08, -0.80), 15, 0.06, (0.6, 2.0), free=0.5),
    "leash": Gesture((0.56, 0.06, -0.58), 15, 0.08, (2.0, 5.0), free=0.15, talk=0.5),
    "partner": Gesture((0.25, 0.62, -0.22), 20, 0.04, (3.0, 6.0), free=0.1),
}


class Recipe(NamedTuple):
    """The weights of an action's phases and gestures; the gesture ``rest`` is the posture's own."""

    phases: Mapping[str, int | float]
    gestures: Mapping[str, int | float]


RECIPES = {
    "Directions": Recipe(
        {"stand": 4, "turn": 2, "contrapposto": 1, "walk": 1},
        {"point": 5, "talk": 2, "talk_both": 1, "rest": 2},
    ),
    "Discussion": Recipe(
        {"stand": 5, "contrapposto": 2, "walk": 2, "turn": 2, "lean": 0.5, "crouch": 0.3},
        {"talk": 4, "talk_both": 3, "rest": 2, "on_hips": 0.5, "folded": 0.5, "point": 0.5},
    ),
    "Eating": Recipe(
        {"chair": 6, "chair_lean": 2, "stand": 1, "walk": 1}, {"mouth": 4, "table": 4, "rest": 1}
    ),
    "Greeting": Recipe(
        {"stand": 4, "bow": 2, "turn": 2, "walk": 1},
        {"wave": 4, "shake_hands": 3, "rest": 2, "talk": 1, "raised": 0.5},
    ),
    "Phoning": Recipe(
        {"stand": 3, "contrapposto": 2, "walk": 3, "chair": 2, "turn": 1},
        {"phone": 8, "talk": 0.5, "rest": 1},
    ),
    "Photo": Recipe(
        {"stand": 3, "squat": 2, "kneel": 1, "crouch": 0.5, "lean": 1, "walk": 1, "turn": 1},
        {"camera": 5, "rest": 1},
    ),
    "Posing": Recipe(
        {"stand": 2, "contrapposto": 3, "lean": 2, "turn": 2, "squat": 0.5, "walk": 1},
        {"on_hips": 3, "folded": 2, "behind_head": 2, "raised": 2, "spread": 2, "rest": 1},
    ),
    "Purchases": Recipe(
        {"stand": 3, "walk": 2, "bend": 2, "squat": 1, "turn": 1.5},
        {"shelf": 3, "carry": 2, "push": 1, "table": 1, "rest": 2},
    ),
    "Sitting": Recipe(
        {"chair": 5, "chair_crossed": 3, "chair_lean": 2},
        {"rest": 4, "folded": 1, "talk": 2, "talk_both": 1, "phone": 0.3, "mouth": 0.5},
    ),
    "SittingDown": Recipe(
        {
            "ground_knees": 3,
            "ground_long": 2,
            "ground_crossed": 3,
            "kneel_both": 1,
            "sit_on_heels": 2,
            "crouch": 0.7,
            "lie": 1,
        },
        {"rest": 6, "talk": 1, "mouth": 0.5},
    ),
    "Smoking": Recipe(
        {"stand": 3, "contrapposto": 2, "walk": 2, "chair": 2, "crouch": 0.3},
        {"mouth": 4, "smoke_low": 4, "rest": 1},
    ),
    "Waiting": Recipe(
        {"stand": 2, "contrapposto": 3, "walk": 3, "turn": 1, "chair": 1},
        {"folded": 2, "watch": 2, "on_hips": 1, "pocket": 2, "rest": 3},
    ),
    "WalkDog": Recipe(
        {"walk": 7, "run": 1, "crouch": 1, "bend": 0.5, "stand": 1}, {"leash": 8, "rest": 1}
    ),
    "Walking": Recipe({"walk": 1}, {"rest": 1}),
    "WalkTogether": Recipe({"walk": 8, "stand": 1}, {"rest": 4, "partner": 2, "talk": 1}),
}


# Length of the leg, millimetres, that speeds and steps are given for.
ADULT_LEG = 870.0


class Gait(NamedTuple):
    """Parameters of walking, running or turning; times in steps, 0 when the pelvis is above the foot."""

    speed: tuple[float, float]  # mm/s
    step: tuple[float, float]  # mm at no speed, and further mm per mm/s
    landing: float  # of the foot, before
    heel_off: float  # after
    lift: float  # mm
    swing: float  # of the arms, degrees
    bounce: float  # mm


GAITS = {
    "walk": Gait((650, 1150), (260, 0.30), 0.53, 0.36, 110, 22, 0),
    "run": Gait((1700, 2100), (300, 0.22), 0.42, 0.30, 210, 34, 22),
    "turn": Gait((0, 0), (0, 0), 0.60, 0.45, 60, 4, 0),
}
