"""Animation of the procedural human: a random script of motion curves, sampled at every frame at once.

Postures, arms, gaze and footfalls are motion curves. Feet are planted in the world and the legs follow
by inverse kinematics, so that a foot on the floor does not slide.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from datamodules.synthetic.procedural.body import (
    ANGLES,
    ARM,
    LEG,
    NECK,
    SIDES,
    SKELETON,
    TRUNK,
    Array,
    Body,
    columns,
    forward_kinematics,
    limit,
    reach,
    rotation,
)
from datamodules.synthetic.procedural.curves import (
    MotionCurve,
    StepSequence,
    Walkway,
    bump,
    slow_noise,
)
from datamodules.synthetic.procedural.motions import (
    ADULT_LEG,
    GAITS,
    GESTURES,
    POSTURES,
    RECIPES,
    Recipe,
)

FPS = 50

_SIGN = np.array([1.0, -1.0])  # Of SIDES, along y of a body.


class Script:
    """Random sequence of phases of an action, as motion curves, at least as long as asked for."""

    def __init__(
        self, body: Body, recipe: Recipe, rng: np.random.Generator, seconds: float
    ) -> None:
        self.body, self.recipe, self.rng = body, recipe, rng
        self.way = Walkway(rng)
        self.flipped, self.lead = bool(rng.random() < 0.5), int(rng.random() < 0.8)
        self.clock, self.steps, self.turned = 0.0, 0, 0.0
        self.start = self.walked = rng.uniform(0, 5000)
        phase = self._choose(recipe.phases)
        self.posture = phase if phase in POSTURES and rng.random() < 0.7 else "stand"
        self.postures = MotionCurve(POSTURES[self.posture].vector(rng, self.flipped))
        self.arms = [MotionCurve(self._arm("rest", side)) for side in SIDES]
        self.gaze, self.walking = MotionCurve(np.zeros(3)), MotionCurve(np.zeros(2))
        self.bouts: list[StepSequence] = []
        self.feet = [MotionCurve(self._plant(self.walked, 0.0, side, 1.0)) for side in range(2)]
        self.lifts: list[list[tuple[float, float, float]]] = [[], []]
        while self.clock < seconds:
            self._add_phase(phase)
            phase = self._choose(recipe.phases)
        self._add_gazes()

    def _choose(self, weights: Mapping[str, int | float]) -> str:
        names = list(weights)
        p = np.array([weights[name] for name in names])
        return names[int(np.searchsorted(np.cumsum(p), self.rng.random() * p.sum()))]

    def _add_phase(self, phase: str) -> None:
        rng = self.rng
        start = self._change_posture("stand" if phase in GAITS else phase)
        if phase == "turn":
            self._turn(rng.choice([-1, 1]) * rng.uniform(0.6, 2.4))
        elif phase in GAITS:
            self._walk(phase)
        else:
            for _ in range(rng.integers(0, 3)):
                self._shift(rng.uniform(0.9, 1.6))
                self.clock += rng.uniform(0.2, 0.8)
            self.clock += 0.3
        self._add_gestures(start)

    def _change_posture(self, posture: str) -> float:
        """Go to a posture through those between; return the start of the last transition."""
        back, there = _path_to_standing(self.posture), _path_to_standing(posture)
        shared = next(name for name in back if name in there)
        start = self.clock
        for name in [*back[1 : back.index(shared) + 1], *there[: there.index(shared)][::-1]]:
            start, slower = self.clock, max(POSTURES[n].seconds for n in (name, self.posture))
            self.posture = name
            if name != posture:
                self._move_arms(start, "rest", "rest")
            self._shift(slower * self.rng.uniform(0.85, 1.2))
        return start

    def _shift(self, seconds: float) -> None:
        value = POSTURES[self.posture].vector(self.rng, self.flipped)
        self.postures.add(self.clock, seconds, value)
        self.clock += seconds

    def _turn(self, turn: float) -> None:
        steps = 2 + int(abs(turn) / 0.6)
        self._step("turn", steps, self.rng.uniform(1.5, 1.9), 0.0, turn)

    def _walk(self, name: str) -> None:
        """Turn to the path and follow it while the recipe keeps drawing the same phase."""
        gait, rng = GAITS[name], self.rng
        back = (np.pi - self.turned) % (2 * np.pi) - np.pi
        if abs(back) > 0.5:
            self._turn(back)
            back = 0.0
        seconds = rng.uniform(3.0, 8.0)
        while seconds < 30 and self._choose(self.recipe.phases) == name:
            seconds += rng.uniform(3.0, 8.0)
        size = self.body.leg / ADULT_LEG
        speed = rng.uniform(*gait.speed) * size
        length = gait.step[0] * size + gait.step[1] * speed
        steps = max(3, round(speed * seconds / length))
        self._step(name, steps, speed / length, length * (steps - 1), back)

    def _step(self, name: str, steps: int, cadence: float, distance: float, turn: float) -> None:
        gait, duration = GAITS[name], steps / cadence + 0.25
        bout = StepSequence(
            gait, self.clock, duration, steps, self.steps, self.walked, distance, self.turned, turn
        )
        self.bouts.append(bout)
        for step in range(steps):
            self._swing(bout, step)
        going = np.array([np.radians(gait.swing), gait.bounce])
        self.walking.add(self.clock, min(0.7, duration / 2), going)
        self.walking.add(self.clock + max(duration - 0.6, duration / 2), 0.6, np.zeros(2))
        self.clock += duration
        self.steps += steps
        self.walked += distance
        self.turned += turn

    def _swing(self, bout: StepSequence, step: int) -> None:
        """Plan the swing of a foot to its next position."""
        side, gait = (bout.first + step) % 2, bout.gait
        off = max(step - 0.5 + gait.heel_off, 0.0)
        down = min(step + 1.5 - gait.landing, float(bout.steps))
        last = step >= bout.steps - 2
        done = 1.0 if last else float(bout.progress(np.array([step + 1.5]))[0])
        width = 1.0 + self.rng.uniform(-0.1, 0.2) if last else self.rng.uniform(0.45, 0.65)
        target = self._plant(
            bout.walked + done * bout.distance, bout.turned + done * bout.turn, side, width
        )
        if last:
            target += self.rng.uniform(-0.03, 0.03, 2) * self.body.leg
        self.feet[side].add(bout.first + off, down - off, target)
        lift = gait.lift * self.rng.uniform(0.9, 1.1)
        # The heel lands first, the foot follows.
        flat = min(down + 0.25, float(bout.steps))
        self.lifts[side].append((bout.first + off, flat - off, lift))

    def _plant(self, walked: float, turned: float, side: int, width: float) -> Array:
        (position,), (heading,) = self.way.at(np.array([walked]))
        left = np.array([-np.sin(heading + turned), np.cos(heading + turned)])
        planted: Array = position + _SIGN[side] * width * self.body.hip * left
        return planted

    def _gesture(self, name: str) -> str:
        return POSTURES[self.posture].rest if name == "rest" else name

    def _arm(self, gesture: str, side: str) -> Array:
        """Return a value of an arm's curve: four angles, and how free, waving and talking it is."""
        rng = self.rng
        g = GESTURES[self._gesture(gesture)]
        wrist = (np.array(g.wrist) + g.spread * rng.uniform(-1, 1, 3)) * self.body.arm
        wrist[1] *= _SIGN[SIDES.index(side)]
        swivel = np.radians(g.elbow_out + rng.uniform(-8, 8))
        lengths = self.body.upper_arm, self.body.forearm
        angles = reach(wrist[None], lengths, side, swivel, "arm")[0]
        return np.array([*angles, g.free, g.wave, g.talk])

    def _add_gestures(self, start: float) -> None:
        """Fill the time from ``start`` to now with gestures."""
        rng, time = self.rng, start
        hands_free = POSTURES[self.posture].hands_free
        while time < self.clock - 0.4 or time == start:
            name = self._choose(self.recipe.gestures) if hands_free else "rest"
            both = name == "rest" or GESTURES[name].both
            other = name if both else "talk" if rng.random() < 0.25 else "rest"
            self._move_arms(time, name, other)
            time += 1.0 + rng.uniform(*GESTURES[self._gesture(name)].hold)

    def _move_arms(self, time: float, name: str, other: str) -> None:
        for arm, side in enumerate(SIDES):
            value = self._arm(name if arm == self.lead else other, side)
            start = time + self.rng.uniform(0, 0.15)
            self.arms[arm].add(start, self.rng.uniform(0.65, 1.1), value)

    def _add_gazes(self) -> None:
        time = 0.0
        while time < self.clock:
            scale = self.rng.choice([0.35, 1.0])
            value = scale * np.radians(self.rng.normal(0, [9, 5, 24]))
            self.gaze.add(time, self.rng.uniform(0.5, 0.9), value)
            time += self.rng.uniform(0.8, 3.0)


def _path_to_standing(posture: str) -> list[str]:
    """Return the postures from one back to standing."""
    after = POSTURES[posture].after
    return [posture] if after is None else [posture, *_path_to_standing(after)]


class _Stride(NamedTuple):
    """Locomotion of the body at each time.

    Attributes:
        pace: Steps made; the right foot stands alone in the middle of an even step, the left of an
            odd one.
        ground: Position on the floor, ``(T, 2)``.
        yaw: Heading.
        swing: Amplitude of the arms.
        bounce: Amplitude of the pelvis.
    """

    pace: Array
    ground: Array
    yaw: Array
    swing: Array
    bounce: Array

    @classmethod
    def of(cls, script: Script, time: Array) -> "_Stride":
        pace, walked, turned = (np.zeros_like(time) for _ in range(3))
        for bout in script.bouts:
            steps = bout.pace(time)
            done = bout.progress(steps)
            pace, walked = pace + steps, walked + done * bout.distance
            turned += done * bout.turn
        ground, heading = script.way.at(script.start + walked)
        return cls(pace, ground, heading + turned, *script.walking.sample(time).T)

    @property
    def walk(self) -> Array:
        """How much the body walks; running it is more than 1."""
        return self.swing / np.radians(GAITS["walk"].swing)

    @property
    def left_behind(self) -> Array:
        """1 where the left foot is farthest behind the right, -1 where it is farthest ahead."""
        return np.cos(np.pi * self.pace)

    @property
    def on_right(self) -> Array:
        """1 where the right foot carries the body, -1 where the left does."""
        return np.sin(np.pi * self.pace)


def animate(body: Body, action: str, rng: np.random.Generator, frames: int) -> Array:
    """Return world joints ``(T, 17, 3)`` of a random performance of an action, millimetres, 50 Hz."""
    time = rng.uniform(0.0, 2.0) + np.arange(frames) / FPS
    script = Script(body, RECIPES[action], rng, time[-1] + 1.0)
    stride = _Stride.of(script, time)
    posture = script.postures.sample(time)
    noise = 1.4 * _sway(rng, frames, 11)
    pitch, roll, spin, trunk = _trunk(posture, stride, np.radians(noise))
    heading = rotation("z", stride.yaw)
    pelvis = rotation("z", stride.yaw + spin) @ rotation("y", pitch) @ rotation("x", roll)

    offset = posture[:, 1:3] * body.leg + 6 * noise[:, 6:8]
    offset[:, 1] -= 22 * stride.walk * stride.on_right
    ground = stride.ground + np.einsum("tij,tj->ti", heading[:, :2, :2], offset)
    height = body.ankle + posture[:, 0] * body.leg
    height = height + stride.bounce * np.cos(2 * np.pi * stride.pace)
    ankles = np.stack([_ankle(script, s, time, posture, stride, heading) for s in range(2)], 1)
    hips = body.hip * _SIGN[:, None] * pelvis[:, None, :, 1]
    height = _within_reach(body, ground, height, hips, ankles)
    position = np.concatenate([ground, height[:, None]], -1)

    angles = np.zeros((frames, len(ANGLES)))
    angles[:, columns(TRUNK)] = trunk
    lean = pitch + trunk[:, 0]
    gaze = script.gaze.sample(time) + np.radians(1.5 * noise[:, 8:11])
    gaze[:, 0] -= 0.55 * np.clip(lean, -0.6, 0.9)
    gaze[:, 1] -= 0.5 * (roll + trunk[:, 1])
    angles[:, columns(NECK)] = gaze
    for s, side in enumerate(SIDES):
        target = np.einsum("tji,tj->ti", pelvis, ankles[:, s] - position - hips[:, s])
        knee_out = np.radians(posture[:, 11 + 4 * s])
        leg = reach(target, (body.thigh, body.shin), side, knee_out, "leg")
        angles[:, columns(LEG, side)] = leg
        angles[:, columns(ARM, side)] = _arm_angles(script, s, time, stride, lean, rng)
    joints = forward_kinematics(body, position, pelvis, limit(angles))
    joints[..., 2] += _above_floor(joints)[:, None]
    return joints


def _trunk(posture: Array, stride: _Stride, noise: Array) -> tuple[Array, Array, Array, Array]:
    """Return pitch, roll and yaw of the pelvis, and the angles of the trunk ``(T, 3)``.

    In gait the pelvis turns with the leg in front and drops over the leg that swings; the shoulders
    turn against it.
    """
    walk = stride.walk
    pitch, roll, *trunk = np.radians(posture[:, 3:8]).T
    pitch = pitch + noise[:, 0] + np.radians(2) * walk
    roll = roll + 0.7 * noise[:, 1] - np.radians(3) * walk * stride.on_right
    yaw = noise[:, 5] + np.radians(6) * walk * stride.left_behind
    flexion = trunk[0] + 1.5 * noise[:, 2]
    side = trunk[1] + 1.2 * noise[:, 3] + np.radians(2.5) * walk * stride.on_right
    twist = trunk[2] + 2.0 * noise[:, 4] - np.radians(11) * walk * stride.left_behind
    return pitch, roll, yaw, np.stack([flexion, side, twist], -1)


def _ankle(
    script: Script, side: int, time: Array, posture: Array, stride: _Stride, heading: Array
) -> Array:
    """Return the world position of an ankle: plant, swing, and its offset in the posture."""
    body, first = script.body, 8 + 4 * side
    offset = posture[:, first : first + 3] * [1.0, _SIGN[side], 1.0] * body.leg
    ankle: Array = np.einsum("tij,tj->ti", heading, offset)
    ankle[:, :2] += script.feet[side].sample(stride.pace)
    start, length, lift = np.array(script.lifts[side]).reshape(-1, 3).T
    ankle[:, 2] += body.ankle + bump((stride.pace[:, None] - start) / length) @ lift
    # A foot that the posture moves is lifted by a fifth of the distance.
    way = np.linalg.norm(script.postures.steps[:, first : first + 2], axis=-1) * body.leg
    ankle[:, 2] += bump(script.postures.progress(time)) @ (0.2 * np.maximum(way - 30, 0))
    return ankle


def _within_reach(body: Body, ground: Array, height: Array, hips: Array, ankles: Array) -> Array:
    """Return the pelvis height at which both feet are within reach of the legs."""
    across = ground[:, None] + (hips - ankles)[..., :2]
    slack = (0.998 * body.leg) ** 2 - np.square(across).sum(-1)
    highest = ankles[..., 2] + np.sqrt(np.maximum(slack, (0.2 * body.leg) ** 2)) - hips[..., 2]
    heights = np.concatenate([height[:, None], highest], -1)
    # A smooth minimum of the height of the posture and the reach of the two legs.
    lowest, width = heights.min(-1, keepdims=True), 6.0
    smooth: Array = lowest[:, 0] - width * np.log(np.exp((lowest - heights) / width).sum(-1))
    return smooth


def _arm_angles(
    script: Script, side: int, time: Array, stride: _Stride, lean: Array, rng: np.random.Generator
) -> Array:
    """Return the angles of an arm: its curve, swing in gait, waving, talking and sway."""
    track = script.arms[side].sample(time)
    free, wave, talk = track[:, 4:].T
    beat = slow_noise(rng, len(time), 4, 0.7 / FPS) * np.radians([12, 9, 17, 17])
    idle = _sway(rng, len(time), 4) * np.radians([3.5, 3.0, 5.0, 5.0])
    angles: Array = track[:, :4] + talk[:, None] * beat + idle
    angles[:, 2] += wave * np.radians(28) * np.sin(2 * np.pi * rng.uniform(1.2, 1.9) * time)
    forward = _SIGN[side] * stride.left_behind * stride.swing
    angles[:, 0] += free * (forward + 0.9 * np.clip(lean - 0.1, 0, 1.6))
    angles[:, 3] += free * (0.35 * stride.swing + 0.3 * forward)
    return angles


def _sway(rng: np.random.Generator, frames: int, channels: int) -> Array:
    """Return the sway of a body at rest, of about unit variance."""
    slow, quick = (slow_noise(rng, frames, channels, hertz / FPS) for hertz in (0.4, 1.3))
    restless: Array = slow + 0.25 * quick
    return restless


# Distance from a joint to the skin, millimetres: the least height of the joint above the floor.
_FLESH = np.full(len(SKELETON), 50.0)
_FLESH[SKELETON.indices(["pelvis", "left_hip", "right_hip", "spine", "thorax"])] = 80
_FLESH[SKELETON.indices([f"{side}_wrist" for side in SIDES])] = 25


def _above_floor(joints: Array) -> Array:
    """Return the lift that brings the lowest point of every frame onto the floor, smooth in time."""
    depth = np.maximum((_FLESH - joints[..., 2]).max(-1), 0)
    # A running maximum, then a running mean no longer than it: never below the depth itself.
    margin = 12
    padded = np.pad(depth, 2 * margin, mode="edge")
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * margin + 1).max(-1)
    window = np.hanning(2 * margin + 3)[1:-1]
    lift: Array = np.convolve(highest, window / window.sum(), mode="valid")
    return lift
